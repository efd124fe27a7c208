"""Models measured on the same impressions, several seeds each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Missing = Literal["not measured", "other weights", "other impressions", "alike", "one seed", "not together"]
"""Why a model has no figure of its weights: nobody measured it; what was measured is of other weights, or of other
impressions from seed to seed; every behavior of a history weighs the same; there are no two seeds, or none that were
measured together."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One metric of one model over its seeds; None where there is no value."""

    mean: float
    sd: float | None
    """Over seeds (n − 1); None for one seed."""
    low: float | None
    """95 % interval of the mean over seeds, by a bootstrap over users; None for what has none."""
    high: float | None
    each: tuple[float, ...] = ()
    """One a seed."""


@dataclass(frozen=True, slots=True)
class WeightFigures:
    """How a model's weights agree with measured effects, and with those of its other seeds."""

    split: str | None
    """Of the impressions of `agreement`; None where there is none."""
    impressions: int | None
    agreement: Mapping[str, Measure | None]
    """By name: tau (Kendall's τ of weight × count and leave-one-out), same_sign and covered (share of all |effect| that
    the five largest |weight × count| cover), each a mean over impressions."""
    missing: Missing | None
    """Why a figure of `agreement` has no value."""
    seeds: Mapping[str, float | None]
    """By name: tau_weights and tau_effects (Kendall's τ between two seeds, mean over pairs of seeds)."""
    seeds_missing: Missing | None
    """The same of `seeds`."""


@dataclass(frozen=True, slots=True)
class LeaderboardRow:
    """One model."""

    model: str
    """The recipe's name, as `--model` takes it."""
    title: str
    seeds: tuple[int, ...]
    parameters: int
    seconds: float
    """Mean training time."""
    device: str
    metrics: dict[str, Measure | None]
    """By name: auc, gauc, log_loss, ece, rela_impr (against the reference's AUC, as a fraction)."""
    weights: WeightFigures


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """All models on one split."""

    split: str
    reference: str
    """The model that RelaImpr is against."""
    impressions: int
    users: int
    provenance: str
    made_at: str
    rows: tuple[LeaderboardRow, ...]
    base_rate: float | None = None
    """The share of positives; None on boards of earlier versions."""
    base_rate_log_loss: float | None = None
    """What giving that share to every impression gets; None where all labels are one, too."""
