"""Numbers to embedding rows: buckets between quantiles of what training saw. Row 0 stands for what is no number."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NO_NUMBER_ROW = 0
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(inf|infinity|nan)", re.ASCII | re.IGNORECASE)


def number_in(text: str | None) -> float | None:
    """The finite number that a text is, with a decimal point whatever the locale; None for any other text."""
    if text is None or not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def is_no_value(text: str) -> bool:
    """Whether a text is NaN or infinite: written as a number, and a missing one."""
    return _NOT_FINITE.fullmatch(text) is not None


def number_text(value: float) -> str:
    """A number as the store's fields write it: whole ones without a point."""
    return str(int(value)) if value == int(value) and abs(value) < 1e16 else repr(value)


@dataclass(frozen=True)
class NumberBuckets:
    """A numeric field: `edges[i]` is the least number of the bucket with row i + 1, and the next edge is above it.

    What is below the first edge is in the first bucket, what is above the last in the last. A larger number never has
    a lower row.
    """

    edges: tuple[float, ...]
    """Strictly ascending and finite; none where training saw no number."""

    @property
    def rows(self) -> int:
        """Embedding rows needed: the buckets, and one for what is no number."""
        return len(self.edges) + 1

    def row(self, value: str | None) -> int:
        """The row of the number in a text; 0 where it is missing, NaN, infinite or no number."""
        number = number_in(value)
        return NO_NUMBER_ROW if number is None else self.row_of_number(number)

    def row_of_number(self, number: float) -> int:
        """The row of a finite number."""
        return max(1, bisect_right(self.edges, number)) if self.edges else NO_NUMBER_ROW

    def rows_of(self, values: Iterable[str | None]) -> list[int]:
        """`row` of each text; each different one is read once."""
        found: dict[str | None, int] = {None: NO_NUMBER_ROW}
        rows = []
        for value in values:
            row = found.get(value)
            if row is None:
                row = found[value] = self.row(value)
            rows.append(row)
        return rows

    def bounds(self, row: int) -> tuple[float | None, float | None]:
        """From which number on, and below which, a row stands; None where it has no such bound."""
        if not 1 <= row < self.rows:
            raise ValueError(f"row {row} is no bucket; they are 1 to {self.rows - 1}")
        return self.edges[row - 1] if row > 1 else None, self.edges[row] if row < len(self.edges) else None


def quantile_edges(values: NDArray[np.float64], weights: NDArray[np.float64], most: int) -> tuple[float, ...]:
    """Edges of at most `most` buckets that hold about equal weights of the finite `values`, (n,) with (n,) weights.

    Equal values are never parted. Where there are no more different values than buckets, each has its own. Otherwise a
    bucket takes its share of what those before it left, so that a frequent value costs the others no bucket.
    """
    distinct, place = np.unique(np.asarray(values, np.float64) + 0.0, return_inverse=True)  # + 0.0: −0 is 0
    weight = np.bincount(place.reshape(-1), weights, len(distinct))
    kept = weight > 0
    distinct, weight = distinct[kept], weight[kept]
    if len(distinct) <= most:
        return tuple(distinct.tolist())
    edges = [float(distinct[0])]
    left, filled = float(weight.sum()), 0.0
    share = left / most
    for value, own in zip(distinct.tolist(), weight.tolist(), strict=True):
        if filled + own / 2 > share and len(edges) < most and filled:
            edges.append(value)
            share, filled = left / (most - len(edges) + 1), 0.0
        filled += own
        left -= own
    return tuple(edges)
