"""Generated model configs and checkpoint folders, and what is done with them."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from hypothesis import strategies as st

from din_core.domain import CheckpointError, DinLensError
from din_core.model.checkpoint import CARD, CONFIG, METRICS, VOCABULARY, WEIGHTS, load_checkpoint, save_checkpoint
from din_core.model.config import FieldConfig, ModelConfig
from din_core.model.network import InterestNetwork
from din_core.model.vocabulary import FieldVocabulary, Vocabulary
from tests.generated import corpus
from tests.generated.outcome import Outcome
from trainer.training.limits import check_memory

KNOWN = Vocabulary(
    {"item_id": FieldVocabulary(("a", "b")), "category": FieldVocabulary(("x",))},
    {"age": FieldVocabulary(("old", "young"))},
    {"place": FieldVocabulary(("top",))},
)
VALUES = st.sampled_from(corpus.JSON_VALUES) | st.integers(-2, 9) | st.floats() | st.text(max_size=3)
WORDS: st.SearchStrategy[Any] = st.sampled_from(
    [
        *("base", "din", "dien", "average", "sum", "time decay", "unit", "dot", "bilinear", "official", "paper"),
        *("dice", "prelu", "sigmoid", "none", "softmax", "scaled softmax", "aigru", "agru", "augru", "item_id"),
        *("tin", "rank", "gap"),
    ]
)
_LIKE: dict[type, st.SearchStrategy[Any]] = {
    str: WORDS,
    bool: st.booleans(),
    int: st.integers(1, 9),
    float: st.floats(0, 0.9),
}
"""Values that may stand in the place of one of a type."""


def plain_config(architecture: str = "din") -> dict[str, Any]:
    """A config as it is written to a file."""

    def fields(known: Any) -> tuple[FieldConfig, ...]:
        return tuple(FieldConfig(name, values.rows, 2) for name, values in known.items())

    own: Any = {"architecture": architecture, "unit_hidden": (3, 2), "tower_hidden": (3, 2)}
    config = ModelConfig(
        item_fields=fields(KNOWN.item), user_fields=fields(KNOWN.user), context_fields=fields(KNOWN.context), **own
    )
    return json.loads(json.dumps(config.to_dict()))  # type: ignore[no-any-return]


@lru_cache(maxsize=4)
def checkpoint_files(architecture: str) -> dict[str, bytes]:
    """The files of a small checkpoint."""
    torch.manual_seed(0)
    with TemporaryDirectory() as name:
        folder = Path(name) / architecture
        network = InterestNetwork(ModelConfig.from_dict(plain_config(architecture)))
        save_checkpoint(folder, network, KNOWN, {"valid": {"auc": 0.7}, "curve": []}, "# Card")
        return {path.name: path.read_bytes() for path in folder.iterdir()}


def changed(draw: st.DrawFn, raw: Any) -> Any:
    """A JSON value with another one somewhere in it."""
    if not raw or not isinstance(raw, dict | list) or draw(st.integers(0, 9)) == 0:
        return draw(_LIKE.get(type(raw), VALUES) if draw(st.booleans()) else VALUES)
    keys = list(raw) if isinstance(raw, dict) else list(range(len(raw)))
    key = draw(st.sampled_from(keys))
    kind = draw(st.sampled_from(["change", "change", "change", "drop", "add"]))
    if isinstance(raw, dict):
        rest = {name: value for name, value in raw.items() if name != key}
        if kind == "drop":
            return rest
        added = {draw(st.text(max_size=3)): draw(VALUES)} if kind == "add" else {}
        return rest | {key: changed(draw, raw[key])} | added
    values = list(raw)
    values[key : key + 1] = {"drop": [], "add": [raw[key], raw[key]]}.get(kind) or [changed(draw, raw[key])]
    return values


def try_config(draw: st.DrawFn, folder: Path) -> Outcome:
    """Read a config; where it is one, count its weights as `train` does."""
    raw = plain_config(draw(st.sampled_from(["din", "base", "dien", "tin"])))
    for _ in range(draw(st.sampled_from([1, 1, 2, 4]))):
        raw = changed(draw, raw)
    try:
        config = ModelConfig.from_dict(raw)
    except CheckpointError as error:
        _check_sentence(error)
        return "refused"
    try:
        check_memory(config)
    except DinLensError as error:
        _check_sentence(error)
        return "refused"
    assert config.title and ModelConfig.from_dict(config.to_dict()) == config
    return "done"


def try_checkpoint(draw: st.DrawFn, folder: Path) -> Outcome:
    """Load a checkpoint of which a file or two are not as they should be."""
    files = dict(checkpoint_files(draw(st.sampled_from(["din", "base", "dien", "tin"]))))
    place = folder / "checkpoint"
    place.mkdir()
    names = st.lists(st.sampled_from([WEIGHTS, CONFIG, VOCABULARY, METRICS, CARD]), min_size=1, max_size=2, unique=True)
    for name in draw(names):
        how = draw(st.sampled_from(["json", "json", "bytes", "cut", "other", "gone", "folder"]))
        _spoil(draw, files, name, how, place)
    for name, written in files.items():
        (place / name).write_bytes(written)
    try:
        loaded = load_checkpoint(place)
    except CheckpointError as error:
        _check_sentence(error)
        return "refused"
    assert all(bool(tensor.isfinite().all()) for tensor in loaded.model.state_dict().values())
    return "done"


def _spoil(draw: st.DrawFn, files: dict[str, bytes], name: str, how: str, place: Path) -> None:
    written = files[name]
    if how == "json" and name.endswith(".json"):
        files[name] = json.dumps(changed(draw, json.loads(written))).encode("utf-8", "surrogatepass")
    elif how == "json" and name == WEIGHTS:
        files[name] = _changed_head(draw, written)
    elif how == "cut":
        files[name] = written[: draw(st.integers(0, len(written)))]
    elif how == "other":
        files[name] = draw(st.sampled_from(corpus.BYTES) | st.binary(max_size=9))
    elif how in ("gone", "folder"):
        del files[name]
        if how == "folder":
            (place / name).mkdir(exist_ok=True)
    else:
        at = draw(st.integers(0, len(written)))
        files[name] = written[:at] + draw(st.binary(max_size=9)) + written[at + draw(st.integers(0, 9)) :]


def _changed_head(draw: st.DrawFn, written: bytes) -> bytes:
    """Weights whose head, a JSON object after its length in 8 bytes, says something else."""
    size = int.from_bytes(written[:8], "little")
    head = json.dumps(changed(draw, json.loads(written[8 : 8 + size]))).encode("utf-8", "surrogatepass")
    return len(head).to_bytes(8, "little") + head + written[8 + size :]


def _check_sentence(error: DinLensError) -> None:
    text = str(error)
    assert text.strip() and "Traceback" not in text
    assert "\n" not in text, f"not one line: {text[:200]!r}"
