"""95 % intervals by drawing users anew.

A user's impressions depend on each other, so whole users are drawn, not rows (cluster bootstrap, percentile
interval: Efron and Tibshirani 1993, chapter 13; Davison and Hinkley 1997, section 3.8). A draw is written as
how often each user came up, so every replicate is a weighted metric on rows that were sorted once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from din_core.metrics.auc import auc_by_group
from din_core.metrics.inputs import (
    Bools,
    Floats,
    Ints,
    MetricError,
    labels,
    same_length,
    scores,
    user_codes,
)

LEVEL = 0.95
REPLICATES = 200

Replicate = Callable[[Ints], float]
"""(U,) times each user was drawn -> the metric, NaN where it has no value."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Where 95 % of the replicates lie."""

    low: float
    high: float


def auc_interval(
    user: ArrayLike,
    label: ArrayLike,
    score: ArrayLike,
    *,
    minus: ArrayLike | None = None,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Interval:
    """Interval of AUC(score), or of AUC(score) - AUC(minus) on the same rows and draws.

    `user` (N,) ids, `label` (N,) of 0 and 1, `score` and `minus` (N,) numbers. Draws without both labels are
    left out. MetricError on what `auc` refuses, and when fewer than two users are there to draw from.
    """
    return _interval(_weighted_auc, user, label, score, minus, replicates, seed)


def gauc_interval(
    user: ArrayLike,
    label: ArrayLike,
    score: ArrayLike,
    *,
    minus: ArrayLike | None = None,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Interval:
    """Interval of GAUC(score), or of GAUC(score) - GAUC(minus) on the same rows and draws.

    `user` (N,) ids, `label` (N,) of 0 and 1, `score` and `minus` (N,) numbers. Draws in which no user has
    both labels are left out. MetricError on what `gauc` refuses, and when fewer than two users are there.
    """
    return _interval(_weighted_gauc, user, label, score, minus, replicates, seed)


def _interval(
    prepare: Callable[[Ints, int, Bools, NDArray[Any]], Replicate],
    user: ArrayLike,
    label: ArrayLike,
    score: ArrayLike,
    minus: ArrayLike | None,
    replicates: int,
    seed: int,
) -> Interval:
    (codes, n_users), positive, ranked = user_codes(user), labels(label), scores("score", score)
    other = None if minus is None else scores("minus", minus)
    same_length(user=codes, label=positive, score=ranked, **({} if other is None else {"minus": other}))
    if n_users < 2:
        raise MetricError("all rows are of one user; an interval over users needs at least 2.")
    measure = prepare(codes, n_users, positive, ranked)
    base = None if other is None else prepare(codes, n_users, positive, other)
    values = np.array([measure(drawn) - (base(drawn) if base else 0.0) for drawn in _draws(n_users, replicates, seed)])
    values = values[~np.isnan(values)]
    if not len(values):
        raise MetricError(f"none of {replicates} draws of {n_users} users has both labels; give more rows.")
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high))


def _draws(n_users: int, replicates: int, seed: int) -> Iterator[Ints]:
    """How often each user comes up among n_users draws with replacement: (U,) a replicate."""
    rng = np.random.default_rng(seed)
    for _ in range(replicates):
        yield np.bincount(rng.integers(n_users, size=n_users), minlength=n_users)


def _weighted_auc(codes: Ints, n_users: int, positive: Bools, score: NDArray[Any]) -> Replicate:
    order = np.argsort(score, kind="stable")
    codes, positive, score = codes[order], positive[order], score[order]
    tie_start = np.flatnonzero(np.r_[True, score[1:] != score[:-1]])

    def value(drawn: Ints) -> float:
        weight = drawn[codes]
        positives = np.add.reduceat(weight * positive, tie_start)
        negatives = np.add.reduceat(weight * ~positive, tie_start)
        pairs = int(positives.sum()) * int(negatives.sum())
        below = np.cumsum(negatives) - negatives
        return float(np.sum(positives * (2 * below + negatives)) / (2 * pairs)) if pairs else np.nan

    return value


def _weighted_gauc(codes: Ints, n_users: int, positive: Bools, score: NDArray[Any]) -> Replicate:
    found = auc_by_group(codes, n_users, positive, score)
    rows: Floats = np.where(found.defined, found.rows, 0)
    won: Floats = np.where(found.defined, found.rows * found.auc, 0.0)

    def value(drawn: Ints) -> float:
        total = drawn @ rows
        return float(drawn @ won / total) if total else np.nan

    return value
