"""The different values of a store's fields, for comparing them with what a model knows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Text, cast, func, select

from din_core.domain.coverage import HeldValues
from din_core.store.queries.kept_facts import line_counts
from din_core.store.schema import BehaviorRecord, ContextRecord, ImpressionRecord, ItemRecord, UserRecord

MOST_ROWS = 5_000_000
"""Behaviors, or impressions, that are counted by item: some two seconds."""


def read_held_values(connection: Connection, field_names: Mapping[str, tuple[str, ...]]) -> HeldValues:
    """Read inside the connection's transaction; `field_names` of items, users and impressions."""
    keys: dict[int, str] = {
        key: own for key, own in connection.execute(select(ItemRecord.item_key, ItemRecord.item_id))
    }
    items, whole = _values(connection, ItemRecord.fields, field_names["items"])
    lines = line_counts(connection)
    return HeldValues(
        item={"item_id": dict.fromkeys(keys.values(), 1), **items, **_prices(connection)},
        whole=whole,
        user={"user_id": _users(connection), **_values(connection, UserRecord.fields, field_names["users"])[0]},
        context=_values(connection, ContextRecord.fields, field_names["impressions"])[0],
        behaviors=_rows_of(connection, BehaviorRecord, lines.behaviors, keys),
        impressions=_rows_of(connection, ImpressionRecord, sum(lines.impressions.values()), keys),
        behavior=_types(connection, lines.behaviors),
    )


def _users(connection: Connection) -> dict[str, int]:
    """What a model reads that has an embedding of each user."""
    return dict.fromkeys(connection.execute(select(UserRecord.user_id)).scalars(), 1)


def _types(connection: Connection, rows: int) -> dict[str, dict[str, int]] | None:
    """The types of behaviors and how many have each; None where there are too many behaviors to count."""
    if rows > MOST_ROWS:
        return None
    kind = BehaviorRecord.behavior_type
    counts = connection.execute(select(kind, func.count()).where(kind.is_not(None)).group_by(kind))
    found = {name: n for name, n in counts if name is not None}
    return {"behavior_type": found} if found else {}


def _values(
    connection: Connection, column: Any, names: Iterable[str]
) -> tuple[dict[str, Counter[str]], dict[str, Counter[str]]]:
    """Of each field, its values and in how many rows each stands; and lists of values as one text."""
    text = cast(column, Text)
    found: dict[str, Counter[str]] = {name: Counter() for name in names}
    whole: dict[str, Counter[str]] = {}
    for stored, rows in connection.execute(select(text, func.count()).group_by(text)):  # each combination parsed once
        for name, value in json.loads(stored).items():
            if name in found:
                for one in value if isinstance(value, list) else [value]:
                    found[name][str(one)] += rows
                if isinstance(value, list):
                    whole.setdefault(name, Counter())["|".join(value)] += rows
    return found, whole


def _prices(connection: Connection) -> dict[str, dict[str, int]]:
    """The prices as texts, under the name of their column; nothing where no item has one."""
    price = ItemRecord.price
    rows = connection.execute(select(price, func.count()).where(price.is_not(None)).group_by(price)).all()
    return {"price": {str(value): n for value, n in rows}} if rows else {}


def _rows_of(connection: Connection, record: type[Any], rows: int, keys: Mapping[int, str]) -> dict[str, int] | None:
    """By item id, the rows of each item; None where there are too many to count."""
    if rows > MOST_ROWS:
        return None
    counts = connection.execute(select(record.item_key, func.count()).group_by(record.item_key))
    return {keys[key]: n for key, n in counts}
