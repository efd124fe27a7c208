"""Fields that a model is not to read unless asked for: they name a person or a row, and are no category."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from din_core.domain.translatable import Translatable
from din_core.store.ingestion.column_texts import texts
from din_core.store.ingestion.field_encoding import single_values

LEAST_VALUES = 20
"""Values that a column must have before it can be called near-unique."""
NEAR_UNIQUE = 0.8
"""Distinct values per value from which on a column is near-unique."""
MANY_NUMBERS = 50
"""Different numbers that a model reads in buckets; fewer are categories to it."""
_LEFTOVER = re.compile(r"Unnamed: \d+(_level_\d+)?|level_\d+")
_DECIMAL = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_WHOLE = r"^[+-]?[0-9]+$"
_EMAIL = r"^[^@\s]+@[^@\s]+\.[A-Za-z]{2,}$"


def why_unfit(name: str, column: pa.Array) -> Translatable | None:
    """Why a field is not to be read, told by its name and its first rows; None for a field that may be."""
    if _LEFTOVER.fullmatch(name):
        return Translatable("the row numbers of another program")
    values = texts(single_values(column)).drop_null()
    if not len(values):
        return None
    if pc.sum(pc.match_substring_regex(values, _EMAIL)).as_py() > len(values) / 2:
        return Translatable("e-mail addresses")
    distinct = pc.count_distinct(values).as_py()
    near_unique = len(values) >= LEAST_VALUES and distinct > NEAR_UNIQUE * len(values)
    if near_unique and not (distinct > MANY_NUMBERS and _is_measured(values)):
        return Translatable("{distinct:,} values in {rows:,} rows", distinct=distinct, rows=len(values))
    return None


def _is_measured(values: pa.Array) -> bool:
    """Numbers, not all of them whole, are read in buckets; whole ones may be the numbers of persons or rows."""
    decimal = pc.match_substring_regex(values, _DECIMAL)
    whole = pc.match_substring_regex(values, _WHOLE)
    return bool(pc.all(decimal).as_py()) and not pc.all(whole).as_py()
