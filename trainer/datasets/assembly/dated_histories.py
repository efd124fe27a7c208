"""Histories that a table lists beside each impression, as behaviors with times.

Such tables say in which order a user did things, not when. Behaviors get times just before the first impression that
lists them, a second apart where there is room, so that each impression has its own history in the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def dated(rows: Iterable[tuple[int, Sequence[int]]]) -> tuple[list[int], list[int]]:
    """One user's (time, items oldest first), ordered by time -> times and items of the behaviors.

    A history goes on where an earlier one ends: what they share is one behavior each, also where the later one
    lists only the newest. Of several histories at one time the longest counts.

    >>> dated([(100, [1, 2]), (200, [1, 2, 3]), (300, [2, 3, 4])])
    ([98, 99, 199, 299], [1, 2, 3, 4])
    """
    longest: dict[int, Sequence[int]] = {}
    for time, items in rows:
        if len(items) > len(longest.get(time, ())) or time not in longest:
            longest[time] = items
    times: list[int] = []
    known: list[int] = []
    before = 0
    for time, items in longest.items():
        new = items[_shared(known, items) :]
        times += [max(time - len(new) + place, before) for place in range(len(new))]
        known += new
        before = time
    return times, known


def _shared(known: Sequence[int], items: Sequence[int]) -> int:
    """The most behaviors that `known` ends and `items` begins with."""
    for length in range(min(len(known), len(items)), 0, -1):
        if known[-length] == items[0] and list(known[-length:]) == list(items[:length]):
            return length
    return 0
