"""The figures of one scenario, and their distributions over a sample and its slices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from din_core.domain import Explanation, Scores
from din_core.domain.results import Floats
from din_core.explain import agreement, counted_weights, erasure, leave_one_out, verdict
from din_core.scoring import Rescorer, Scorer, rescorer_for
from trainer.evaluation.faithfulness.distributions import distribution
from trainer.evaluation.faithfulness.planted_truth import METHODS, precision
from trainer.evaluation.faithfulness.sampled_impressions import SampledImpression

TOP = 5
ORDERS = 20
"""Random orders that comprehensiveness and sufficiency are compared with, for each impression."""
FIGURES = (
    "tau",
    "tau_size",
    "same_sign",
    "covered",
    "best_covered",
    "comprehensiveness",
    "random_comprehensiveness",
    "sufficiency",
    "random_sufficiency",
)
LENGTHS = ((0, 10), (11, 30), (31, 100), (101, 300), (301, None))
"""Behaviors as the model sees them."""
SLICED = ("tau", "same_sign", "covered", "comprehensiveness", "sufficiency")
CATEGORIES = 10
"""The most frequent ones are told apart."""


@dataclass(frozen=True)
class ImpressionMeasures:
    """The figures of one model in one scenario."""

    user: int
    behaviors: int
    category: str
    figures: Mapping[str, float | None]
    """By name: FIGURES."""
    level: str
    """The verdict's."""
    found: Mapping[str, float] | None
    """precision@k by method; None where no cause is known."""


@dataclass(frozen=True)
class ScoredImpression:
    """One model in one scenario, ready to be rescored."""

    rescorer: Rescorer
    scores: Scores
    weights: Floats
    """(T,) weight × count"""
    effects: Explanation
    """Leave-one-out, (T,)"""


def score_impression(scorer: Scorer, shown: SampledImpression) -> ScoredImpression:
    """Score and open a scenario."""
    rescorer = rescorer_for(scorer, shown.history, shown.candidate, shown.context)
    scores = scorer.score(shown.history, [shown.candidate], shown.context)
    return ScoredImpression(rescorer, scores, counted_weights(scores).values, leave_one_out(rescorer))


def measure(
    seen: ScoredImpression, shown: SampledImpression, field: str | None, causes: frozenset[str] | None
) -> ImpressionMeasures:
    """All figures of one model in one scenario; `field` tells its candidate's category."""
    agreed = agreement(seen.scores, seen.effects, top=(TOP,))
    erased = None if agreed.alike else erasure(seen.rescorer, seen.weights, orders=ORDERS)
    return ImpressionMeasures(
        user=shown.user,
        behaviors=len(seen.rescorer.behaviors),
        category=(field and shown.candidate.first(field)) or "none",
        figures={
            "tau": None if agreed.alike else agreed.tau,
            "tau_size": None if agreed.alike else agreed.tau_size,
            "same_sign": agreed.same_sign,
            "covered": None if agreed.alike else agreed.covered[TOP],
            "best_covered": agreed.best[TOP],
            **{name: None if erased is None else float(getattr(erased, name)) for name in FIGURES[5:]},
        },
        level=verdict(agreed).level,
        found=precision(seen.rescorer, seen.scores, causes) if causes else None,
    )


def summarised(rows: Sequence[ImpressionMeasures]) -> dict[str, Any]:
    """Distributions over all rows, by history length and by candidate category; verdicts; precision@k by method."""
    levels = [row.level for row in rows]
    return {
        "figures": {name: _of(rows, [row.figures[name] for row in rows]) for name in FIGURES},
        "verdicts": {level: levels.count(level) / len(levels) for level in sorted(set(levels))},
        "by_length": [
            {"from": low, "to": high, **_slice([r for r in rows if low <= r.behaviors and _up_to(r.behaviors, high)])}
            for low, high in LENGTHS
        ],
        "by_category": [
            {"category": name, **_slice([row for row in rows if row.category == name])}
            for name in _frequent([row.category for row in rows])
        ],
        "precision": {
            name: _of(rows, [None if row.found is None else row.found[name] for row in rows]) for name in METHODS
        }
        if any(row.found for row in rows)
        else None,
    }


def _of(rows: Sequence[ImpressionMeasures], values: Sequence[float | None]) -> dict[str, Any] | None:
    return distribution(values, [row.user for row in rows])


def _slice(rows: Sequence[ImpressionMeasures]) -> dict[str, Any]:
    means = {name: _of(rows, [row.figures[name] for row in rows]) for name in SLICED}
    return {"impressions": len(rows), **means}


def _up_to(value: int, limit: int | None) -> bool:
    return limit is None or value <= limit


def _frequent(names: Sequence[str]) -> list[str]:
    found, number = np.unique(np.array(names, dtype=object), return_counts=True)
    return [str(name) for name in found[np.argsort(-number, kind="stable")][:CATEGORIES]]
