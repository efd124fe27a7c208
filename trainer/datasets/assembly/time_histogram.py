"""How many impressions have which time, in bounded memory: where to cut them into splits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from din_core.store.splits.split_rule import DEFAULT_SHARES, Shares, SplitCuts, upto

Ints = NDArray[np.int64]
MOST_BINS = 1 << 20


class TimeHistogram:
    """Counts of times in bins of a second each, of two, four, … where there would be too many."""

    def __init__(self, most_bins: int = MOST_BINS) -> None:
        self._most = most_bins
        self._width = 1
        self._bins: Ints = np.empty(0, np.int64)
        self._counts: Ints = np.empty(0, np.int64)

    @property
    def total(self) -> int:
        """All times added."""
        return int(self._counts.sum())

    @property
    def first(self) -> int:
        """Start of the bin of the earliest time."""
        return int(self._bins[0]) * self._width

    @property
    def last(self) -> int:
        """Start of the bin of the latest time."""
        return int(self._bins[-1]) * self._width

    def add(self, times: Ints) -> None:
        """Count (N,) seconds."""
        self._add_bins(times // self._width, np.ones(len(times), np.int64))

    def merge(self, other: TimeHistogram) -> None:
        """Count the times of another one."""
        while self._width < other._width:
            self._widen()
        self._add_bins(other._bins * other._width // self._width, other._counts)

    def _add_bins(self, bins: Ints, counts: Ints) -> None:
        self._fold(np.concatenate([self._bins, bins]), np.concatenate([self._counts, counts]))
        while len(self._bins) > self._most:
            self._widen()

    def _widen(self) -> None:
        self._width *= 2
        self._fold(self._bins // 2, self._counts)

    def _fold(self, bins: Ints, counts: Ints) -> None:
        self._bins, place = np.unique(bins, return_inverse=True)
        self._counts = np.bincount(place, counts, len(self._bins)).astype(np.int64)

    def counts(self, cuts: SplitCuts) -> Ints:
        """(3,) times in train, valid and test."""
        found = np.bincount(cuts.codes(self._bins * self._width), self._counts, minlength=3)
        return found.astype(np.int64)

    def cuts(self, shares: Shares = DEFAULT_SHARES) -> SplitCuts:
        """Where validation and test begin, as in `ingest`: equal times stay together, in the later split.

        Needs a time at least.
        """
        sums = np.cumsum(self._counts)
        places = [np.searchsorted(sums, int(self.total * share), side="right") for share in upto(shares)]
        found = [int(self._bins[place]) for place in places]
        return SplitCuts(*(cut * self._width for cut in found))
