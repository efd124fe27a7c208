"""Second test of Wiegreffe and Pinter (EMNLP 2019, arXiv:1908.04626): do weights vary from seed to seed?"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from din_core.domain.results import Floats
from din_core.explain.agreement import kendall_tau
from din_core.model.checkpoint import Checkpoint
from trainer.evaluation.faithfulness.distributions import distribution
from trainer.evaluation.faithfulness.impression_measures import ScoredImpression
from trainer.training.calibration.calibrate import RECORD


def recipe(checkpoint: Checkpoint) -> str:
    """What all seeds of a recipe have in common: architecture and way of fitting, whether calibrated or not."""
    options: Mapping[str, Any] = checkpoint.metrics.get("options", {})
    fitted = {name: value for name, value in options.items() if name not in ("seed", "save_seconds", RECORD)}
    return json.dumps([checkpoint.config.to_dict(), fitted], sort_keys=True)


def total_variation(one: Floats, other: Floats) -> float | None:
    """Total variation of two weightings (T,) in shares of all attention, |w|/Σ|w| with its sign: 0 to 1.

    None where either has no weight at all.
    """
    totals = abs(one).sum(), abs(other).sum()
    return float(abs(one / totals[0] - other / totals[1]).sum() / 2) if all(totals) else None


@dataclass(frozen=True, slots=True)
class SeedPair:
    """Two seeds of one recipe in one scenario."""

    user: int
    tau_weights: float | None
    """Kendall's τ of their weights × count."""
    tau_effects: float | None
    """Of their leave-one-out effects."""
    moved: float | None
    """Total variation of their weights."""
    logit_difference: float


def seed_pairs(user: int, seeds: Sequence[ScoredImpression]) -> list[SeedPair]:
    """All pairs of seeds in one scenario."""
    return [
        SeedPair(
            user,
            kendall_tau(one.weights, other.weights),
            kendall_tau(one.effects.values, other.effects.values),
            total_variation(one.weights, other.weights),
            abs(one.rescorer.full - other.rescorer.full),
        )
        for one, other in combinations(seeds, 2)
    ]


def across_seeds(found: Sequence[SeedPair]) -> dict[str, Any]:
    """Distributions over pairs: where effects agree and weights do not, the weights are an accident of the seed."""
    users = [pair.user for pair in found]
    return {
        name: distribution([getattr(pair, name) for pair in found], users)
        for name in ("tau_weights", "tau_effects", "moved", "logit_difference")
    }


def mean_taus(found: Sequence[SeedPair], impressions: int) -> list[float | None]:
    """(N,) of each of N impressions the mean `tau_weights` of its pairs, of which each has as many; None for none."""
    each = np.array([np.nan if pair.tau_weights is None else pair.tau_weights for pair in found]).reshape(
        impressions, -1
    )
    return [float(row[~np.isnan(row)].mean()) if not np.isnan(row).all() else None for row in each]


def groups(checkpoints: Sequence[Checkpoint]) -> list[tuple[int, ...]]:
    """Positions of those that are several seeds of one recipe whose weights may differ."""
    by_recipe: dict[str, list[int]] = {}
    for n, checkpoint in enumerate(checkpoints):
        if checkpoint.config.weighs_apart:
            by_recipe.setdefault(recipe(checkpoint), []).append(n)
    return [tuple(members) for members in by_recipe.values() if len(members) > 1]
