"""Reads `faithfulness.json`, which `python -m trainer faithfulness` writes beside a checkpoint's weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from din_core.domain import CheckpointError
from din_core.domain.plain_json import plain_json
from din_core.domain.trust import (
    FAITHFULNESS_FIGURES,
    FAITHFULNESS_FILE,
    ExampleImpression,
    Faithfulness,
    SampleMean,
    SeedAgreement,
    UniformAuc,
)
from din_core.metrics.json_numbers import ends_of, finite


def read_faithfulness(folder: Path) -> Faithfulness | None:
    """What was measured of the checkpoint in a folder, None where nothing was; CheckpointError for a broken file."""
    path = folder / FAITHFULNESS_FILE
    if not path.is_file():
        return None
    try:
        return _faithfulness(plain_json(path.read_text(encoding="utf-8")))
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise CheckpointError(
            "{path} is not what `python -m trainer faithfulness` writes ({reason}); measure the checkpoint again",
            path=str(path),
            reason=reason,
        ) from error


def _faithfulness(raw: Mapping[str, Any]) -> Faithfulness:
    adversary = raw["adversary"] or {}
    copy = raw.get("copy_fingerprint")
    return Faithfulness(
        fingerprints=(str(raw["fingerprint"]), *([] if copy is None else [str(copy)])),
        split=str(raw["split"]),
        **{name: int(raw[name]) for name in ("impressions", "of", "users", "seed")},
        measured_at=str(raw["measured_at"]),
        figures={name: _mean(raw["figures"][name], name) for name in FAITHFULNESS_FIGURES},
        uniform=_uniform(raw["uniform"]),
        seeds=_seeds(raw["seeds"]),
        moved=_mean(adversary.get("moved"), "moved"),
        tolerance=finite(adversary["tolerance"], "tolerance") if adversary else None,
        examples=_examples(raw),
    )


def _mean(raw: Mapping[str, Any] | None, name: str) -> SampleMean | None:
    if raw is None:
        return None
    return SampleMean(finite(raw["mean"], name), *ends_of(raw["interval"], name), int(raw["n"]))


def _uniform(raw: Mapping[str, Any] | None) -> UniformAuc | None:
    """AUC alone: it has no value where all labels are one."""
    if raw is None or "auc" not in raw["uniform"]:
        return None
    trained, uniform, change = raw["trained"]["auc"], raw["uniform"]["auc"], raw["uniform"]["auc_change"]
    low, high = ends_of(change["interval"], "auc_change")
    return UniformAuc(
        trained=finite(trained["value"], "auc"),
        uniform=finite(uniform["value"], "auc"),
        change=finite(change["value"], "auc_change"),
        low=low,
        high=high,
    )


def _seeds(raw: Mapping[str, Any] | None) -> SeedAgreement | None:
    if raw is None:
        return None
    names = ("tau_weights", "tau_effects", "moved")
    fingerprints = tuple(map(str, raw["fingerprints"]))
    return SeedAgreement(int(raw["seeds"]), fingerprints, *(_mean(raw[name], name) for name in names))


def _examples(raw: Mapping[str, Any]) -> dict[str, tuple[ExampleImpression, ...]]:
    """By figure; those of seeds stand with what several seeds have in common."""
    between = (raw["seeds"] or {}).get("examples", [])
    return {
        str(name): tuple(map(_example, found))
        for name, found in {**raw.get("examples", {}), "tau_weights": between}.items()
        if found
    }


def _example(raw: Mapping[str, Any]) -> ExampleImpression:
    timestamp, nth = (int(raw[name]) for name in ("timestamp", "nth"))
    return ExampleImpression(
        str(raw["user_id"]), str(raw["item_id"]), timestamp, nth, finite(raw["value"], "an example")
    )
