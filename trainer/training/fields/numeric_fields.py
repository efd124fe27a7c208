"""Which fields are numbers, and the buckets that a model reads them in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from din_core.domain import DinLensError
from din_core.model.fields.number_buckets import NumberBuckets, is_no_value, number_in, quantile_edges
from din_core.model.vocabulary import FieldValues, FieldVocabulary, Vocabulary
from din_core.store.ingestion.unfit_fields import MANY_NUMBERS

MANY = MANY_NUMBERS
"""A field of no more different numbers is read as categories: each is frequent enough to learn by itself."""
TABLES = {"item": "items", "user": "users", "context": "impressions"}
"""By the name of a group of the vocabulary."""


def is_numeric(values: Iterable[str | None]) -> bool:
    """Whether a field's different values are measured numbers: all are finite numbers, more than MANY, not all whole.

    Whole numbers may as well be codes (a shop, a postcode), of which a larger one is not more of anything.
    """
    numbers, any_fraction = 0, False
    for value in values:
        if value is None or is_no_value(value):
            continue
        number = number_in(value)
        if number is None or _is_code(value):
            return False
        numbers += 1
        any_fraction |= number != int(number)
    return any_fraction and numbers > MANY


def _is_code(text: str) -> bool:
    """A whole number with a leading zero."""
    return text.isdigit() and len(text) > 1 and text[0] == "0"


def learn_buckets(table: str, name: str, weight_of: pd.Series, most: int) -> NumberBuckets:
    """Buckets of a field's values, texts, by how much training saw of each; DinLensError where no text is a number."""
    seen = [(number, weight) for text, weight in weight_of.items() if (number := number_in(str(text))) is not None]
    if not seen and len(weight_of):
        raise DinLensError(
            f"the field {name!r} of {table} is to be read as a number, but none of its {len(weight_of):,} values that "
            f"training sees is one, such as {weight_of.index[0]!r}; leave it out of --numeric"
        )
    numbers, weights = np.array(seen, np.float64).reshape(-1, 2).T
    return NumberBuckets(quantile_edges(numbers, weights, most))


def describe_numbers(vocabulary: Vocabulary) -> list[str]:
    """A line on the fields read as numbers, and one on those that hold whole numbers and are read as categories."""
    groups = {"item": vocabulary.item, "user": vocabulary.user, "context": vocabulary.context}
    numeric = [
        f"{name} of {TABLES[group]} ({_plural(values.rows - 1, 'bucket')})"
        for group, fields in groups.items()
        for name, values in fields.items()
        if isinstance(values, NumberBuckets)
    ]
    whole = [
        f"{name} of {TABLES[group]}"
        for group, fields in groups.items()
        for name, values in fields.items()
        if name not in ("item_id", "user_id") and _whole_numbers(values)
    ]
    lines = []
    if numeric:
        lines.append(f"read as numbers: {', '.join(numeric)}; --categorical reads one as categories")
    if whole:
        lines.append(f"whole numbers read as categories: {', '.join(whole)}; --numeric reads one as a number")
    return lines


def _whole_numbers(values: FieldValues) -> bool:
    return (
        type(values) is FieldVocabulary
        and len(values.values) > MANY
        and all(number_in(value) is not None for value in values.values)
    )


def edges_by_field(vocabulary: Vocabulary) -> Mapping[str, list[float]]:
    """The edges of each numeric field, by its name and table, for the model card."""
    groups = {"item": vocabulary.item, "user": vocabulary.user, "context": vocabulary.context}
    return {
        f"{name} of {TABLES[group]}": list(values.edges)
        for group, fields in groups.items()
        for name, values in fields.items()
        if isinstance(values, NumberBuckets)
    }


def _plural(n: int, word: str) -> str:
    return f"{n:,} {word}{'s' * (n != 1)}"
