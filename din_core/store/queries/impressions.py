"""Rows of impressions as the domain's objects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, Text, and_, cast, or_, select

from din_core.domain import Impression
from din_core.store.queries.lookups import ITEM_COLUMNS, cached_item, field_names, field_values
from din_core.store.schema import ContextRecord, ImpressionRecord, ItemRecord, UserRecord

_IMPRESSIONS = (
    select(
        UserRecord.user_id,
        ImpressionRecord.timestamp,
        ImpressionRecord.label,
        ImpressionRecord.split,
        cast(ContextRecord.fields, Text),
        *ITEM_COLUMNS,
    )
    .join(UserRecord, UserRecord.user_key == ImpressionRecord.user_key)
    .join(ItemRecord, ItemRecord.item_key == ImpressionRecord.item_key)
    .outerjoin(ContextRecord, ContextRecord.context_key == ImpressionRecord.context_key)
    .order_by(ImpressionRecord.impression_key)
)


def impression_rows(connection: Connection, *conditions: ColumnElement[bool]) -> list[Impression]:
    """All impressions of some users, or all of theirs at some times: newest first, then positives, then by title.

    Those of one user, item and time are numbered in the order of ingest.
    """
    names, context_names = field_names(connection, "items"), field_names(connection, "impressions")
    found, numbers = [], Counter[tuple[str, int, str]]()
    for user_id, timestamp, label, split, context, *columns in connection.execute(_IMPRESSIONS.where(*conditions)):
        item = cached_item(names, *columns)
        own = (user_id, timestamp, item.item_id)
        numbers[own] += 1
        values = field_values(context_names, context)
        found.append(Impression(user_id, item, timestamp, label, split, values, numbers[own]))
    return sorted(found, key=lambda i: (-i.timestamp, -(i.label or 0), i.item.label, i.item.item_id, i.nth))


def shown_at_any(moments: Iterable[tuple[int, int]]) -> ColumnElement[bool]:
    """Whether an impression is of one of these keys of users and times; each is a search of the index."""
    own = ImpressionRecord
    return or_(*(and_(own.user_key == key, own.timestamp == time) for key, time in moments))
