"""Whether a finished checkpoint is the one that a run would make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from din_core.model.checkpoint import Checkpoint
from din_core.model.config import OPTIONS, ModelConfig
from din_core.model.vocabulary import Vocabulary
from din_core.store import VectorFacts
from trainer.training.calibration.calibrate import RECORD
from trainer.training.fitting.options import FitOptions
from trainer.training.train import TUNING, TrainOptions, build_config, with_parameters

NO_MATTER = ("save_seconds", "provenance")
"""Recorded, but without an influence on the weights."""


def settings_difference(
    checkpoint: Checkpoint,
    options: TrainOptions,
    vocabulary: Vocabulary,
    data: Mapping[str, Any],
    vectors: VectorFacts | None = None,
    *,
    fitting: bool = True,
) -> str | None:
    """The first setting in which `checkpoint` was made otherwise, in words; None where there is none.

    Without `fitting`, how it was fitted and calibrated does not count: data, fields and network alone.

    `vocabulary` is what the run would build, `data` the store's `data_facts`, `vectors` its vectors. What an
    older checkpoint does not record cannot differ; an option of fitting that it does not record had its default.
    """
    recorded = checkpoint.metrics
    chosen = with_parameters(options, _searched(recorded)) if options.tune else options
    fit = {**asdict(FitOptions()), "tune": None, **recorded.get("options", {})}
    found = {**_parts(checkpoint.config), **fit, **recorded.get("data", {})}
    fitted = {**asdict(options.fit), RECORD: options.calibration, "tune": options.tune} if fitting else {}
    network = _parts(build_config(vocabulary, chosen, vectors))
    wanted = {**network, **fitted, "min_count": options.min_count, **data}
    for name, value in wanted.items():
        if name in found and found[name] != value and name not in NO_MATTER:
            return f"{name} {_in_words(found[name])}, not {_in_words(value)}"
    return None if checkpoint.vocabulary == vocabulary else "a vocabulary of other data"


def _searched(recorded: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a search found for the checkpoint."""
    found = recorded.get(TUNING)
    return found["trials"][found["best"]] if found else {}


def _parts(config: ModelConfig) -> dict[str, Any]:
    """What a network is made of, the plainest differences first."""
    kinds = {"item": config.item_fields, "user": config.user_fields, "context": config.context_fields}
    kinds |= {"behavior": config.behavior_fields}
    return {
        "architecture": config.architecture,
        **{name: getattr(config, name) for name in OPTIONS},
        "vectors": config.vectors,
        "vector_length": config.vector_length,
        **{f"{kind} fields": [own.name for own in fields] for kind, fields in kinds.items()},
        "item fields with several values": [own.name for own in config.item_fields if own.several],
        **{f"{kind} widths": [own.width for own in fields] for kind, fields in kinds.items()},
    }


def _in_words(value: Any) -> str:
    if value is None:
        return "chosen from the data"
    return "/".join(map(str, value)) or "none" if isinstance(value, list | tuple) else str(value)
