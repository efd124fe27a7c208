"""Means over a cohort, with 95 % intervals by drawing its users anew.

Dimensions: S impressions with sums, B bins, U users, R replicates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from din_core.domain.results import Floats
from din_core.explain.cases.table import Cases, Ints

REPLICATES = 400
LEVEL = 0.95


@dataclass(frozen=True)
class Mean:
    """A ratio of sums in each of B bins."""

    value: Floats
    """(B,) NaN where there is nothing to divide by"""
    low: Floats
    """(B,) of the 95 % interval; NaN where fewer than two users have something in the bin"""
    high: Floats
    """(B,)"""
    count: Ints
    """(B,) what was divided by"""
    users: Ints
    """(B,) users with something in the bin"""


def mean_weights(cases: Cases, dimension: str, among: NDArray[np.bool_]) -> Mean:
    """Mean weight of one occurrence in each bin, over the impressions `among` (M,) that have sums.

    Every (impression, occurrence of a behavior) counts once.
    """
    sums = cases.sums
    own = among[sums.row]
    users = cases.user[sums.row[own]]
    return _ratio(sums.weight[dimension][own], sums.count[dimension][own], users)


def share_of(cases: Cases, part: str, whole: str, among: NDArray[np.bool_]) -> Mean:
    """Share of the behaviors of `whole` that are of `part` in each bin, such as those in the candidate's category."""
    sums = cases.sums
    own = among[sums.row]
    return _ratio(sums.count[part][own], sums.count[whole][own], cases.user[sums.row[own]])


def mean_weights_of_others(cases: Cases, part: str, whole: str, among: NDArray[np.bool_]) -> Mean:
    """As `mean_weights`, of the behaviors of `whole` that are not of `part`."""
    sums = cases.sums
    own = among[sums.row]
    weight = sums.weight[whole][own].astype(np.float64) - sums.weight[part][own]
    count = sums.count[whole][own].astype(np.float64) - sums.count[part][own]
    return _ratio(weight, count, cases.user[sums.row[own]])


def _ratio(above: Floats, below: Floats, users: Ints) -> Mean:
    """Σ above / Σ below of rows (N, B), and its interval when whole users (N,) are drawn anew."""
    bins = above.shape[1]
    if not len(above):
        nothing = np.full(bins, np.nan)
        return Mean(nothing, nothing, nothing, np.zeros(bins, np.int64), np.zeros(bins, np.int64))
    _, code = np.unique(users, return_inverse=True)
    order = np.argsort(code, kind="stable")
    first = np.flatnonzero(np.diff(code[order], prepend=-1))
    top, bottom = (np.add.reduceat(part[order].astype(np.float64), first, axis=0) for part in (above, below))  # (U, B)
    n = len(first)
    drawn = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), size=REPLICATES).astype(np.float64)  # (R, U)
    told = np.count_nonzero(bottom, axis=0)
    low, high = _ends(_divided(drawn @ top, drawn @ bottom))
    low, high = (np.where(told > 1, end, np.nan) for end in (low, high))
    total = bottom.sum(0)
    return Mean(_divided(top.sum(0), total), low, high, np.rint(total).astype(np.int64), told)


def _divided(above: Floats, below: Floats) -> Floats:
    found = np.full(above.shape, np.nan)
    np.divide(above, below, out=found, where=below > 0)
    return found


def _ends(replicates: Floats) -> tuple[Floats, Floats]:
    """(R, B) → the two ends of the interval, (B,), of the replicates that have a value."""
    ends = np.full((2, replicates.shape[1]), np.nan)
    some = ~np.isnan(replicates).all(0)
    ends[:, some] = np.nanquantile(replicates[:, some], ((1 - LEVEL) / 2, (1 + LEVEL) / 2), axis=0)
    return ends[0], ends[1]
