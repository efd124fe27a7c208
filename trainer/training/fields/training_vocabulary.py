"""What training may know: the values of fields that it sees often enough, before the first validation impression."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from din_core.domain import DinLensError, values_of
from din_core.model.fields.number_buckets import number_text
from din_core.model.vocabulary import PRICE, FieldValues, FieldVocabulary, Vocabulary
from din_core.store import BulkTables
from trainer.training.fields.numeric_fields import learn_buckets
from trainer.training.model_fields import ModelFields

Ints = NDArray[np.int64]
ITEM_FIELD = "item_id"
BUCKETS = 20
"""Of a numeric field, at most: each then holds a twentieth of what training saw."""
MAX_VALUES = 200_000
"""Rows of a field, at most, where nothing else is asked for."""
STRETCH = 1 << 16
"""Rows that are looked at together."""


def build_vocabulary(
    bulk: BulkTables,
    min_count: int,
    fields: ModelFields | None = None,
    max_values: int = MAX_VALUES,
    buckets: int = BUCKETS,
) -> Vocabulary:
    """Values that training may know: those of behaviors and impressions before the first validation impression.

    An item needs `min_count` occurrences to get a row of its own; rarer ones share the unknown row, which is
    thereby trained. A field's value needs as many. `fields` names those to read beside the item itself, all where
    it is None; DinLensError when the store lacks one. A numeric field gets at most `buckets` buckets.
    """
    fields = (fields or ModelFields()).chosen(bulk, {})
    item_fields, user_fields, context_fields = fields.items or (), fields.users or (), fields.impressions or ()
    train = bulk.impression_split == "train"
    if not train.any():
        raise DinLensError("the store holds 0 train impressions, but training needs some; check the split column")
    later = bulk.impression_time[~train]
    end = later.min() if later.size else bulk.impression_time.max() + 1
    occurrences = np.bincount(bulk.impression_item[train], minlength=len(bulk.items))
    for rows in stretches(len(bulk.behavior_item)):
        before = bulk.behavior_item[rows][bulk.behavior_time[rows] < end]
        occurrences += np.bincount(before, minlength=len(bulk.items))
    seen = _Seen(fields, min_count, max_values, buckets)
    item: dict[str, FieldValues] = {
        name: seen.values("items", name, item_column(bulk, name), occurrences) for name in (ITEM_FIELD, *item_fields)
    }
    several = frozenset(name for name in item_fields if has_several(item_column(bulk, name)))
    users = np.unique(bulk.impression_user[train])
    profile, shown_to = bulk.users.iloc[users], np.bincount(bulk.impression_user[train])[users]
    user = {name: seen.profile_values(name, profile[name], shown_to) for name in user_fields}
    shown = bulk.impression_context[train]
    once = np.ones(len(shown), np.int64)
    context = {name: seen.values("impressions", name, shown[name], once) for name in context_fields}
    behavior = {name: _types(bulk, bulk.behavior_time < end, min_count) for name in fields.behaviors}
    return Vocabulary(item, user, context, behavior, several)


def describe_cut(vocabulary: Vocabulary, max_values: int) -> list[str]:
    """A line a field that has as many values as it may have, so that rarer ones may have been left out."""
    fields = {**vocabulary.item, **vocabulary.context}
    full = (name for name, v in fields.items() if isinstance(v, FieldVocabulary) and len(v.values) == max_values)
    why = f"has rows for its {max_values:,} most frequent values alone; --max-values gives it more"
    return [f"{name} {why}" for name in full]


def has_several(values: pd.Series) -> bool:
    """Whether an item may have several values of a field."""
    return any(isinstance(value, tuple) for value in values)


def _types(bulk: BulkTables, seen: NDArray[np.bool_], min_count: int) -> FieldVocabulary:
    """The types that behaviors have at least so often where they are seen."""
    assert bulk.behavior_type is not None
    times = np.bincount(bulk.behavior_type[seen] + 1, minlength=len(bulk.behavior_types) + 1)[1:]
    return FieldVocabulary(tuple(name for name, n in zip(bulk.behavior_types, times, strict=True) if n >= min_count))


@dataclass(frozen=True)
class _Seen:
    """From a field's values in training to what a model knows of them."""

    fields: ModelFields
    min_count: int
    most: int
    buckets: int

    def values(self, table: str, name: str, values: pd.Series, weight: Ints) -> FieldValues:
        """values (n,) and how often training saw each of the n; of several values each counts wherever it stands."""
        several = has_several(values)
        if several:
            each = [values_of(value) for value in values]
            weight = np.repeat(weight, [len(own) for own in each])
            values = pd.Series([value for own in each for value in own], dtype=object)
        totals = pd.Series(weight, index=pd.Index(values, dtype=object)).groupby(level=0).sum()
        if several and name in self.fields.numeric:
            raise DinLensError(f"--numeric names {name!r}, of which an item has several values; leave it out")
        if name != ITEM_FIELD and not several and self.fields.reads_number(table, name, totals.index):
            return learn_buckets(table, name, totals[totals > 0], self.buckets)
        kept = totals[totals >= self.min_count].nlargest(self.most)
        return FieldVocabulary(tuple(sorted(str(value) for value in kept.index)))

    def profile_values(self, name: str, values: pd.Series, weight: Ints) -> FieldValues:
        """The same of n users' tuples of values; no category of theirs is too rare."""
        known = {value for own in values for value in own}
        if not self.fields.reads_number("users", name, known):
            return FieldVocabulary(tuple(sorted(known)))
        each, times = pd.Series(list(values), dtype=object), values.map(len).to_numpy()
        totals = pd.Series(np.repeat(weight, times), index=pd.Index(each.explode().dropna(), dtype=object))
        return learn_buckets("users", name, totals.groupby(level=0).sum(), self.buckets)


def item_column(bulk: BulkTables, name: str) -> pd.Series:
    """(items,) one field of every item as texts, None where missing; prices as a model reads them."""
    if name != PRICE or PRICE in bulk.items or bulk.item_price is None:
        return bulk.items[name]
    return pd.Series([None if np.isnan(p) else number_text(p) for p in bulk.item_price.tolist()], dtype=object)


def stretches(rows: int) -> Iterator[slice]:
    """So many rows, STRETCH at a time."""
    for start in range(0, rows, STRETCH):
        yield slice(start, min(start + STRETCH, rows))
