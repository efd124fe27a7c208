"""Numbers on screen: the number itself, and where it helps, the range of those that a model takes for the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from din_core.model.fields.number_buckets import NumberBuckets, number_text
from din_core.pages.language.translate import t

if TYPE_CHECKING:
    from din_core.model.vocabulary import FieldValues
    from din_core.scoring import Scorer

CATEGORY = "category"


@dataclass(frozen=True)
class NumericFields:
    """The numeric fields of some models, by name; where models have other buckets, those of the first that reads it."""

    item: Mapping[str, NumberBuckets]
    user: Mapping[str, NumberBuckets]
    context: Mapping[str, NumberBuckets]


def numeric_fields(scorers: Iterable[Scorer]) -> NumericFields:
    """Of these models, the first of them first."""
    known = [scorer.checkpoint.vocabulary for scorer in scorers]
    return NumericFields(
        _numeric(vocabulary.item for vocabulary in known),
        _numeric(vocabulary.user for vocabulary in known),
        _numeric(vocabulary.context for vocabulary in known),
    )


def _numeric(models: Iterable[Mapping[str, FieldValues]]) -> dict[str, NumberBuckets]:
    found: dict[str, NumberBuckets] = {}
    for fields in models:
        for name, values in fields.items():
            if isinstance(values, NumberBuckets):
                found.setdefault(name, values)
    return found


def category_name(fields: Sequence[str], numbers: NumericFields) -> str | None:
    """The item field whose values are called categories: `category`, else the first that no model reads as a number."""
    return CATEGORY if CATEGORY in fields else next((name for name in fields if name not in numbers.item), None)


def number_words(text: str, buckets: NumberBuckets) -> str:
    """`7.99 (6.5 to 9.2)`; of what is no number that it is read as unknown."""
    return t("{number} ({range})", number=text, range=range_of(text, buckets))


def range_of(text: str, buckets: NumberBuckets) -> str:
    """The range of the bucket that a number falls in."""
    row = buckets.row(text)
    return range_words(buckets, row) if row else t("no number: read as unknown")


def range_words(buckets: NumberBuckets, row: int) -> str:
    """`6.5 to 9.2`: from the first number on, and below the second."""
    low, high = (None if edge is None else number_text(float(f"{edge:.6g}")) for edge in buckets.bounds(row))
    if low is None:
        return t("any number") if high is None else t("below {high}", high=high)
    return t("{low} or more", low=low) if high is None else t("{low} to {high}", low=low, high=high)
