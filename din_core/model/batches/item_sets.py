"""Sets of embedding rows of items with several values, interned: equal ones have one index. No torch.

Set 0 is that of no known value; it holds row 0, and no set is empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from din_core.model.batches.batch_arrays import MultiRows, Rows, SetRows

UNKNOWN = (0,)
"""The set of an item of which no value is known."""

Column = Sequence[int | tuple[int, ...]]
"""A field's embedding row of each of n items; of a field with several values, the set of them."""


def value_set(rows: Iterable[int]) -> tuple[int, ...]:
    """The known ones of several values' rows, as a set."""
    return tuple(sorted({row for row in rows if row})) or UNKNOWN


def interned_rows(columns: Sequence[Column], several: Sequence[bool]) -> tuple[Rows, SetRows]:
    """F columns of n items → (n, F) rows and indices of sets, and the sets; () where no field has several values."""
    interned = [_interned(column) if own else (column, None) for column, own in zip(columns, several, strict=True)]
    rows = np.array([index for index, _ in interned], dtype=np.int64)
    sets = tuple(own for _, own in interned) if any(several) else ()
    return np.ascontiguousarray(rows.T), sets


def _interned(column: Column) -> tuple[list[int], MultiRows]:
    index: dict[int | tuple[int, ...], int] = {UNKNOWN: 0}
    places = [index.setdefault(rows, len(index)) for rows in column]
    return places, MultiRows.of([rows if isinstance(rows, tuple) else (rows,) for rows in index])
