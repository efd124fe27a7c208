"""Columns as text: a value is the same text whether it comes from Parquet with a type or from CSV."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

MISSING = ("", "NULL", "null", "\\N", "NA", "N/A", "n/a", "None", "nan", "NaN", "<NA>")
"""What stands for no value, in every table and column."""

_REPLACED = {
    **dict.fromkeys(MISSING, None),
    **dict.fromkeys(("True", "TRUE"), "true"),
    **dict.fromkeys(("False", "FALSE"), "false"),
    "-0.0": "0",
}
_WRITTEN = pa.array(list(_REPLACED), pa.string())
_READ = pa.array(list(_REPLACED.values()), pa.string())
_EXPONENT_FROM = 1e16
"""From here on, and below 1e-4, Python and so pandas write a float with an exponent."""
_ALIKE = 1e-4, 1e10
"""Between them Arrow writes floats as Python does."""


def texts(column: pa.Array) -> pa.Array:
    """Any single-valued column as text, surrounding space and all NULs removed; null for what is in MISSING.

    Whole numbers lose their ".0": a column of whole numbers that has gaps is read as floats. Truths are true and false.
    """
    column = plain(column)
    if pa.types.is_floating(column.type):
        return _float_texts(column)
    if pa.types.is_timestamp(column.type):
        written = pc.replace_substring_regex(pc.cast(column, pa.string()), r"\.0+(Z?)$", r"\1")
        return pc.if_else(pc.starts_with(written, "<value out of range"), None, written)
    if not (pa.types.is_string(column.type) or pa.types.is_decimal(column.type)):
        return pc.cast(column, pa.string())
    written = pc.cast(column, pa.string())
    if pc.any(pc.match_substring(written, "\0")).as_py():  # PostgreSQL takes none, and no link could name such an id
        written = pc.replace_substring(written, "\0", "")
    written = pc.utf8_trim_whitespace(written)
    position = pc.index_in(written, value_set=_WRITTEN)
    if position.null_count < len(position):
        written = pc.if_else(pc.is_null(position), written, _READ.take(position))
    if pc.any(pc.match_substring(written, ".0")).as_py():
        written = pc.replace_substring_regex(written, r"^(-?\d+)\.0+$", r"\1")
    return written


def plain(column: pa.Array) -> pa.Array:
    """The column without the encodings that carry no meaning."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type) or pa.types.is_null(column.type):
        column = column.cast(pa.string())
    if pa.types.is_float16(column.type):
        column = column.cast(pa.float64())
    return column


def true_in(column: pa.Array) -> Mask:
    """A column of truths as an array; null is false."""
    mask: Mask = column.fill_null(False).to_numpy(zero_copy_only=False)
    return mask


def _float_texts(column: pa.Array) -> pa.Array:
    """Floats as Python writes them, whole ones as integers."""
    column = pc.if_else(pc.is_nan(column), None, column)
    size = pc.abs(column)
    whole = pc.and_(pc.equal(pc.floor(column), column), pc.less(size, _EXPONENT_FROM))
    as_int = pc.cast(pc.if_else(whole, column, 0.0), pa.int64())
    written = pc.if_else(whole, pc.cast(as_int, pa.string()), pc.cast(column, pa.string()))
    least, most = _ALIKE
    other = true_in(pc.and_not(pc.or_(pc.less(size, least), pc.greater_equal(size, most)), whole))
    if other.any():
        by_python = [str(number) for number in column.filter(pa.array(other)).to_numpy()]
        written = pc.replace_with_mask(written, pa.array(other), pa.array(by_python, pa.string()))
    return written
