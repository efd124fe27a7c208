"""A part of the impressions: those that share a profile value, a category, a week, an outcome, a length of history, or
are of some users.

Dimensions: M impressions, U users.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from din_core.cases.table import UNKNOWN, Cases, Ints
from din_core.domain.cohort import LENGTHS
from din_core.domain.written import natural_key

WEEK = 7 * 86_400
MONDAY = 4 * 86_400
"""The first Monday of 1970: weeks begin on Mondays, UTC."""


@dataclass(frozen=True, slots=True)
class Slice:
    """What its impressions have in common; None where anything will do."""

    profile: tuple[str, str] | None = None
    """A profile field and one of its values; UNKNOWN where nothing is known."""
    category: str | None = None
    """The candidate's."""
    week: int | None = None
    """Its first second."""
    length: int | None = None
    """A bucket of LENGTHS, by its place."""
    label: bool | None = None
    users: frozenset[str] | None = None
    """Ids."""


def rows_of(cases: Cases, chosen: Slice) -> NDArray[np.bool_]:
    """(M,) whether each impression belongs to the slice."""
    inside = np.ones(len(cases.user), dtype=bool)
    if chosen.profile is not None:
        inside &= _has(cases, *chosen.profile)[cases.user]
    if chosen.category is not None:
        inside &= np.array([name == chosen.category for name in cases.categories], dtype=bool)[cases.category]
    if chosen.week is not None:
        inside &= weeks(cases) == chosen.week
    if chosen.length is not None:
        inside &= lengths(cases) == chosen.length
    if chosen.label is not None:
        inside &= cases.label == chosen.label
    if chosen.users is not None:
        inside &= np.array([user in chosen.users for user in cases.user_ids], dtype=bool)[cases.user]
    return inside


def choices(cases: Cases, field: str) -> tuple[str, ...]:
    """Values of a profile field that occur, in alphabetical order, by the numbers in them where they have some;
    UNKNOWN last where some user has none."""
    known = sorted({value for values in cases.profile[field] for value in values}, key=natural_key)
    return (*known, UNKNOWN) if any(not values for values in cases.profile[field]) else tuple(known)


def weeks(cases: Cases) -> Ints:
    """(M,) first second of the week of each impression."""
    return (cases.time - MONDAY) // WEEK * WEEK + MONDAY


def lengths(cases: Cases) -> Ints:
    """(M,) bucket of LENGTHS of each history."""
    return np.searchsorted(LENGTHS, cases.distinct, side="right") - 1


def _has(cases: Cases, field: str, value: str) -> NDArray[np.bool_]:
    """(U,)."""
    return np.array([value in values if values else value == UNKNOWN for values in cases.profile[field]], dtype=bool)
