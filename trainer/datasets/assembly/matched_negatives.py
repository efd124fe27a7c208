"""Negatives as popular as the positives of their period.

Drawn uniformly from all items, popularity alone would tell them from positives; drawn from all of the positives,
those of later weeks too, a model would learn what is not popular yet.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
_FOLD_ROWS = 1 << 22


class PositivePools:
    """How often each item was a positive in each period. A period is a week, cut where a split ends."""

    def __init__(self, bounds: Ints, items: int) -> None:
        """`bounds` (P - 1,) sorted seconds at which a period ends and the next begins; `items` codes."""
        self.bounds, self._items = bounds, items
        self._pending: list[tuple[Ints, Ints]] = []
        self._keys: Ints = np.empty(0, np.int64)
        self._counts: Ints = np.empty(0, np.int64)
        self._upto: Ints = np.zeros(1, np.int64)

    def period(self, times: Ints) -> Ints:
        """(N,) period of each time."""
        found: Ints = np.searchsorted(self.bounds, times, side="right")
        return found

    def add(self, times: Ints, items: Ints) -> None:
        """Count (N,) positives."""
        self._pending.append(np.unique(self.period(times) * self._items + items, return_counts=True))
        if sum(len(keys) for keys, _ in self._pending) > max(_FOLD_ROWS, len(self._keys)):
            self.fold()

    def fold(self) -> None:
        """Sum up what was added; before drawing."""
        keys = np.concatenate([self._keys, *(keys for keys, _ in self._pending)])
        counts = np.concatenate([self._counts, *(counts for _, counts in self._pending)])
        self._keys, place = np.unique(keys, return_inverse=True)
        self._counts = np.bincount(place, counts, len(self._keys)).astype(np.int64)
        self._upto = np.r_[0, np.cumsum(self._counts)]
        self._pending = []

    def draw(self, times: Ints, rng: np.random.Generator, *, uniform: bool = False) -> Ints:
        """(N,) one item for each time: a positive of its period, all equally likely; `uniform`: an item, whatever it
        counts. The period of each time must hold positives."""
        period = self.period(times)
        first, last = (np.searchsorted(self._keys, (period + step) * self._items) for step in (0, 1))
        if uniform:
            at = rng.integers(first, last)
        else:
            at = np.searchsorted(self._upto, rng.integers(self._upto[first], self._upto[last]), side="right") - 1
        drawn: Ints = self._keys[at] % self._items
        return drawn


def periods(first: int, last: int, length: int, cuts: tuple[int, ...]) -> Ints:
    """Ends of periods of `length` seconds from `first` to `last`, and the cuts between splits."""
    found: Ints = np.unique(np.r_[np.arange(first, last + 1, length)[1:], np.array(cuts, np.int64)])
    return found
