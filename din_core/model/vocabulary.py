"""Field values to embedding rows. Row 0 stands for every value that training did not see often enough."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from din_core.domain import FieldValue, Item, value_text
from din_core.model.fields.number_buckets import NumberBuckets, number_text

UNKNOWN_ROW = 0
ITEM_ID = "item_id"
"""The item field that is the item itself."""
PRICE = "price"
EDGES, ITEMS = "edges", "items"
"""What numeric fields and vectors are kept under in `vocabulary.json`, where categories have their plain values."""


def one_value(value: FieldValue) -> str | None:
    """A field's values as one: how a model reads them that was trained before items could have several."""
    return value_text(value, "|")


@dataclass(frozen=True)
class FieldVocabulary:
    """One field's known values; `values[i]` has row `i + 1`."""

    values: tuple[str, ...]
    _row: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_row", {value: row for row, value in enumerate(self.values, start=1)})

    @property
    def rows(self) -> int:
        """Embedding rows needed: the known values and the unknown one."""
        return len(self.values) + 1

    def row(self, value: str | None) -> int:
        """The row of `value`; 0 when it is missing or unknown."""
        return UNKNOWN_ROW if value is None else self._row.get(value, UNKNOWN_ROW)

    def rows_of(self, values: Iterable[str | None]) -> list[int]:
        """`row` of each value."""
        get = self._row.get
        return [UNKNOWN_ROW if value is None else get(value, UNKNOWN_ROW) for value in values]


class VectorItems(FieldVocabulary):
    """The items that have a pretrained vector; `values[i]` is the item whose vector has row `i + 1`."""


FieldValues = FieldVocabulary | NumberBuckets


@dataclass(frozen=True)
class Vocabulary:
    """The vocabularies of all fields, by field name. The item itself is the item field `item_id`."""

    item: Mapping[str, FieldValues]
    user: Mapping[str, FieldValues]
    context: Mapping[str, FieldValues]
    behavior: Mapping[str, FieldVocabulary] = field(default_factory=dict)
    """Of behaviors themselves: their type, where the model reads it"""
    several: frozenset[str] = frozenset()
    """Item fields of which an item has several values; `config.json` says which, not `vocabulary.json`."""

    @property
    def several_in_order(self) -> tuple[bool, ...]:
        """(F,) which item fields these are."""
        return tuple(name in self.several for name in self.item)

    @property
    def ids(self) -> FieldVocabulary:
        """The items that have an embedding row of their own."""
        found = self.item[ITEM_ID]
        assert isinstance(found, FieldVocabulary)
        return found

    def knows(self, item: Item) -> bool:
        """Whether the item has an embedding row of its own: in training it was neither rare nor absent."""
        return self.ids.row(item.item_id) != UNKNOWN_ROW

    def rare_among(self, items: Iterable[Item]) -> list[int]:
        """The places of the items that it does not know."""
        rows = self.ids.rows_of([item.item_id for item in items])
        return [place for place, row in enumerate(rows) if row == UNKNOWN_ROW]

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """JSON-ready form, the inverse of `from_dict`."""
        groups = {"item": self.item, "user": self.user, "context": self.context}
        groups |= {"behavior": self.behavior} if self.behavior else {}
        return {group: {name: _stored(v) for name, v in fields.items()} for group, fields in groups.items()}

    @classmethod
    def from_dict(cls, raw: Mapping[str, Mapping[str, Any]], several: Iterable[str] = ()) -> Vocabulary:
        """Rebuild from `to_dict`, and the item fields with several values.

        KeyError when a group is missing, but for that of behaviors.
        """
        item, user, context = (
            {name: _read(stored) for name, stored in raw[group].items()} for group in ("item", "user", "context")
        )
        behavior = {name: FieldVocabulary(tuple(values)) for name, values in raw.get("behavior", {}).items()}
        return cls(item, user, context, behavior, frozenset(several))


def item_value(item: Item, name: str, values: FieldValues) -> str | None:
    """What a model reads of an item as the field `name`: a category, a number, or the id by which its vector is found.

    `values` are the field's. Several categories are one text, as they were before an item could have several.
    """
    if name == ITEM_ID or isinstance(values, VectorItems):
        return item.item_id
    if name == PRICE and name not in item.fields:
        return None if item.price is None else number_text(item.price)
    return one_value(item.fields.get(name))


def _stored(values: FieldValues) -> Any:
    if isinstance(values, NumberBuckets):
        return {EDGES: values.edges}
    return {ITEMS: values.values} if isinstance(values, VectorItems) else values.values


def _read(stored: Any) -> FieldValues:
    if not isinstance(stored, Mapping):
        return FieldVocabulary(tuple(stored))
    if EDGES in stored:
        return NumberBuckets(tuple(map(float, stored[EDGES])))
    return VectorItems(tuple(stored[ITEMS]))
