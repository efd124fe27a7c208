"""What stands beside an exported file: its inputs and outputs, and how values become rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from din_core.model.checkpoint import Checkpoint
from din_core.model.config import ModelConfig
from trainer.export.feeds import BEHAVIORS, CANDIDATES, InputSpec, input_specs
from trainer.training.calibration.calibrate import RECORD

ROWS = (
    "A list in `vocabulary` names a field's values: the first has row 1, the next row 2; row 0 stands for a value that "
    "is missing or not in the list. An object with `edges` is a field of numbers: a number has the row of the last "
    "edge that is not above it, counted from 1, at least 1; what is no number has row 0. An object with `items` lists "
    "the items that have a pretrained vector, in the order of its rows."
)
NOT_EXPORTED = (
    "Effects (leave-one-out): call the file again without a behavior, and subtract the logits.",
    "Reading histories from a store, folding repeats, and looking up rows: the file takes rows, as said here.",
    "Dropout, the auxiliary loss and whatever else training alone needs.",
)


def describe(checkpoint: Checkpoint, file: str, opset: int, check: Mapping[str, Any]) -> dict[str, Any]:
    """JSON-ready: enough to feed the file without this project."""
    config = checkpoint.config
    calibrated = checkpoint.metrics.get(RECORD) or {}
    return {
        "file": file,
        "opset": opset,
        "model": {
            "title": config.title,
            "fingerprint": checkpoint.fingerprint,
            "architecture": config.architecture,
            "pooling": config.pooling,
            "normalisation": config.normalisation,
        },
        "calibration": {name: calibrated.get(name) for name in ("form", "slope", "bias")},
        "history": history_rule(config),
        "inputs": [input_of(spec) for spec in input_specs(config)],
        "outputs": outputs(config),
        "rows": ROWS,
        "vocabulary": checkpoint.vocabulary.to_dict(),
        "not_exported": NOT_EXPORTED,
        "check": check,
    }


def history_rule(config: ModelConfig) -> dict[str, Any]:
    """Which behaviors are fed."""
    kept = (
        "each item once with its count, by its last occurrence, oldest first; of these the newest"
        if config.folds
        else "each behavior by itself with count 1, oldest first; of these the newest"
    )
    return {
        "most_behaviors": config.max_history,
        "repeats_are_folded": config.folds,
        "what": f"Strictly earlier: {kept}.",
    }


def input_of(spec: InputSpec) -> dict[str, Any]:
    """One input in words."""
    what = {
        "count": "how often each behavior's item occurs in the history",
        "age": "days from each behavior's last occurrence to the request, with fractions",
        "user": f"rows of the user's known values of {spec.field}; none where nothing is known",
        "context": f"row of {spec.field} for each candidate",
        "behavior": f"row of each behavior's {spec.field}",
        "item": f"row of {spec.field} of each {'behavior' if spec.shape[0] == BEHAVIORS else 'candidate'}",
    }[spec.group]
    if spec.group == "item" and len(spec.shape) > 1:
        what += ", one for each of an item's known values, filled up with 0"
    place = {"group": spec.group, "field": spec.field} if spec.field else {}
    return {"name": spec.name, "dtype": spec.dtype, "shape": list(spec.shape), "what": what, **place}


def outputs(config: ModelConfig) -> list[dict[str, Any]]:
    """What comes out."""
    weight = [BEHAVIORS, CANDIDATES, *(["item fields"] if config.unit_per_field else [])]
    return [
        {"name": "probability", "dtype": "float32", "shape": [CANDIDATES], "what": "calibrated, as the app shows it"},
        {"name": "logit", "dtype": "float32", "shape": [CANDIDATES], "what": "the same before the sigmoid"},
        {
            "name": "weight",
            "dtype": "float32",
            "shape": weight,
            "what": "the weight of one occurrence of each behavior for each candidate; not an effect on the score",
        },
    ]
