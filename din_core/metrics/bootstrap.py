"""95 % intervals of every metric by drawing users anew.

A user's impressions depend on each other, so whole users are drawn, not rows (cluster bootstrap, percentile
interval: Efron and Tibshirani 1993, chapter 13; Davison and Hinkley 1997, section 3.8). A draw is written as
how often each user came up, so every replicate is a weighted metric on rows that were sorted once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from din_core.metrics.auc import auc, auc_by_group
from din_core.metrics.calibration import BINS, expected_calibration_error
from din_core.metrics.gauc import gauc
from din_core.metrics.inputs import (
    Bools,
    Floats,
    Ints,
    MetricError,
    labels,
    probabilities,
    same_length,
    user_codes,
)
from din_core.metrics.log_loss import log_loss, row_losses
from din_core.metrics.rela_impr import rela_impr

METRICS = ("auc", "gauc", "log_loss", "ece")
LEVEL = 0.95
REPLICATES = 200

Replicate = Callable[[Ints], float]
"""(U,) times each user was drawn -> the metric, NaN where it has no value."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A metric of S seeds of one model."""

    mean: float
    sd: float | None
    """Standard deviation of the seeds (n - 1); None for one seed."""
    low: float | None
    """Of the 95 % interval of the mean under drawing users anew; None where no draw gives it a value."""
    high: float | None
    each: tuple[float, ...]
    """The seeds' values, (S,)."""


class Bootstrap:
    """One set of impressions, and the draws of its users that every model measured on it shares."""

    def __init__(self, user: ArrayLike, label: ArrayLike, *, replicates: int = REPLICATES, seed: int = 0) -> None:
        """`user` (N,) ids, integers or strings; `label` (N,) of 0 and 1. MetricError otherwise."""
        (self._codes, self._n_users), self._positive = user_codes(user), labels(label)
        same_length(user=self._codes, label=self._positive)
        self._replicates, self._seed = replicates, seed

    def measure(self, seeds: Sequence[ArrayLike]) -> Measured:
        """Every metric of each seed's probabilities, S times (N,), and its replicates.

        A metric that the labels leave without a value is left out; so are the replicates when fewer than two
        users are there to draw from. MetricError when there is no seed, or on what is no probability.
        """
        if not len(seeds):
            raise MetricError("there are predictions of 0 seeds; give those of at least one.")
        each = [probabilities(seed) for seed in seeds]
        for probability in each:
            same_length(user=self._codes, probability=probability)
        points = [self._point(probability) for probability in each]
        drawn = [self._drawn(probability) for probability in each]
        return Measured(
            self,
            {name: np.array([point[name] for point in points]) for name in METRICS if name in points[0]},
            {name: np.stack([one[name] for one in drawn], axis=1) for name in METRICS},
        )

    def _point(self, probability: Floats) -> dict[str, float]:
        """The metrics of all rows, without those that have no value."""
        measures: dict[str, Callable[[], float]] = {
            "auc": lambda: auc(self._positive, probability),
            "gauc": lambda: gauc(self._codes, self._positive, probability).value,
            "log_loss": lambda: log_loss(self._positive, probability),
            "ece": lambda: expected_calibration_error(self._positive, probability),
        }
        found = {}
        for name, measure in measures.items():
            try:
                found[name] = measure()
            except MetricError:  # of all checks, only those for both labels are left to fail
                continue
        return found

    def _drawn(self, probability: Floats) -> dict[str, Floats]:
        """(R,) replicates of each metric; R is 0 for a single user."""
        rows = _Sorted.by(probability, self._codes, self._positive)
        measures: dict[str, Replicate] = {
            "gauc": _weighted_gauc(self._codes, self._n_users, self._positive, probability),
            "log_loss": _weighted_log_loss(self._codes, self._n_users, self._positive, probability),
        }
        values: dict[str, list[float]] = {name: [] for name in METRICS}
        for times in self._draws():
            positives, negatives = rows.drawn(times)
            values["auc"].append(_weighted_auc(positives, negatives))
            values["ece"].append(_weighted_ece(rows.value, positives, negatives))
            for name, measure in measures.items():
                values[name].append(measure(times))
        return {name: np.array(found) for name, found in values.items()}

    def _draws(self) -> Iterator[Ints]:
        """How often each user comes up among U draws with replacement: (U,) a replicate."""
        if self._n_users < 2:
            return
        rng = np.random.default_rng(self._seed)
        for _ in range(self._replicates):
            yield np.bincount(rng.integers(self._n_users, size=self._n_users), minlength=self._n_users)


