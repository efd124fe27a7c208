"""Models measured on the same impressions, several seeds each."""

from __future__ import annotations

from dataclasses import dataclass


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
