"""The ranges of numbers that a model takes for the same."""

from __future__ import annotations

from dataclasses import dataclass

from din_core.domain import Item
from din_core.model.fields.number_buckets import NumberBuckets, number_text
from din_core.model.vocabulary import item_value
from din_core.scoring.scorer import Scorer


@dataclass(frozen=True)
class NumberRanges:
    """Those of one numeric item field."""

    field: str
    buckets: NumberBuckets

    def row(self, item: Item) -> int:
        """Which range the item's number is in, 1 for the smallest numbers; 0 where it has none."""
        return self.buckets.row(item_value(item, self.field, self.buckets))

    def name(self, row: int) -> str:
        """`6.5 to 9.2`: from the first number on, and below the second."""
        if not row:
            return f"no {self.field}"
        low, high = (None if edge is None else number_text(edge) for edge in self.buckets.bounds(row))
        if low is None:
            return "any number" if high is None else f"below {high}"
        return f"{low} or more" if high is None else f"{low} to {high}"


def number_ranges(scorer: Scorer, field: str) -> NumberRanges | None:
    """Those of an item field; None where the model reads it as categories, or not at all."""
    values = scorer.checkpoint.vocabulary.item.get(field)
    return NumberRanges(field, values) if isinstance(values, NumberBuckets) else None
