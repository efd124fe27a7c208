"""The column `vector` of items: one list of numbers a row, from Parquet or as a JSON list in a CSV."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from din_core.domain.translatable import Translatable
from din_core.store.ingestion.column_checks import Checked
from din_core.store.ingestion.column_texts import plain, texts

STORED = "<f4"
"""Vectors are kept as little-endian numbers in single precision."""
LISTS = ("list", "large_list", "fixed_size_list")
"""Arrow's types of lists."""
Numbers = NDArray[np.float64]


def vectors(column: pa.Array, length: int | None) -> Checked:
    """Vectors as bytes of `STORED` numbers, None where missing or empty.

    All must have `length` numbers; where it is None, as many as the first that is fit.
    """
    found, wrong = _lists(column)
    infinite = np.array([v is not None and not _finite(v) for v in found], bool)
    sizes = np.array([0 if v is None else len(v) for v in found], np.int64)
    fit = sizes[(sizes > 0) & ~infinite]
    wanted = length if length is not None or not len(fit) else int(fit[0])
    other = (sizes > 0) & ~infinite & (sizes != wanted)
    values = np.empty(len(found), object)
    values[:] = [
        None if v is None or bad else v.astype(STORED).tobytes() for v, bad in zip(found, infinite, strict=True)
    ]
    values[sizes == 0] = None
    return Checked(
        values,
        [
            (Translatable("vector is no list of numbers"), wrong),
            (Translatable("vector holds a number that is NaN, infinite or beyond single precision"), infinite),
            (
                Translatable(
                    "vector has other than {n:,} numbers, the length of the first: all must be of one length",
                    n=wanted or 0,
                ),
                other,
            ),
        ],
    )


def length_of(values: NDArray[np.object_]) -> int | None:
    """Numbers of the first vector in a column of `vectors`; None where there is none."""
    first = next((value for value in values if value is not None), None)
    return None if first is None else len(first) // np.dtype(STORED).itemsize


def _finite(vector: Numbers) -> bool:
    return bool((np.abs(vector) <= np.finfo(np.float32).max).all())  # NaN is not


def _lists(column: pa.Array) -> tuple[list[Numbers | None], NDArray[np.bool_]]:
    """Each row's numbers, None where it is missing; and the rows that hold something else."""
    column = plain(column)
    if any(getattr(pa.types, f"is_{name}")(column.type) for name in LISTS):
        return _of_lists(column)
    if pa.types.is_string(column.type):
        read = [None if text is None else _of_text(text) for text in texts(column).to_pylist()]
        return [v if isinstance(v, np.ndarray) else None for v in read], np.array([v is False for v in read], bool)
    return [None] * len(column), pc.is_valid(column).to_numpy(zero_copy_only=False)


def _of_lists(column: pa.Array) -> tuple[list[Numbers | None], NDArray[np.bool_]]:
    kind = column.type.value_type
    if not (pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind)):
        return [None] * len(column), pc.is_valid(column).to_numpy(zero_copy_only=False)
    lengths = pc.list_value_length(column).fill_null(0).to_numpy(zero_copy_only=False)
    numbers = pc.cast(column.flatten(), pa.float64(), safe=False).fill_null(np.nan).to_numpy(zero_copy_only=False)
    each = np.split(numbers, np.cumsum(lengths)[:-1]) if len(lengths) else []
    present = pc.is_valid(column).to_numpy(zero_copy_only=False)
    return [v if there else None for v, there in zip(each, present, strict=True)], np.zeros(len(column), bool)


def _of_text(text: str) -> Numbers | bool:
    """The numbers of `[0.1, .2]`; also without commas, as numpy writes them. False for any other text."""
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        found = text[1:-1].replace(",", " ").split() if text[:1] + text[-1:] == "[]" else None
    if not isinstance(found, list) or any(isinstance(one, list | dict | bool) for one in found):
        return False
    try:
        return np.array([np.nan if one is None else float(one) for one in found], np.float64)
    except (ValueError, OverflowError):
        return False
