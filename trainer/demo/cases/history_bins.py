"""How a history's occurrences fall into bins of age, rank, repeats and category.

Dimensions: T distinct behaviors of one history, C candidates shown against it, B bins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from din_core.cases import AGES, RANKS, REPEATS
from din_core.cases.table import OTHER, UNKNOWN
from din_core.domain import values_of
from din_core.store import BulkTables
from trainer.training.samples import DAY

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
MOST_CATEGORIES = 20
"""Behavior categories that are told apart; the rest is one."""


@dataclass(frozen=True)
class Categories:
    """The category of every item of a store, the first where it has several."""

    names: tuple[str, ...]
    of_item: Ints
    """(items,) place in `names`; UNKNOWN, where the item has none, is the last place"""
    bins: tuple[str, ...]
    """The behavior categories that are told apart, then OTHER"""
    bin_of: Ints
    """(names,) place in `bins`"""

    @classmethod
    def of(cls, bulk: BulkTables, field: str | None, candidates: Ints) -> Categories:
        """`candidates` are item positions, repeats and all: their most frequent categories are told apart."""
        values = [()] * len(bulk.items) if field is None else [values_of(value) for value in bulk.items[field]]
        names = (*sorted({own[0] for own in values if own}), UNKNOWN)
        place = {name: n for n, name in enumerate(names)}
        of_item = np.array([place[own[0] if own else UNKNOWN] for own in values], dtype=np.int64)
        shown = np.bincount(of_item[candidates], minlength=len(names))
        frequent = [n for n in np.argsort(-shown, kind="stable")[:MOST_CATEGORIES].tolist() if shown[n]]
        bin_of = np.full(len(names), len(frequent))
        bin_of[frequent] = np.arange(len(frequent))
        return cls(names, of_item, (*(names[n] for n in frequent), OTHER), bin_of)

    @property
    def unknown(self) -> int:
        """The place of UNKNOWN."""
        return len(self.names) - 1


@dataclass(frozen=True)
class Occurrences:
    """All occurrences of one history, told apart in several ways."""

    category: Ints
    """(T,) place in the categories' names"""
    parts: dict[str, Floats]
    """By dimension: (B, T) how many occurrences of each behavior fall into each bin"""

    def own(self, candidates: Ints, unknown: int) -> NDArray[np.bool_]:
        """candidates (C,) categories → (T, C) whether behavior and candidate share a known one."""
        same: NDArray[np.bool_] = (self.category[:, None] == candidates) & (candidates != unknown)
        return same


class Histories:
    """The occurrences behind the behaviors that a model sees."""

    def __init__(self, bulk: BulkTables, categories: Categories) -> None:
        self._bulk, self._categories = bulk, categories
        self._start = np.searchsorted(bulk.behavior_user, np.arange(len(bulk.users) + 1))
        self._place = np.full(len(bulk.items), -1, dtype=np.int64)

    def read(self, user: int, as_of: int, behavior: Ints, folds: bool) -> Occurrences:
        """`behavior` (T,) item positions as the model sees them: folded where it folds, else the newest ones."""
        begin, end = self._start[user], self._start[user + 1]
        end = begin + np.searchsorted(self._bulk.behavior_time[begin:end], as_of, side="left")
        t = len(behavior)
        if folds:
            self._place[behavior] = np.arange(t)
            of = self._place[self._bulk.behavior_item[begin:end]]
            self._place[behavior] = -1
            seen = of >= 0
            of, time = of[seen], self._bulk.behavior_time[begin:end][seen]
        else:
            of, time = np.arange(t), self._bulk.behavior_time[end - t : end]
        count = np.bincount(of, minlength=t)
        category = self._categories.of_item[behavior]
        return Occurrences(
            category,
            {
                "age": _counted(of, _bin(AGES, (as_of - time) / DAY), len(AGES), t),
                "rank": _counted(of, _bin(RANKS, np.arange(len(of), 0, -1)), len(RANKS), t),
                "repeats": _placed(_bin(REPEATS, count), len(REPEATS), count),
                "category": _placed(self._categories.bin_of[category], len(self._categories.bins), count),
            },
        )


def _bin(begins: Sequence[int], value: NDArray[np.generic]) -> Ints:
    """(n,) the last bin that begins at or before each value."""
    return np.searchsorted(begins, value, side="right") - 1


def _counted(of: Ints, place: Ints, bins: int, t: int) -> Floats:
    """Occurrences `of` (n,) behaviors in bins `place` (n,) → (B, T)."""
    return np.bincount(place * t + of, minlength=bins * t).reshape(bins, t).astype(np.float64)


def _placed(place: Ints, bins: int, count: Ints) -> Floats:
    """Behaviors in bins `place` (T,) → (B, T), each with all its occurrences."""
    found = np.zeros((bins, len(place)))
    found[place, np.arange(len(place))] = count
    return found
