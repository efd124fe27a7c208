"""Area under the ROC curve, over all rows and over each user's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from din_core.metrics.inputs import Bools, Floats, Ints, MetricError, labels, same_length, scores


def auc(label: ArrayLike, score: ArrayLike) -> float:
    """Chance that a random positive row scores above a random negative one, ties counting one half.

        AUC = (#{s⁺ > s⁻} + ½ #{s⁺ = s⁻}) / (n⁺ n⁻)

    the Mann-Whitney statistic (Hanley and McNeil 1982). Exact: wins and ties are counted in integers after
    one sort, O(N log N).

    `label` (N,) of 0 and 1, `score` (N,) of any numbers. MetricError on NaN, on other labels, and when one
    of the two labels is missing: AUC then has no value.
    """
    positive, ranked = labels(label), scores("score", score)
    same_length(label=positive, score=ranked)
    if positive.all() or not positive.any():
        raise MetricError(f"all {len(positive)} labels are {int(positive[0])}; AUC needs both labels.")
    return float(auc_by_group(np.zeros(len(positive), np.int64), 1, positive, ranked).auc[0])


@dataclass(frozen=True, slots=True)
class GroupAuc:
    """AUC within each of G groups of rows."""

    rows: Ints
    """(G,) number of rows."""
    auc: Floats
    """(G,) AUC of the group's rows; NaN where they have one label only."""

    @property
    def defined(self) -> Bools:
        """(G,) whether the group has both labels."""
        return ~np.isnan(self.auc)


def auc_by_group(group: Ints, n_groups: int, positive: Bools, score: NDArray[Any]) -> GroupAuc:
    """AUC within each group in one sort, without a loop over groups.

    `group` (N,) codes 0 … n_groups-1, each present; `positive` (N,); `score` (N,) without NaN. Checked by
    the callers.
    """
    order = np.lexsort((score, group))
    group, positive, score = group[order], positive[order], score[order]
    # A tie is a run of rows with one score within one group.
    new_group = np.r_[True, group[1:] != group[:-1]]
    tie_start = np.flatnonzero(new_group | np.r_[True, score[1:] != score[:-1]])
    tie_group = group[tie_start]
    tie_rows = np.diff(np.r_[tie_start, len(group)])
    tie_positives = np.add.reduceat(positive, tie_start, dtype=np.int64)
    tie_negatives = tie_rows - tie_positives

    group_start = np.flatnonzero(new_group)
    rows = np.diff(np.r_[group_start, len(group)])
    positives = np.add.reduceat(positive, group_start, dtype=np.int64)
    negatives = rows - positives

    # Negatives below a tie: those before it in all groups, less those of earlier groups.
    below = np.cumsum(tie_negatives) - tie_negatives - (np.cumsum(negatives) - negatives)[tie_group]
    twice_wins = tie_positives * (2 * below + tie_negatives)
    twice_won = np.add.reduceat(twice_wins, np.searchsorted(tie_group, np.arange(n_groups)))
    pairs = positives * negatives
    value = np.full(n_groups, np.nan)
    np.divide(twice_won, 2 * pairs, out=value, where=pairs > 0)
    return GroupAuc(rows, value)
