"""Field columns in the forms that the store keeps."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from din_core.store.ingestion.column_texts import MISSING, plain, texts

_SEVERAL = r"(?s)[^|\s].*\|.*[^|\s]"
_JSON_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


def json_objects(columns: dict[str, pa.Array], encode: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """One JSON object a row, column by column; a key whose `encode`d JSON is null is left out."""
    # Not by `null_handling="skip"`: that drops the rows in which all is null.
    members = [
        pc.fill_null(pc.binary_join_element_wise(f", {json.dumps(name, ensure_ascii=False)}: ", encode(column), ""), "")
        for name, column in columns.items()
    ]
    joined = pc.binary_join_element_wise(*members, "")
    return pc.binary_join_element_wise("{", pc.utf8_slice_codeunits(joined, start=len(", ")), "}", "")


def category_json(column: pa.Array) -> pa.Array:
    """Categorical values as JSON strings: each distinct one encoded once, then spread over the rows."""
    return _by_distinct(column, lambda text: json.dumps(text, ensure_ascii=False))


def display_json(column: pa.Array) -> pa.Array:
    """Values for display as JSON; numbers and truths are such, also those that are written as text."""
    column = plain(column)
    if pa.types.is_integer(column.type) or pa.types.is_boolean(column.type):
        return pc.cast(column, pa.string())
    if pa.types.is_floating(column.type):
        return texts(pc.if_else(pc.is_finite(column), column, None))
    return _by_distinct(column, _display)


def _display(text: str) -> str | None:
    if text in ("true", "false"):
        return text
    if text in ("inf", "-inf"):
        return None
    # Numbers of more digits than a database may keep are ids, and stay text.
    is_number = len(text) < 30 and _JSON_NUMBER.fullmatch(text) and math.isfinite(float(text))
    return text if is_number else json.dumps(text, ensure_ascii=False)


def _by_distinct(column: pa.Array, encode: Callable[[str], str | None]) -> pa.Array:
    encoded = plain(column).dictionary_encode()
    distinct = [None if text is None else encode(text) for text in texts(encoded.dictionary).to_pylist()]
    return pa.array(distinct, pa.string()).take(encoded.indices)


def value_lists(column: pa.Array) -> list[list[str]]:
    """Several values a row: a list's entries, or what `|` separates; [] where nothing is known."""
    if holds_lists(column):
        entries = iter(texts(column.flatten()).to_pylist())
        lengths = pc.list_value_length(column).fill_null(0).to_pylist()
        return [[e for e in (next(entries) for _ in range(length)) if e is not None] for length in lengths]
    return [[] if text is None else separated(text) for text in texts(column).to_pylist()]


@lru_cache(maxsize=10_000)
def separated(text: str) -> list[str]:
    """The values between `|`; not to be changed."""
    return [part.strip() for part in text.split("|") if part.strip() not in MISSING]


def holds_lists(column: pa.Array) -> bool:
    """Whether a column's values are lists."""
    return bool(pa.types.is_list(column.type) or pa.types.is_large_list(column.type))


def holds_bars(column: pa.Array) -> bool:
    """Whether a value of a text column is written as `a|b`."""
    column = plain(column)
    return pa.types.is_string(column.type) and bool(pc.any(pc.match_substring_regex(column, _SEVERAL)).as_py())


def single_values(column: pa.Array) -> pa.Array:
    """All values of a column end to end where rows may have several; the column itself where none has."""
    if holds_lists(column):
        return column.flatten()
    if holds_bars(column):
        return pa.array([value for values in value_lists(column) for value in values], pa.string())
    return column


def distinct_values(column: pa.Array) -> list[list[str] | None]:
    """Each row's values in their order, repeats dropped; None where there is none."""
    return [list(dict.fromkeys(values)) or None for values in value_lists(column)]
