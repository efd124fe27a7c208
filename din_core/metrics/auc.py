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

    the Mann-Whitney statistic (Hanley and McNeil 1982). Exact: wins and ties are counted in integers,
    O(N log N).

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
    """AUC within each group without a loop over groups.

    `group` (N,) codes 0 … n_groups-1, each present; `positive` (N,); `score` (N,) without NaN. Checked by
    the callers.
    """
    rank, n_ranks = _ranks(score)
    # A row as one integer, by group, then rank, then label: sorting those is many times faster than lexsort.
    row = np.sort((group * n_ranks + rank) * 2 + positive)
    # A tie is a run of rows with one score within one group.
    tie = row >> 1
    tie_start = np.flatnonzero(np.r_[True, tie[1:] != tie[:-1]])
    tie_group = tie[tie_start] // n_ranks
    tie_rows = np.diff(np.r_[tie_start, len(row)])
    tie_positives = np.add.reduceat(row & 1, tie_start)
    tie_negatives = tie_rows - tie_positives

    first_tie = np.searchsorted(tie_group, np.arange(n_groups))
    rows = np.add.reduceat(tie_rows, first_tie)
    positives = np.add.reduceat(tie_positives, first_tie)
    negatives = rows - positives

    # Negatives below a tie: those before it in all groups, less those of earlier groups.
    below = np.cumsum(tie_negatives) - tie_negatives - (np.cumsum(negatives) - negatives)[tie_group]
    twice_wins = tie_positives * (2 * below + tie_negatives)
    twice_won = np.add.reduceat(twice_wins, first_tie)
    pairs = positives * negatives
    value = np.full(n_groups, np.nan)
    np.divide(twice_won, 2 * pairs, out=value, where=pairs > 0)
    return GroupAuc(rows, value)


def _ranks(score: NDArray[Any]) -> tuple[Ints, int]:
    """(N,) each score's place among the distinct ones, from 0, and how many those are."""
    order = np.argsort(score)
    rising = score[order]
    rank = np.empty(len(score), np.int64)
    rank[order] = np.cumsum(np.r_[False, rising[1:] != rising[:-1]])
    return rank, int(rank[order[-1]]) + 1
