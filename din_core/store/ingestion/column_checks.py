"""Checks of whole columns: each returns the values and, by reason, which rows cannot be loaded.

Columns come from Parquet with their types or from CSV as text; a value means the same in both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from din_core.domain.translatable import Translatable
from din_core.store.schema import MAX_TIMESTAMP, SPLITS

Mask = NDArray[np.bool_]

_EXACT_FLOAT = 2**53
_INT64_MAX = 2**63 - 1
_LABELS = {"0": 0, "1": 1, "0.0": 0, "1.0": 1, "false": 0, "true": 1, "False": 0, "True": 1}
VALID_NAMES = ("val", "validation", "dev")
"""What `valid` is called elsewhere."""
_TICKS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


@dataclass
class Checked:
    """A column's values and its faults: (reason, rows). Values of faulty rows mean nothing."""

    values: Any
    faults: list[tuple[Translatable, Mask]] = field(default_factory=list)


def texts(column: pa.Array) -> pa.Array:
    """Any single-valued column as text, surrounding space removed; null for missing, empty and NaN.

    Whole floats lose their ".0": a column of whole numbers that has gaps is read as floats.
    """
    column = _plain(column)
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
        whole = pc.and_(pc.equal(pc.floor(column), column), pc.less(pc.abs(column), float(_EXACT_FLOAT)))
        as_int = pc.cast(pc.if_else(whole, column, 0.0), pa.int64())
        return pc.if_else(whole, pc.cast(as_int, pa.string()), pc.cast(column, pa.string()))
    if not pa.types.is_string(column.type):
        return pc.cast(column, pa.string())
    column = pc.utf8_trim_whitespace(column)
    missing = pc.is_in(column, value_set=pa.array(["", "nan", "NaN"]))
    return pc.if_else(missing, pa.scalar(None, pa.string()), column)


def ids(name: str, column: pa.Array) -> Checked:
    """Ids as text; whole numbers without ".0", however they were written."""
    column = _plain(column)
    faults: list[tuple[Translatable, Mask]] = []
    values = texts(column)
    missing = _mask(pc.is_null(values))
    faults.append((Translatable("{name} is missing", name=name), missing))
    if pa.types.is_floating(column.type):
        numbers = column.fill_null(np.nan).to_numpy(zero_copy_only=False)
        with np.errstate(invalid="ignore"):
            broken = ~missing & ~((np.floor(numbers) == numbers) & (np.abs(numbers) < _EXACT_FLOAT))
        faults.append(
            (
                Translatable(
                    "{name} is a number with decimals or beyond 2^53: write it as whole number or text", name=name
                ),
                broken,
            )
        )
    else:
        values = pc.replace_substring_regex(values, r"^(-?\d+)\.0+$", r"\1")
    return Checked(values, faults)


def timestamps(column: pa.Array) -> Checked:
    """Times as int64 seconds since 1970-01-01 UTC, rounded down. Times without a zone are taken as UTC."""
    column = _plain(column)
    if pa.types.is_string(column.type) or pa.types.is_decimal(column.type):
        seconds, missing, unreadable = _parse_times(texts(column))
    else:
        missing = _mask(pc.is_null(column, nan_is_null=True))
        unreadable = (
            _mask(pc.is_inf(column)) if pa.types.is_floating(column.type) else np.zeros(len(column), dtype=bool)
        )
        seconds = _seconds(column)
    present = ~missing & ~unreadable
    return Checked(
        seconds,
        [
            (Translatable("{name} is missing", name="timestamp"), missing),
            (Translatable("timestamp is no time: write whole seconds or ISO 8601"), unreadable),
            (Translatable("timestamp is before 1970"), present & (seconds < 0)),
            (
                Translatable("timestamp is beyond the year 2100: seconds are read, and milliseconds look like this"),
                present & (seconds >= MAX_TIMESTAMP),
            ),
        ],
    )


def labels(column: pa.Array) -> Checked:
    """Labels as int8 0 or 1."""
    written = texts(column)
    position = pc.index_in(written, value_set=pa.array(list(_LABELS)))
    values = np.array([*_LABELS.values(), 0], dtype=np.int8)[_positions(position)]
    missing = _mask(pc.is_null(written))
    return Checked(
        values,
        [
            (Translatable("{name} is missing", name="label"), missing),
            (Translatable("label is neither 0 nor 1"), ~missing & _mask(pc.is_null(position))),
        ],
    )


