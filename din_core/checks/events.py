"""What stands before what: histories of impressions, counted over all of them at once.

N behaviors and M impressions, each sorted by user, then time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from din_core.store import BulkTables

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MOST_ROWS = 1 << 18
"""Rows that are looked at together, so that memory does not grow with them."""


def stretches(user: Ints) -> Iterator[slice]:
    """Rows that are sorted by user in stretches of whole users, about MOST_ROWS each."""
    start = 0
    while start < len(user):
        stop = int(np.searchsorted(user, user[min(start + MOST_ROWS, len(user)) - 1], side="right"))
        yield slice(start, stop)
        start = stop


def history_lengths(tables: BulkTables) -> Ints:
    """(M,) behaviors of the impression's user strictly before it."""
    found = [_lengths(past, shown) for past, shown in _stretches(tables)]
    return np.concatenate(found) if found else np.empty(0, np.int64)


def stands_in_history(tables: BulkTables) -> Bools:
    """(M,) whether the impression's item is one of its user's earlier behaviors."""
    found = [_stands(past, shown, len(tables.items)) for past, shown in _stretches(tables)]
    return np.concatenate(found) if found else np.empty(0, bool)


class _Events(NamedTuple):
    """(n,) each, sorted by user, then time."""

    user: Ints
    item: Ints
    time: Ints


def _stretches(tables: BulkTables) -> Iterator[tuple[_Events, _Events]]:
    """Behaviors and impressions of some users after others; those of users without impressions are left out."""
    for rows in stretches(tables.impression_user):
        users = tables.impression_user[rows]
        first = np.searchsorted(tables.behavior_user, users[0], side="left")
        last = np.searchsorted(tables.behavior_user, users[-1], side="right")
        past = slice(first, last)
        yield (
            _Events(tables.behavior_user[past], tables.behavior_item[past], tables.behavior_time[past]),
            _Events(users, tables.impression_item[rows], tables.impression_time[rows]),
        )


def _lengths(past: _Events, shown: _Events) -> Ints:
    times = np.concatenate([past.time, shown.time])
    rank = np.unique(times, return_inverse=True)[1].astype(np.int64)  # small enough to stand beside the user
    user = np.concatenate([past.user, shown.user])
    span = rank.max(initial=0) + 1
    both = user * span + rank
    before: Ints = np.searchsorted(both[: len(past.user)], both[len(past.user) :])
    return before - np.searchsorted(past.user, shown.user)


def _stands(past: _Events, shown: _Events, items: int) -> Bools:
    if not len(past.item):
        return np.zeros(len(shown.item), bool)
    pair = past.user * items + past.item
    # Behaviors of a user are sorted by time: the first is the oldest.
    known, oldest = np.unique(pair, return_index=True)
    wanted = shown.user * items + shown.item
    at = np.searchsorted(known, wanted).clip(max=len(known) - 1)
    found: Bools = (known[at] == wanted) & (past.time[oldest[at]] < shown.time)
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
