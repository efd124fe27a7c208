"""What checkpoints tell of their weights: how they agree with effects, and from seed to seed.

Nothing is measured here: `faithfulness` has done so, beside the checkpoints, or `train` when it chose their sign.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from din_core.domain import CheckpointError
from din_core.domain.leaderboard import Missing
from din_core.metrics.leaderboard_file import ACROSS_SEEDS, AGREEMENT
from din_core.model.checkpoint import FAITHFULNESS, Checkpoint
from trainer.evaluation.markdown_table import aligned

Figures = Mapping[str, Any]
REASONS: Mapping[Missing, str] = {
    "not measured": "not measured; run `faithfulness` on all of its seeds at once",
    "other weights": "what `faithfulness` measured is of other weights; run it again on all of its seeds",
    "other impressions": "its seeds were measured on different impressions; run `faithfulness` on all of them at once",
    "alike": "every behavior of a history weighs the same",
    "one seed": "one seed alone",
    "not together": "its seeds were not measured together; run `faithfulness` on all of them at once",
}


def weight_figures(checkpoints: Sequence[Checkpoint]) -> dict[str, Any]:
    """Of all seeds of one model, as leaderboard.json has them: AGREEMENT and ACROSS_SEEDS, and why any is missing."""
    measured = [_faithfulness(checkpoint) for checkpoint in checkpoints]
    return {**_agreement(checkpoints, measured), **_across_seeds(checkpoints, measured)}


def _faithfulness(checkpoint: Checkpoint) -> Figures | None:
    """What `faithfulness` left beside a checkpoint; None where it was not run."""
    path = checkpoint.folder / FAITHFULNESS
    if not path.is_file():
        return None
    try:
        own: Figures = json.loads(path.read_text(encoding="utf-8"))
        return {name: own[name] for name in ("fingerprint", "split", "impressions", "seed", "figures", "seeds")}
    except (ValueError, KeyError, TypeError):
        raise CheckpointError(f"{path} is not what `faithfulness` writes; measure the checkpoint again") from None


def _agreement(checkpoints: Sequence[Checkpoint], measured: Sequence[Figures | None]) -> dict[str, Any]:
    if not checkpoints[0].config.weighs_apart:
        return _without("alike")
    both = zip(checkpoints, measured, strict=True)
    current = [own for checkpoint, own in both if own and own["fingerprint"] == checkpoint.fingerprint]
    if len(current) == len(checkpoints):
        samples = {(own["split"], own["impressions"], own["seed"]) for own in current}
        each = [{name: own["figures"][name] and own["figures"][name]["mean"] for name in AGREEMENT} for own in current]
        return _over_seeds(samples, each)
    trained = [checkpoint.metrics.get("orientation") or {} for checkpoint in checkpoints]
    if all("units" in own for own in trained):  # the weights on screen are the first unit's
        samples = {("valid", own["impressions"], own["of"]) for own in trained}
        return _over_seeds(samples, [own["units"][0]["after"] for own in trained])
    return _without("other weights" if any(measured) and not current else "not measured")


def _over_seeds(samples: set[tuple[Any, ...]], each: Sequence[Figures]) -> dict[str, Any]:
    if len(samples) > 1:
        return _without("other impressions")
    (split, impressions, _) = samples.pop()
    figures = {name: _measure([one[name] for one in each]) for name in AGREEMENT}
    missing = "alike" if None in figures.values() else None
    return {"split": split, "impressions": impressions, **figures, "missing": missing}


def _without(reason: Missing) -> dict[str, Any]:
    return {"split": None, "impressions": None, **dict.fromkeys(AGREEMENT), "missing": reason}


def _measure(each: Sequence[float | None]) -> dict[str, Any] | None:
    """Mean and spread over seeds; None where a seed has no value."""
    known = [value for value in each if value is not None]
    if len(known) < len(each):
        return None
    sd = float(np.std(known, ddof=1)) if len(known) > 1 else None
    return {"mean": float(np.mean(known)), "sd": sd, "low": None, "high": None, "each": known}


def _across_seeds(checkpoints: Sequence[Checkpoint], measured: Sequence[Figures | None]) -> dict[str, Any]:
    """Kendall's τ between seeds, from the one call of `faithfulness` that was given them all."""
    wanted = {checkpoint.fingerprint for checkpoint in checkpoints}
    groups = [own["seeds"] for own in measured if own and own["seeds"] and len(checkpoints) > 1]
    together = next((group for group in groups if set(group["fingerprints"]) == wanted), None)
    found = {name: together[name] and together[name]["mean"] for name in ACROSS_SEEDS} if together else {}
    reason: Missing | None = None
    if not checkpoints[0].config.weighs_apart or None in found.values():
        reason = "alike"
    elif len(checkpoints) == 1:
        reason = "one seed"
    elif together is None:
        reason = "not together" if any(measured) else "not measured"
    return {**dict.fromkeys(ACROSS_SEEDS), **found, "seeds_missing": reason}


def as_markdown(rows: Sequence[Figures]) -> list[str]:
    """The lines of a table, one model a row, and below it why what is missing is."""
    head = ["model", "τ", "same sign", "covered", "τ of seeds: weights", "effects", "measured on"]
    return [*aligned(head, [_cells(row) for row in rows]), "", *_why(rows)]


def _cells(row: Figures) -> list[str]:
    own = row["weights"]
    return [
        row["title"],
        *(_spread(own[name]) for name in AGREEMENT),
        *("-" if own[name] is None else f"{own[name]:.3f}" for name in ACROSS_SEEDS),
        "-" if own["split"] is None else f"{own['split']}, {own['impressions']:,}",
    ]


def _spread(found: Figures | None) -> str:
    if found is None:
        return "-"
    return f"{found['mean']:.3f}" + ("" if found["sd"] is None else f" ± {found['sd']:.3f}")


def _why(rows: Sequence[Figures]) -> list[str]:
    """What the columns are, then for each reason the models of which it is why a figure is missing."""
    lines = [
        "Weight × count beside leave-one-out effects, means over impressions ± sd over seeds: Kendall's τ, share of "
        "behaviors with the same sign, share of all |effect| that the five largest weights cover; Kendall's τ of two "
        "seeds' weights, and of their effects.",
    ]
    for reason, text in REASONS.items():
        titles = [row["title"] for row in rows if row["weights"]["missing"] == reason]
        seeds = [row["title"] for row in rows if row["weights"]["seeds_missing"] == reason]
        between = [title for title in seeds if title not in titles]
        lines += [f"- {', '.join(titles)}: {text}."] if titles else []
        lines += [f"- τ of seeds of {', '.join(between)}: {text}."] if between else []
    return lines
