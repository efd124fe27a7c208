"""Groups of behaviors that are explained as one: a category, a shop, a week.

Dimensions: T behaviors, P groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from din_core.domain.results import Floats
from din_core.scoring import NumberRanges, Rescorer

WEEK = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Group:
    """Occurrences of behaviors under one name."""

    name: str
    occurrences: tuple[int, ...] | NDArray[np.int64]
    """(T) how many of each behavior's occurrences belong to it"""


def by_field(rescorer: Rescorer, field: str, ranges: NumberRanges | None = None) -> tuple[Group, ...]:
    """One group for each value of an item field, in the order of first appearance; missing values are one group.

    An item with several values belongs to the group of the first: groups never share an occurrence. Of a numeric
    field, one group for each of the model's `ranges` of it, the smallest numbers first and no number last.
    """
    if ranges is not None:
        return _by_range(rescorer, ranges)
    items = [b.item for b in rescorer.behaviors]
    values = [item.item_id if field == "item_id" else item.first(field) or f"no {field}" for item in items]
    return tuple(
        Group(name, tuple(int(n) if v == name else 0 for n, v in zip(rescorer.count, values, strict=True)))
        for name in dict.fromkeys(values)
    )


def _by_range(rescorer: Rescorer, ranges: NumberRanges) -> tuple[Group, ...]:
    rows = [ranges.row(b.item) for b in rescorer.behaviors]
    return tuple(
        Group(ranges.name(row), tuple(int(n) if own == row else 0 for n, own in zip(rescorer.count, rows, strict=True)))
        for row in sorted(set(rows), key=lambda row: (row == 0, row))
    )


def by_week(rescorer: Rescorer) -> tuple[Group, ...]:
    """One group for each of the weeks before the impression that hold a behavior, newest first.

    A week holds the occurrences that were in it, so repeats of an item may lie in several. Additions lie in none.
    """
    ago = [[(rescorer.shown.as_of - 1 - time) // WEEK for time in times] for times in rescorer.shown.times]
    ago = [weeks if n else [] for weeks, n in zip(ago, rescorer.count, strict=True)]
    return tuple(
        Group(
            "last 7 days" if week == 0 else f"{week * 7 + 1} to {week * 7 + 7} days ago",
            tuple(w.count(week) for w in ago),
        )
        for week in sorted({week for weeks in ago for week in weeks})
    )


def occurrence_matrix(rescorer: Rescorer, groups: Sequence[Group] | None) -> Floats:
    """(P, T) occurrences of each behavior in each group; each behavior by itself where there are no groups."""
    if groups is None:
        return np.diag(rescorer.count)
    return np.array([g.occurrences for g in groups], dtype=np.float64).reshape(len(groups), len(rescorer.behaviors))


def group_names(groups: Sequence[Group] | None) -> tuple[str, ...] | None:
    """The groups' names, for an Explanation."""
    return None if groups is None else tuple(g.name for g in groups)
