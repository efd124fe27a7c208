"""What popularity alone says about the test impressions."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class PopularityTally:
    """Test AUC of one count an item, from impressions added bit by bit."""

    def __init__(self) -> None:
        self._seen: tuple[Counter[int], Counter[int]] = (Counter(), Counter())

    def add(self, count: Ints, label: Ints) -> None:
        """(N,) the count of each test impression's item, and its label."""
        for own, tally in enumerate(self._seen):
            values, times = np.unique(count[label == own], return_counts=True)
            tally.update(dict(zip(values.tolist(), times.tolist(), strict=True)))

    def merge(self, other: PopularityTally) -> None:
        """Add the impressions of another tally."""
        for own, more in zip(self._seen, other._seen, strict=True):
            own.update(more)

    def auc(self) -> float | None:
        """Ties count one half; None where a label is missing."""
        negative, positive = self._seen
        below = wins = 0
        for value in sorted(negative | positive):
            wins += positive[value] * (2 * below + negative[value])
            below += negative[value]
        pairs = 2 * negative.total() * positive.total()
        return wins / pairs if pairs else None
