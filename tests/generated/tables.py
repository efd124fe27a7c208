"""Generated tables: four files, of which at most one cannot be read at all, and what is done with them."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from din_core.store.ingestion.table_files import FIXED, REQUIRED
from tests.generated import corpus
from tests.generated.fast_stores import URL, empty_store, kept_engines
from tests.generated.outcome import Outcome, run_command

TEXT = st.text(max_size=4).filter(lambda text: not any("\ud800" <= letter <= "\udfff" for letter in text))
CELLS = st.sampled_from(corpus.CELLS) | st.sampled_from(corpus.TIMES) | TEXT
NAMES = st.sampled_from(corpus.NAMES) | TEXT
NUMBERS = st.sampled_from([0, 1, -1, 2**31 - 1, 20260301, 1772357400, None])
COLUMNS: dict[pa.DataType, st.SearchStrategy[Any]] = {
    **dict.fromkeys((pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())), CELLS),
    **dict.fromkeys((pa.int64(), pa.int32(), pa.float32(), pa.date32(), pa.decimal128(20, 2)), NUMBERS),
    **dict.fromkeys((pa.timestamp("s"), pa.timestamp("us", "Asia/Shanghai")), NUMBERS),
    pa.timestamp("us"): st.sampled_from([0, 2**62, -(2**62), None]),
    pa.uint64(): st.sampled_from([0, 2**64 - 1, None]),
    pa.binary(): st.binary(max_size=3) | st.none(),
    pa.float64(): st.floats() | st.none(),
    pa.float16(): st.sampled_from([0.0, 1.5, float("nan"), float("inf"), None]),
    pa.bool_(): st.booleans() | st.none(),
    pa.null(): st.none(),
    pa.list_(pa.string()): st.lists(CELLS | st.none(), max_size=2) | st.none(),
    pa.list_(pa.int16()): st.lists(st.integers(-9, 9), max_size=2) | st.none(),
    pa.list_(pa.float64(), 2): st.lists(st.floats() | st.none(), min_size=2, max_size=2) | st.none(),
    pa.list_(pa.float32()): st.lists(st.floats(width=32) | st.none(), max_size=3) | st.none(),
    pa.struct([("x", pa.int8())]): st.none(),
    pa.duration("s"): st.none(),
}
REFUSED_KINDS = 4
"""The last of COLUMNS are refused as such in most places."""
PLAIN = {
    "item_id": st.sampled_from(["a", "b", "c", "1", "1.0"]),
    "user_id": st.sampled_from(["u", "v", "1", "01", "NA"]),
    "timestamp": st.sampled_from(["1772357400", "20260301", "2026-03-01 09:30"]),
    "label": st.sampled_from("01"),
}
SOUND = {
    "item_id": st.sampled_from("abc"),
    "user_id": st.sampled_from("uv"),
    "timestamp": st.integers(1_772_000_000, 1_773_000_000).map(str),
    "label": st.sampled_from("01"),
    "split": st.sampled_from(["train", "train", "train", "valid", "test"]),
}
"""Values of tables on which a model can be trained."""


@st.composite
def header(draw: st.DrawFn, table: str, broken: bool) -> list[str]:
    """The required columns, and further ones of any name."""
    needed = [name for name in REQUIRED[table] if not broken or draw(st.booleans())]
    more = draw(st.lists(NAMES | st.sampled_from(FIXED[table]), max_size=3, unique=not broken))
    return draw(st.permutations([*needed, *(name for name in more if broken or name not in needed)]))


def cells_of(name: str, sound: bool = False) -> st.SearchStrategy[str]:
    """Values of a column as it should be, and now and then of any; of `sound` tables never."""
    if sound and name in SOUND:
        return SOUND[name]
    odd = st.sampled_from(corpus.TIMES) | CELLS if name == "timestamp" else CELLS
    return PLAIN[name] | PLAIN[name] | PLAIN[name] | odd if name in PLAIN else odd


@st.composite
def csv_bytes(draw: st.DrawFn, table: str, broken: bool, sound: bool = False) -> bytes:
    """A CSV; a `broken` one lacks columns and has bytes in it that belong nowhere."""
    names = draw(header(table, broken))
    delimiter = draw(st.sampled_from(",,,,;\t|"))
    quoted = sound or draw(st.booleans())
    least, most = (8, 40) if sound and table == "impressions" else (int(not broken), 6)
    columns = st.tuples(*(cells_of(name, sound) for name in names))
    rows = [names, *draw(st.lists(columns, min_size=least, max_size=most))]
    if sound and table in ("items", "users"):
        own = names.index(REQUIRED[table][0])
        rows = [
            names,
            *([*row[:own], one, *row[own + 1 :]] for one in ("abc", "uv")[table == "users"] for row in rows[1:2]),
        ]
    cells = [['"' + cell.replace('"', '""') + '"' if quoted else cell for cell in row] for row in rows]
    lines = draw(st.sampled_from(["\n", "\r\n", "\r"])).join(delimiter.join(row) for row in cells)
    written = lines.encode(draw(st.sampled_from(["utf-8", *corpus.ENCODINGS])) if broken else "utf-8", "replace")
    if broken:
        place = draw(st.integers(0, len(written)))
        written = written[:place] + draw(st.binary(max_size=4)) + written[place + draw(st.integers(0, 4)) :]
    return written


def array_of(values: list[Any], kind: pa.DataType) -> pa.Array:
    """An array of a kind of COLUMNS."""
    if COLUMNS[kind] is not NUMBERS:
        return pa.array(values, kind)
    if pa.types.is_decimal(kind):
        return pa.array(values, pa.decimal128(19)).cast(kind)
    return pa.array(values, pa.int32() if pa.types.is_date32(kind) else pa.int64()).cast(kind, safe=False)


@st.composite
def parquet_table(draw: st.DrawFn, table: str, broken: bool) -> pa.Table:
    """A table of any column types; most required columns have values as they should be."""
    rows = draw(st.integers(int(not broken), 5))
    columns, names = [], draw(header(table, broken))
    for name in names:
        if name in PLAIN and draw(st.integers(0, 3)):
            columns.append(pa.array(draw(st.lists(PLAIN[name], min_size=rows, max_size=rows))))
        else:
            kind = draw(st.sampled_from(list(COLUMNS)[: None if broken else -REFUSED_KINDS]))
            columns.append(array_of(draw(st.lists(COLUMNS[kind], min_size=rows, max_size=rows)), kind))
    return pa.table(columns, names=names)


def write_any(folder: Path, draw: st.DrawFn, sound: bool = False) -> None:
    """Four tables, at most one of which is no table that can be read; of `sound` ones, none."""
    broken = None if sound else draw(st.sampled_from([None, None, None, *REQUIRED]))
    for table in REQUIRED:
        end = ".csv" if sound else draw(st.sampled_from(corpus.ENDS if table == broken else corpus.ENDS[:-1]))
        path = folder / (table + end.rstrip("/"))
        if ".parquet" in end:
            _write_parquet(path, draw, table, table == broken, end.endswith("/"))
        else:
            _write_packed(path, draw(csv_bytes(table, table == broken, sound)))
    if draw(st.booleans()):
        (folder / "provenance.txt").write_bytes(draw(st.binary(max_size=5)))


def _write_parquet(path: Path, draw: st.DrawFn, table: str, broken: bool, parts: bool) -> None:
    made = draw(parquet_table(table, broken))
    if parts:
        path.mkdir()
        for part in range(draw(st.integers(int(not broken), 2))):
            pq.write_table(made, path / f"part-{part}.parquet")
        return
    pq.write_table(made, path)
    if broken and draw(st.booleans()):
        written = path.read_bytes()
        path.write_bytes(written[: draw(st.integers(0, len(written)))])


def _write_packed(path: Path, written: bytes) -> None:
    if path.suffix == ".gz":
        written = gzip.compress(written)
    elif path.suffix == ".zst":
        written = bytes(pa.compress(written, "zstd", asbytes=True))
    path.write_bytes(written)


TRAIN = ("--epochs=1", "--batch-size=16", "--min-count=1", "--item-width=2", "--device=cpu", "--compile=off")
MODEL_NAMES = ("din", "base", "base-decay", "din-softmax", "din-fields", "base-counts", "dot", "dien", "tin")
MODELS = st.sampled_from(MODEL_NAMES)


def try_tables(draw: st.DrawFn, folder: Path) -> Outcome:
    """Load tables, ask of the store what `check` asks, and train on it where that can be; every fifth are sound."""
    sound = draw(st.integers(0, 4)) == 0
    (folder / "tables").mkdir()
    write_any(folder / "tables", draw, sound)
    is_new = draw(st.integers(0, 7)) == 0  # making a store takes as long as all else
    if not is_new:
        (folder / "store.db").write_bytes(empty_store())
    with kept_engines():
        outcome = _load(draw, sound)
        assert not is_new or (folder / "store.db").exists() == (outcome == "done"), "refused, but a store was made"
        if outcome == "done":
            run_command("check", f"--store={URL}")
        if sound:
            run_command("train", f"--store={URL}", f"--model={draw(MODELS)}", "--out=out", *TRAIN)
    return outcome


def _load(draw: st.DrawFn, sound: bool) -> Outcome:
    words = ["ingest", "tables", f"--store={URL}", "--skip-rejects"]
    options = [] if sound else draw(st.lists(st.sampled_from(_INGEST), max_size=2, unique=True))
    outcome = run_command(*words, *options)
    if outcome == "done" and draw(st.integers(0, 3)) == 0:
        run_command(*words, "--append")
    return outcome


_INGEST = (
    *("--encoding=gbk", "--encoding=utf-16", "--timezone=Europe/Berlin", "--json"),
    *("--session=day", "--split-ratio=.5,.25,.25", "--split-time=2026-03-01,2026-03-02"),
)
