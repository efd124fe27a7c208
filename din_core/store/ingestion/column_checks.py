"""Checks of whole columns: each returns the values and, by reason, which rows cannot be loaded.

Columns come from Parquet with their types or from CSV as text; a value means the same in both.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from din_core.domain.translatable import Translatable
from din_core.store.ingestion.column_texts import Mask, plain, texts, true_in
from din_core.store.schema import SPLITS

MAX_ID = 500
"""Characters of an id, and of what else an index holds: PostgreSQL's take 2,700 bytes."""
MAX_NAME = 300
"""Characters of a column's name."""
MAX_CELL = 131_072
"""Characters of any value."""
_EXACT_FLOAT = 2**53
VALID_NAMES = ("val", "validation", "dev")
"""What `valid` is called elsewhere."""
_LABELS = {"0": 0, "1": 1, "false": 0, "true": 1, "no": 0, "yes": 1}
_SCIENTIFIC = r"^-?\d(\.\d+)?[eE]\+\d+$"
_CURRENCY = r"(?:[A-Z]{0,3}[$€£¥￥₹₩₽]|[A-Z]{3}|kr|zł|元)?"
_PRICE = re.compile(rf"([+-]?)\s*{_CURRENCY}\s*([+-]?[\d.,]+)\s*{_CURRENCY}")


@dataclass
class Checked:
    """A column's values and its faults: (reason, rows). Values of faulty rows mean nothing."""

    values: Any
    faults: list[tuple[Translatable, Mask]] = field(default_factory=list)
    remarks: list[tuple[Translatable, Mask]] = field(default_factory=list)
    """What is to be said of rows that are loaded."""


def ids(name: str, column: pa.Array) -> Checked:
    """Ids as text; whole numbers without ".0", however they were written. Leading zeros count."""
    column = plain(column)
    values = texts(column)
    missing = true_in(pc.is_null(values))
    faults = [(Translatable("{name} is missing", name=name), missing)]
    if pa.types.is_floating(column.type):
        numbers = column.fill_null(np.nan).to_numpy(zero_copy_only=False)
        with np.errstate(invalid="ignore"):
            broken = ~missing & ~((np.floor(numbers) == numbers) & (np.abs(numbers) < _EXACT_FLOAT))
        reason = Translatable(
            "{name} is a number with decimals or beyond 2^53: write it as whole number or text", name=name
        )
        faults.append((reason, broken))
    return Checked(values, faults)


def new_ids(name: str, column: pa.Array) -> Checked:
    """The ids of items or users: `ids` that other tables may refer to."""
    checked = ids(name, column)
    reason = Translatable("{name} is longer than {most} characters, the limit of an id", name=name, most=MAX_ID)
    checked.faults += [(reason, longer_than(MAX_ID, checked.values)), _scientific(name, checked.values)]
    return checked


def short_texts(name: str, column: pa.Array) -> Checked:
    """Texts of a column that the store's indexes hold."""
    values = texts(column)
    reason = Translatable("{name} is longer than {most} characters, its limit", name=name, most=MAX_ID)
    return Checked(values, [(reason, longer_than(MAX_ID, values))])


def _scientific(name: str, values: pa.Array) -> tuple[Translatable, Mask]:
    reason = Translatable(
        "{name} is written with an exponent, which may have cost it digits: write all of them, as text", name=name
    )
    return reason, true_in(pc.match_substring_regex(values, _SCIENTIFIC))


def longer_than(most: int, column: pa.Array) -> Mask:
    """Which texts have more characters than `most`."""
    if (pc.max(pc.binary_length(column)).as_py() or 0) <= most:
        return np.zeros(len(column), dtype=bool)
    return true_in(pc.greater(pc.utf8_length(column), most))


def labels(column: pa.Array) -> Checked:
    """Labels as int8 0 or 1."""
    written = pc.utf8_lower(texts(column))
    position = pc.index_in(written, value_set=pa.array(list(_LABELS)))
    values = np.array([*_LABELS.values(), 0], dtype=np.int8)[positions(position)]
    missing = true_in(pc.is_null(written))
    return Checked(
        values,
        [
            (Translatable("{name} is missing", name="label"), missing),
            (Translatable("label is neither 0 nor 1"), ~missing & true_in(pc.is_null(position))),
        ],
    )


def splits(column: pa.Array) -> Checked:
    """Splits as text: train, valid or test; the other usual names of valid are read as it."""
    values = texts(column)
    values = pc.if_else(pc.is_in(values, value_set=pa.array(VALID_NAMES)), "valid", values)
    missing = true_in(pc.is_null(values))
    known = true_in(pc.is_in(values, value_set=pa.array(SPLITS)))
    return Checked(
        values,
        [
            (Translatable("{name} is missing", name="split"), missing),
            (Translatable("split is none of train, valid, test"), ~missing & ~known),
        ],
    )


