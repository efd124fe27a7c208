"""Generated options of `ingest`, `check` and `train` on a tiny store, and what is done with them."""

from __future__ import annotations

import atexit
import json
import shutil
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp

from hypothesis import strategies as st

from tests.generated import corpus
from tests.generated.configs import changed
from tests.generated.outcome import Outcome, run_command
from tests.generated.tables import MODEL_NAMES, TRAIN
from tests.small_world import write_tables

NUMBERS = st.sampled_from(corpus.NUMBERS) | st.sampled_from(["1", "2", "16", "0.5", "1e-3"])
TEXTS = st.sampled_from(corpus.TEXTS)
FIELDS = st.sampled_from(["category", "age", "store", "category,category", "age,nosuch"]) | TEXTS
TRAIN_OPTIONS = {
    "epochs": st.sampled_from(["1", "0", "-1", "1001", "x", "1.5", "9" * 30, ""]),
    "max-history": NUMBERS,
    "item-fields": FIELDS,
    "user-fields": FIELDS,
    "context-fields": FIELDS,
    "item-width": st.sampled_from(["1", "3", "0", "4097", "-1", "x", "1e3", "9" * 30, ""]),
    "batch-size": NUMBERS,
    "learning-rate": NUMBERS,
    "regularisation": st.sampled_from(["decay", "mba-samples", "mba-batches", "none", ""]),
    "mba": NUMBERS,
    "embedding-decay": NUMBERS,
    "decay": NUMBERS,
    "dropout": NUMBERS,
    "min-count": NUMBERS,
    "compile": st.sampled_from(["auto", "on", "off", "ON", ""]),
    "calibration": st.sampled_from(["affine", "temperature", "none", "isotonic", ""]),
    "device": st.sampled_from(
        ["auto", "cpu", "cuda", "cuda:99", "cpu:0", "mps", "meta", "gpu", "", "cpu:-1", "cpu:99"]
    ),
    "model": st.sampled_from([*MODEL_NAMES, "nosuch", "", "DIN"]),
    "seed": NUMBERS,
    "nosuch": TEXTS,
}
CHANGES = (
    *("tower_hidden", "unit_hidden", "tower_dropout", "max_history", "base_pooling", "half_life", "attention"),
    *("unit_input", "unit_activation", "normalisation", "counts", "unit_matches", "unit_per_field", "history_sum"),
    *("evolution", "auxiliary_weight", "project_query", "learn_half_life", "architecture", "item_fields", "nosuch"),
)


@lru_cache(maxsize=1)
def world() -> Path:
    """A folder with the tables of a small world, the same as a store, and a file that is none."""
    folder = Path(mkdtemp(prefix="din-generated-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    write_tables(folder / "tables")
    assert run_command("ingest", str(folder / "tables"), f"--store=sqlite:///{folder / 'store.db'}") == "done"
    (folder / "not_a_store.db").write_bytes(b"x" * 5000)
    trainable = folder / "trainable"
    trainable.mkdir()
    rows = "\n".join(f"{'78'[n % 2]},{('m1', 'b1', 'c1')[n % 3]},{10**9 + n * 997},{n * 7 % 3 % 2}" for n in range(40))
    for name in ("items", "users", "behaviors"):
        shutil.copy(folder / "tables" / f"{name}.parquet", trainable)
    (trainable / "impressions.csv").write_text(f"user_id,item_id,timestamp,label\n{rows.replace('10000', '15111')}")
    return folder


def given_options(draw: st.DrawFn, known: dict[str, st.SearchStrategy[str]]) -> list[str]:
    """A few options with values, as one word or as two."""
    words: list[str] = []
    for name in draw(st.lists(st.sampled_from(list(known)), min_size=1, max_size=3, unique=True)):
        value = draw(known[name])
        words += [f"--{name}={value}"] if draw(st.booleans()) else [f"--{name}", value]
    return words


def try_ingest(draw: st.DrawFn, folder: Path) -> Outcome:
    """Load a small world by any options into any store."""
    url = draw(st.sampled_from(corpus.URLS) | st.just("sqlite:///{folder}/new.db"))
    known = {
        "encoding": st.sampled_from(corpus.ENCODINGS) | TEXTS,
        "timezone": st.sampled_from(corpus.ZONES) | TEXTS,
        "split-time": st.sampled_from(corpus.SPLIT_TIMES) | TEXTS,
        "split-ratio": st.sampled_from(corpus.SPLIT_RATIOS) | TEXTS,
        "session": st.sampled_from(["day", "day", "hour", ""]),
        "store": st.just(url.replace("{folder}", str(folder))),
        "nosuch": TEXTS,
    }
    flags = draw(st.lists(st.sampled_from(["--append", "--replace", "--skip-rejects", "--json"]), max_size=2))
    tables = draw(st.sampled_from([str(world() / "tables")] * 4 + [*corpus.TEXTS, str(world()), str(folder)]))
    own = [] if draw(st.booleans()) else [f"--store=sqlite:///{folder / 'new.db'}"]
    return run_command(
        "ingest", tables, f"--store=sqlite:///{folder / 'new.db'}", *given_options(draw, known), *own, *flags
    )


def try_check(draw: st.DrawFn, folder: Path) -> Outcome:
    """Ask of any store."""
    url = draw(st.sampled_from(corpus.URLS) | TEXTS | st.just(f"sqlite:///{_trainable()}"))
    return run_command(
        "check", f"--store={url.replace('{folder}', str(folder))}", *draw(st.sampled_from([(), ("--json",)]))
    )


def try_train(draw: st.DrawFn, folder: Path) -> Outcome:
    """One epoch on a tiny store by any options."""
    url = f"sqlite:///{_trainable()}"
    words = [f"--store={url}", f"--out={folder / 'out'}", *TRAIN, *given_options(draw, TRAIN_OPTIONS)]
    if draw(st.integers(0, 3)) == 0:
        words.append(f"--config={_config_file(draw, folder)}")
    if draw(st.integers(0, 9)) == 0:
        words.append(f"--out={draw(TEXTS.filter(lambda text: text not in ('a', 'b')))}".replace("..", "-"))
    return run_command("train", *words)


@lru_cache(maxsize=1)
def _trainable() -> Path:
    path = world() / "trainable.db"
    assert run_command("ingest", str(world() / "trainable"), f"--store=sqlite:///{path}") == "done"
    return path


def _config_file(draw: st.DrawFn, folder: Path) -> Path:
    names = draw(st.lists(st.sampled_from(CHANGES), max_size=2))
    changes = changed(draw, {name: draw(st.sampled_from(corpus.JSON_VALUES)) for name in names})
    path = folder / "config.json"
    path.write_bytes(draw(st.sampled_from([json.dumps(changes).encode("utf-8", "surrogatepass"), *corpus.BYTES[:4]])))
    return path


def try_options(draw: st.DrawFn, folder: Path) -> Outcome:
    """One of the three commands."""
    return draw(st.sampled_from([try_ingest, try_check, try_train, try_train]))(draw, folder)
