"""Impressions of other users with the opposite outcome: of the same item, or of the same kind of item."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Text, and_, cast, func, literal, or_, select

from din_core.domain import Impression, Item
from din_core.store.behavior_store import BehaviorStore
from din_core.store.queries.lookups import field_names, impression_numbers
from din_core.store.schema import ContextRecord, ImpressionRecord, ItemRecord, UserRecord


@dataclass(frozen=True)
class OppositeImpressions:
    """What was found."""

    field: str | None
    """The item field whose value the items share; None where it is the same item."""
    impressions: tuple[Impression, ...]
    """At most as many as were asked for, nearest in time first."""
    total: int
    """How many there are in all."""


def opposite_impressions(store: BehaviorStore, impression: Impression, most: int) -> OppositeImpressions:
    """Other users' impressions whose label is not `impression`'s, the `most` nearest in time.

    Of the same item; where there is none, of items that share a value of the first item field that has one, as the
    finest field comes first in the items table. ValueError where the outcome of `impression` is not known.
    """
    if impression.label is None:
        raise ValueError("the impression's outcome is not known; give one with a label of 0 or 1")
    found = _nearest(store, impression, ItemRecord.item_id == impression.item.item_id, most)
    if found[1]:
        return OppositeImpressions(None, *found)
    field = next((name for name, value in impression.item.fields.items() if value), None)
    if field is None:
        return OppositeImpressions(None, (), 0)
    item = impression.item
    may = or_(*(store.may_hold(value) for value in item.values(field)))
    return OppositeImpressions(field, *_nearest(store, impression, and_(_shares(store, field, item), may), most))


def _shares(store: BehaviorStore, field: str, item: Item) -> ColumnElement[bool]:
    """Whether an item has a value of the field that this one has."""
    own = ItemRecord.fields[field]
    if isinstance(item.fields[field], str):
        same: ColumnElement[bool] = own.as_string() == item.fields[field]
        return same
    if store.engine.dialect.name == "sqlite":
        entries = func.json_each(ItemRecord.fields, literal(f'$."{field}"', Text)).table_valued("value")
        return select(entries.c.value).where(entries.c.value.in_(item.values(field))).exists()
    each = func.json_array_elements_text(own).column_valued("one_value")
    return select(each).where(each.in_(item.values(field))).exists()


def _nearest(
    store: BehaviorStore, impression: Impression, of_items: ColumnElement[bool], most: int
) -> tuple[tuple[Impression, ...], int]:
    away = func.abs(ImpressionRecord.timestamp - impression.timestamp)
    own = select(UserRecord.user_key).where(UserRecord.user_id == impression.user_id)
    query = (
        select(
            UserRecord.user_id,
            ItemRecord.item_id,
            ImpressionRecord.timestamp,
            ImpressionRecord.label,
            ImpressionRecord.split,
            cast(ContextRecord.fields, Text),
            ImpressionRecord.impression_key,
            func.count().over(),  # of all, before the limit
        )
        .join(UserRecord, UserRecord.user_key == ImpressionRecord.user_key)
        .join(ItemRecord, ItemRecord.item_key == ImpressionRecord.item_key)
        .outerjoin(ContextRecord, ContextRecord.context_key == ImpressionRecord.context_key)
        .where(
            ImpressionRecord.label == 1 - int(impression.label or 0),
            ImpressionRecord.item_key.in_(select(ItemRecord.item_key).where(of_items)),
            ImpressionRecord.user_key != own.scalar_subquery(),
        )
        .order_by(away, ImpressionRecord.impression_key)
        .limit(most)
    )
    with store.reading() as connection:
        rows = connection.execute(query).all()
        names = field_names(connection, "impressions")
        nths = impression_numbers(connection, [row.impression_key for row in rows])
    items = {item.item_id: item for item in store.items([row[1] for row in rows])}
    found = []
    for user_id, item_id, at, label, split, fields, key, _ in rows:
        context = json.loads(fields) if fields else {}
        shown = {name: context.get(name) for name in names}
        found.append(Impression(user_id, items[item_id], at, label, split, shown, nths[key]))
    return tuple(found), rows[0][-1] if rows else 0