@dataclass(frozen=True, slots=True)
class Measured:
    """S seeds of one model on the rows of a `Bootstrap`."""

    rows: Bootstrap
    points: Mapping[str, Floats]
    """Metric -> (S,) its value on all rows."""
    replicates: Mapping[str, Floats]
    """Metric -> (R, S) its value in each draw of users, NaN where it has none."""

    def seed(self, position: int) -> Measured:
        """One of the seeds alone."""
        only = slice(position, position + 1)
        return Measured(
            self.rows,
            {name: values[only] for name, values in self.points.items()},
            {name: values[:, only] for name, values in self.replicates.items()},
        )

    def estimate(self, metric: str) -> Estimate | None:
        """One of METRICS, with the interval of its mean over seeds; None where it has no value."""
        if metric not in self.points:
            return None
        return _estimate(self.points[metric], self.replicates[metric].mean(axis=1))

    def rela_impr(self, reference: Measured, metric: str = "auc") -> Estimate | None:
        """RelaImpr over the mean of the reference's seeds, in `metric`, "auc" or "gauc", draw by draw.

        A model over itself is 0 by definition, without an interval. None where it has no value. MetricError
        when the reference was measured on other rows.
        """
        if reference.rows is not self.rows:
            raise MetricError("the reference was measured on other rows; measure both with one Bootstrap.")
        if metric not in self.points:
            return None
        base = float(reference.points[metric].mean())
        if not base > 0.5:
            return None
        each = np.array([rela_impr(float(value), base) for value in self.points[metric]])
        if reference is self:
            return replace(_estimate(each, np.zeros(0)), mean=0.0)  # not almost
        mean, drawn_base = self.replicates[metric].mean(axis=1), reference.replicates[metric].mean(axis=1)
        better = drawn_base > 0.5  # and not NaN
        return _estimate(each, (mean[better] - 0.5) / (drawn_base[better] - 0.5) - 1)


def _estimate(each: Floats, means: Floats) -> Estimate:
    """`each` (S,) values on all rows, `means` (R,) over seeds in each draw, NaN where there is none."""
    sd = float(each.std(ddof=1)) if len(each) > 1 else None
    means = means[~np.isnan(means)]
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]).tolist() if len(means) else (None, None)
    return Estimate(float(each.mean()), sd, low, high, tuple(each.tolist()))


@dataclass(frozen=True, slots=True)
class _Sorted:
    """Rows by rising score; a tie is a run of rows with one score, T in all."""

    codes: Ints
    positive: Bools
    tie_start: Ints
    value: Floats
    """(T,) the ties' scores."""

    @classmethod
    def by(cls, score: Floats, codes: Ints, positive: Bools) -> _Sorted:
        order = np.argsort(score, kind="stable")
        score = score[order]
        tie_start = np.flatnonzero(np.r_[True, score[1:] != score[:-1]])
        return cls(codes[order], positive[order], tie_start, score[tie_start])

    def drawn(self, times: Ints) -> tuple[Ints, Ints]:
        """Positives and negatives of each tie, (T,), when each user comes `times` (U,)."""
        weight = times[self.codes]
        rows = np.add.reduceat(weight, self.tie_start)
        positives = np.add.reduceat(weight * self.positive, self.tie_start)
        return positives, rows - positives


def _weighted_auc(positives: Ints, negatives: Ints) -> float:
    """AUC of ties by rising score; NaN with one label only."""
    pairs = int(positives.sum()) * int(negatives.sum())
    below = np.cumsum(negatives) - negatives
    return float(np.sum(positives * (2 * below + negatives)) / (2 * pairs)) if pairs else np.nan


def _weighted_ece(value: Floats, positives: Ints, negatives: Ints) -> float:
    """ECE of ties by rising probability, binned as `calibration_bins` would bin the drawn rows."""
    rows = positives + negatives
    total = int(rows.sum())
    bin_of_tie = ((np.cumsum(rows) - rows) * BINS // total).clip(max=BINS - 1)  # above: ties that nobody drew
    gap = np.bincount(bin_of_tie, positives - rows * value, BINS)
    return float(np.abs(gap).sum() / total)


def _weighted_gauc(codes: Ints, n_users: int, positive: Bools, score: Floats) -> Replicate:
    found = auc_by_group(codes, n_users, positive, score)
    rows: Floats = np.where(found.defined, found.rows, 0)
    won: Floats = np.where(found.defined, found.rows * found.auc, 0.0)

    def value(times: Ints) -> float:
        total = times @ rows
        return float(times @ won / total) if total else np.nan

    return value


def _weighted_log_loss(codes: Ints, n_users: int, positive: Bools, probability: Floats) -> Replicate:
    rows = np.bincount(codes, minlength=n_users)
    loss = np.bincount(codes, row_losses(positive, probability), n_users)
    return lambda times: float(times @ loss / (times @ rows))