def prices(column: pa.Array) -> Checked:
    """Prices as float64, NaN where missing or no number; currencies and thousands' commas may stand in them."""
    column = plain(column)
    if pa.types.is_string(column.type):
        written = texts(column)
        series = pd.Series(written.to_numpy(zero_copy_only=False), dtype=object)
        values = pd.to_numeric(series, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan).copy()
        missing = true_in(pc.is_null(written))
        other = ~missing & ~np.isfinite(values)
        values[other] = [price_in(text) for text in series[other]]
    elif pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
        values = pc.cast(column, pa.float64(), safe=False).fill_null(np.nan).to_numpy(zero_copy_only=False)
        missing = np.isnan(values)
    else:
        values = np.full(len(column), np.nan)
        missing = true_in(pc.is_null(column))
    no_number = ~missing & ~np.isfinite(values)
    values = np.where(no_number, np.nan, values)
    return Checked(values, remarks=[(Translatable("a price that is no number is left empty"), no_number)])


@lru_cache(maxsize=10_000)
def price_in(text: str) -> float:
    """The number in a price as people write it, `$1,299.00`; NaN where there is none.

    A comma before three digits parts thousands; before one or two last digits it is a decimal comma.
    """
    found = _PRICE.fullmatch(text)
    if found is None:
        return np.nan
    digits = found[2].lstrip("+-")
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", digits):
        digits = digits.replace(",", "")
    elif re.fullmatch(r"\d{1,3}(\.\d{3})+,\d+|\d+,\d{1,2}|\d{1,3}(\.\d{3}){2,}", digits):
        digits = digits.replace(".", "").replace(",", ".")
    try:
        number = float(digits)
    except ValueError:
        return np.nan
    return -number if "-" in found[1] + found[2] else number


class KnownIds(Protocol):
    """The ids that a row may refer to."""

    @property
    def ids(self) -> pa.Array:
        """(n,)"""

    def positions(self, ids: pa.Array) -> NDArray[np.int64]:
        """(m,) where some ids stand, -1 for one that is not known."""


def by_distinct(column: pa.Array, check: Callable[[pa.Array], Checked]) -> Checked:
    """What `check` says of a column whose values it looks at one by one, each different one once."""
    encoded = column if pa.types.is_dictionary(column.type) else plain(column).dictionary_encode()
    distinct = encoded.dictionary
    if encoded.null_count:
        distinct = pa.concat_arrays([distinct, pa.nulls(1, distinct.type)])
    of = encoded.indices.fill_null(len(distinct) - 1).to_numpy(zero_copy_only=False)
    found = check(distinct)
    values = found.values.take(pa.array(of)) if isinstance(found.values, pa.Array) else found.values[of]
    return Checked(values, *([(reason, rows[of]) for reason, rows in own] for own in (found.faults, found.remarks)))


def references(name: str, table: str, known: KnownIds, column: pa.Array) -> Checked:
    """Positions in `known` of the ids that rows refer to."""
    checked = ids(name, column)
    found = _known(name, table, known, checked.values)
    return Checked(found.values, checked.faults + found.faults)


def _known(name: str, table: str, known: KnownIds, values: pa.Array) -> Checked:
    position = known.positions(values)
    unknown = (position < 0) & ~true_in(pc.is_null(values))
    reason = Translatable("{name} is not in {table}, or its row there is rejected", name=name, table=table)
    faults = [(reason, unknown)]
    if unknown.any():
        zeros = Translatable(
            "{name} is in {table} only with other leading zeros: write it alike in all tables", name=name, table=table
        )
        alike = true_in(pc.is_in(_without_zeros(values), value_set=_without_zeros(known.ids), skip_nulls=True))
        faults = [_scientific(name, values), (zeros, unknown & alike), *faults]
    return Checked(position, faults)


def _without_zeros(values: pa.Array) -> pa.Array:
    """Whole numbers without leading zeros, null for all else."""
    digits = pc.if_else(pc.match_substring_regex(values, r"^\d+$"), values, None)
    return pc.utf8_ltrim(digits, "0")


def differ_in_zeros(known: pa.Array) -> tuple[str, str] | None:
    """The first two ids that differ in leading zeros alone, such as 00123 and 123."""
    begin = known.filter(pc.and_(pc.starts_with(known, "0"), pc.match_substring_regex(known, r"^\d+$")))
    short = pc.replace_substring_regex(begin, "^0+(.)", r"\1")
    both = pc.and_(pc.is_in(short, value_set=known), pc.not_equal(short, begin))
    found = pc.index(both, True).as_py()
    return None if found < 0 else (begin[found].as_py(), short[found].as_py())


def positions(position: pa.Array) -> NDArray[np.int64]:
    """Positions as int64, -1 for null."""
    return np.asarray(position.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)
