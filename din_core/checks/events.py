"""What stands before what: histories of impressions, counted over all of them at once.

N behaviors and M impressions, each sorted by user, then time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from din_core.store import BulkTables

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def history_lengths(tables: BulkTables) -> Ints:
    """(M,) behaviors of the impression's user strictly before it."""
    before = _positions(tables, tables.impression_user, tables.impression_time)
    lengths: Ints = before - np.searchsorted(tables.behavior_user, tables.impression_user)
    return lengths


def _positions(tables: BulkTables, user: Ints, time: Ints) -> Ints:
    """(M,) behaviors of all users that stand before each (user, time), the order being that of the tables."""
    times = np.concatenate([tables.behavior_time, time])
    rank = np.unique(times, return_inverse=True)[1].astype(np.int64)  # small enough to stand beside the user
    span = rank.max(initial=0) + 1
    behaviors = tables.behavior_user * span + rank[: len(tables.behavior_time)]
    before: Ints = np.searchsorted(behaviors, user * span + rank[len(tables.behavior_time) :])
    return before


def stands_in_history(tables: BulkTables) -> Bools:
    """(M,) whether the impression's item is one of its user's earlier behaviors."""
    if not len(tables.behavior_item):
        return np.zeros(len(tables.impression_item), bool)
    items = len(tables.items)
    pair = tables.behavior_user * items + tables.behavior_item
    known, oldest = np.unique(
        pair, return_index=True
    )  # behaviors of a user are sorted by time: the first is the oldest
    wanted = tables.impression_user * items + tables.impression_item
    at = np.searchsorted(known, wanted).clip(max=len(known) - 1)
    found: Bools = (known[at] == wanted) & (tables.behavior_time[oldest[at]] < tables.impression_time)
    return found


def repeated_rows(*columns: Ints) -> int:
    """Rows that stand in the table once more, whole."""
    rows = len(columns[0])
    if not rows:
        return 0
    order = np.lexsort(columns)
    same = np.ones(rows - 1, bool)
    for column in columns:
        same &= column[order][1:] == column[order][:-1]
    return int(same.sum())
