"""Means over a cohort, with 95 % intervals over its users.

A user's impressions depend on each other, so users are what varies, not impressions: the interval is that of a ratio of
sums over clusters (Cochran, Sampling Techniques, 1977, section 2.12), by the spread of what each user adds to both.

Dimensions: S impressions with sums, B bins, U users.
"""

from __future__ import annotations

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


def _ratio(above: NDArray[Any], below: NDArray[Any], users: Ints) -> Mean:
    """Σ above / Σ below of (B, N) rows of the users (N,)."""
    bins = len(above)
    if not len(users):
        nothing = np.full(bins, np.nan)
        return Mean(nothing, nothing, nothing, np.zeros(bins, np.int64), np.zeros(bins, np.int64))
    order = np.argsort(users, kind="stable")
    first = np.flatnonzero(np.diff(users[order], prepend=-1))
    top, bottom = (
        np.add.reduceat(part[:, order], first, axis=1, dtype=np.float64) for part in (above, below)
    )  # (B, U)
    n, total, nonzero_users = len(first), bottom.sum(1), np.count_nonzero(bottom, axis=1)
    value = _divided(top.sum(1), total)
    spread = ((top - np.nan_to_num(value)[:, None] * bottom) ** 2).sum(1) * n / max(1, n - 1)
    error = np.where(nonzero_users > 1, TWO_SIDED * _divided(np.sqrt(spread), total), np.nan)
    return Mean(value, value - error, value + error, np.rint(total).astype(np.int64), nonzero_users)


def _divided(above: Floats, below: Floats) -> Floats:
    found = np.full(above.shape, np.nan)
    np.divide(above, below, out=found, where=below > 0)
    return found