def splits(column: pa.Array) -> Checked:
    """Splits as text: train, valid or test; the other usual names of valid are read as it."""
    values = texts(column)
    values = pc.if_else(pc.is_in(values, value_set=pa.array(VALID_NAMES)), "valid", values)
    missing = _mask(pc.is_null(values))
    known = _mask(pc.is_in(values, value_set=pa.array(SPLITS)))
    return Checked(
        values,
        [
            (Translatable("{name} is missing", name="split"), missing),
            (Translatable("split is none of train, valid, test"), ~missing & ~known),
        ],
    )


def prices(column: pa.Array) -> Checked:
    """Prices as float64, NaN where missing."""
    column = _plain(column)
    if pa.types.is_string(column.type):
        written = texts(column)
        values = pd.to_numeric(_series(written), errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        missing = _mask(pc.is_null(written))
    elif pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
        values = pc.cast(column, pa.float64()).fill_null(np.nan).to_numpy(zero_copy_only=False)
        missing = np.isnan(values)
    else:
        values = np.full(len(column), np.nan)
        missing = _mask(pc.is_null(column))
    return Checked(values, [(Translatable("price is not a number"), ~missing & ~np.isfinite(values))])


def references(name: str, table: str, values: pa.Array, known: pa.Array) -> Checked:
    """Positions in `known` of the ids a row refers to."""
    position = pc.index_in(values, value_set=known)
    unknown = _mask(pc.is_null(position)) & ~_mask(pc.is_null(values))
    return Checked(
        _positions(position),
        [(Translatable("{name} is not in {table}, or its row there is rejected", name=name, table=table), unknown)],
    )


def _plain(column: pa.Array) -> pa.Array:
    """The column without the encodings that carry no meaning."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type) or pa.types.is_null(column.type):
        column = column.cast(pa.string())
    if pa.types.is_float16(column.type):
        column = column.cast(pa.float64())
    return column


def _seconds(column: pa.Array) -> NDArray[np.int64]:
    kind = column.type
    if pa.types.is_timestamp(kind):
        ticks: NDArray[np.int64] = _int64(column) // _TICKS[kind.unit]
        return ticks
    if pa.types.is_date(kind):
        return _seconds(column.cast(pa.timestamp("ms")))
    if pa.types.is_floating(kind):
        numbers = column.fill_null(0).to_numpy(zero_copy_only=False).astype(np.float64)
        bounded: NDArray[np.int64] = np.clip(np.floor(np.nan_to_num(numbers)), -1, 2.0**62).astype(np.int64)
        return bounded
    if pa.types.is_uint64(kind):
        column = pc.min_element_wise(column, pa.scalar(_INT64_MAX, pa.uint64()))
    return _int64(column)


def _int64(column: pa.Array) -> NDArray[np.int64]:
    numbers: NDArray[np.int64] = column.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    return numbers


def _parse_times(written: pa.Array) -> tuple[NDArray[np.int64], Mask, Mask]:
    """Seconds, missing and unreadable of times written as numbers or ISO 8601."""
    missing = _mask(pc.is_null(written))
    seconds = np.zeros(len(written), dtype=np.int64)
    numeric = _mask(pc.match_substring_regex(written, r"^[+-]?\d+(\.\d*)?$"))
    if numeric.any():
        # The decimals are cut off; a negative time is refused anyway.
        whole = pc.replace_substring_regex(written.filter(pa.array(numeric)), r"\..*$", "")
        small = pc.less(pc.utf8_length(whole), 19)
        seconds[numeric] = _int64(pc.if_else(small, pc.utf8_ltrim(whole, "+"), str(_INT64_MAX)))
    iso = ~numeric & _mask(pc.match_substring_regex(written, r"^\d{4}-\d\d"))
    if iso.any():
        parsed = pd.to_datetime(_series(written.filter(pa.array(iso))), format="ISO8601", utc=True, errors="coerce")
        iso[iso] = parsed.notna().to_numpy()
        seconds[iso] = parsed.dropna().dt.as_unit("us").astype(np.int64).to_numpy() // 10**6
    return seconds, missing, ~missing & ~numeric & ~iso


def _series(column: pa.Array) -> pd.Series[Any]:
    return pd.Series(column.to_numpy(zero_copy_only=False), dtype=object)


def _positions(position: pa.Array) -> NDArray[np.int64]:
    """Positions as int64, -1 for null."""
    return np.asarray(position.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)


def _mask(column: pa.Array) -> Mask:
    mask: Mask = column.fill_null(False).to_numpy(zero_copy_only=False)
    return mask
