"""Means over a cohort, with 95 % intervals over its users.

A user's impressions depend on each other, so users are what varies, not impressions: the interval is that of a ratio of
sums over clusters (Cochran, Sampling Techniques, 1977, section 2.12), by the spread of what each user adds to both.

Dimensions: M impressions, S of them with sums, B bins, U users.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from din_core.cases.table import Cases, Ints
from din_core.domain.cohort import Mean
from din_core.domain.results import Floats

TWO_SIDED = 1.96
"""Standard errors from the mean to the ends of a 95 % interval."""


def mean_weights(cases: Cases, dimension: str, among: NDArray[np.bool_]) -> Mean:
    """Mean weight of one occurrence in each bin, over the impressions `among` (M,) that have sums.

    Every (impression, occurrence of a behavior) counts once.
    """
    sums = cases.sums
    own = among[sums.row]
    users = cases.user[sums.row[own]]
    return _ratio(sums.weight[dimension][:, own], sums.count[dimension][:, own], users)


def share_of(cases: Cases, part: str, whole: str, among: NDArray[np.bool_]) -> Mean:
    """Share of the behaviors of `whole` that are of `part` in each bin, such as those in the candidate's category."""
    sums = cases.sums
    own = among[sums.row]
    return _ratio(sums.count[part][:, own], sums.count[whole][:, own], cases.user[sums.row[own]])


def mean_weights_of_others(cases: Cases, part: str, whole: str, among: NDArray[np.bool_]) -> Mean:
    """As `mean_weights`, of the behaviors of `whole` that are not of `part`."""
    sums = cases.sums
    own = among[sums.row]
    weight = sums.weight[whole][:, own].astype(np.float64) - sums.weight[part][:, own]
    count = sums.count[whole][:, own] - sums.count[part][:, own]
    return _ratio(weight, count, cases.user[sums.row[own]])


def difference_with(cases: Cases, outcome: NDArray[Any], part: str, among: NDArray[np.bool_]) -> Mean:
    """Mean `outcome` (M,) of impressions with a behavior of `part` in each bin, less that of those without.

    With labels and "own_age", how much more often candidates are taken up that have something of their own category at
    that age in the history: the target-aware correlation of Zhou et al. (arXiv:2308.08487), as a difference of shares
    in place of mutual information, so that it has a sign. With a model's probabilities, what it has learned of that.
    `count` is of impressions with such a behavior, `users` of their users; NaN where all have one, or none has.
    """
    sums = cases.sums
    own = among[sums.row]
    rows = sums.row[own]
    has = (sums.count[part][:, own] > 0).astype(np.float64)  # (B, N)
    value = np.broadcast_to(outcome[rows].astype(np.float64), has.shape)
    with_it = _ratio_parts(value * has, has, cases.user[rows])
    without = _ratio_parts(value * (1 - has), 1 - has, cases.user[rows])
    difference = with_it.value - without.value
    error = _error(with_it.share_of_spread - without.share_of_spread)
    error[~np.isfinite(difference) | (with_it.users < 2) | (without.users < 2)] = np.nan
    return Mean(
        difference, difference - error, difference + error, np.rint(with_it.total).astype(np.int64), with_it.users
    )


@dataclass(frozen=True)
class _Ratio:
    """Σ above / Σ below of B bins, and what each of U users adds to its spread."""

    value: Floats
    """(B,)"""
    total: Floats
    """(B,) Σ below"""
    users: Ints
    """(B,) users that add to Σ below"""
    share_of_spread: Floats
    """(B, U) (above − value · below) / Σ below of each user; 0 in bins without anything"""


def _ratio(above: NDArray[Any], below: NDArray[Any], users: Ints) -> Mean:
    """Σ above / Σ below of (B, N) rows of the users (N,)."""
    found = _ratio_parts(above, below, users)
    error = _error(found.share_of_spread)
    error[found.users < 2] = np.nan
    value = found.value
    return Mean(value, value - error, value + error, np.rint(found.total).astype(np.int64), found.users)


def _ratio_parts(above: NDArray[Any], below: NDArray[Any], users: Ints) -> _Ratio:
    bins = len(above)
    if not len(users):
        return _Ratio(np.full(bins, np.nan), np.zeros(bins), np.zeros(bins, np.int64), np.zeros((bins, 0)))
    order = np.argsort(users, kind="stable")
    first = np.flatnonzero(np.diff(users[order], prepend=-1))
    top, bottom = (
        np.add.reduceat(part[:, order], first, axis=1, dtype=np.float64) for part in (above, below)
    )  # (B, U)
    total = bottom.sum(1)
    value = _divided(top.sum(1), total)
    spread = top - np.nan_to_num(value)[:, None] * bottom
    shares = np.divide(spread, total[:, None], out=np.zeros_like(spread), where=total[:, None] > 0)
    return _Ratio(value, total, np.count_nonzero(bottom, axis=1), shares)


def _error(shares: Floats) -> Floats:
    """Half a 95 % interval (B,) of what U users each add to the spread (B, U)."""
    users = shares.shape[1]
    found: Floats = TWO_SIDED * np.sqrt((shares**2).sum(1) * users / max(1, users - 1))
    return found


def _divided(above: Floats, below: Floats) -> Floats:
    found = np.full(above.shape, np.nan)
    np.divide(above, below, out=found, where=below > 0)
    return found
