"""What a store holds, counted: fields and their values, splits and weeks, behaviors per user."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Text, cast, func, select

from din_core.store.schema import (
    SPLITS,
    BehaviorRecord,
    ContextRecord,
    ImpressionRecord,
    ItemRecord,
    UserRecord,
)

WEEK = 7 * 86_400
MONDAY = 4 * 86_400
"""The first Monday after 1970-01-01, a Thursday."""
FREQUENT = 5
"""Values named of each field."""


@dataclass(frozen=True)
class FieldFacts:
    """One column of a table."""

    table: str
    name: str
    rows: int
    """Of the table."""
    missing: int
    """Rows without a value."""
    values: int
    """Different ones."""
    frequent: tuple[tuple[str, int], ...]
    """The most frequent values and in how many rows each stands; ties by name. Empty for titles and prices."""


@dataclass(frozen=True)
class SplitFacts:
    """The impressions of one split. Times are seconds since 1970-01-01 UTC."""

    split: str
    impressions: int
    positives: int
    users: int
    first: int
    last: int


@dataclass(frozen=True)
class WeekFacts:
    """The impressions of one split in one week."""

    monday: int
    """Its first second."""
    split: str
    impressions: int
    positives: int


@dataclass(frozen=True)
class StoreFacts:
    """All that is counted."""

    fields: tuple[FieldFacts, ...]
    splits: tuple[SplitFacts, ...]
    """Those that hold impressions, in the order train, valid, test."""
    weeks: tuple[WeekFacts, ...]
    """Those that hold impressions, oldest first."""
    behaviors_per_user: tuple[tuple[int, int], ...]
    """(behaviors, users that have so many), fewest first; users without any count too."""


def read_facts(connection: Connection, field_names: Mapping[str, tuple[str, ...]]) -> StoreFacts:
    """Count everything inside the connection's transaction; `field_names` of the four tables, in their order."""
    weeks = _weeks(connection)
    return StoreFacts(
        fields=(
            *_columns_of_items(connection),
            *_fields("items", field_names["items"], _entities(connection, ItemRecord.fields)),
            *_fields("users", field_names["users"], _entities(connection, UserRecord.fields)),
            *_behavior_types(connection),
            *_fields("behaviors", field_names["behaviors"], _lines(connection, BehaviorRecord)),
            *_fields("impressions", field_names["impressions"], _lines(connection, ImpressionRecord)),
        ),
        splits=_splits(connection),
        weeks=weeks,
        behaviors_per_user=_behaviors_per_user(connection),
    )


def _entities(connection: Connection, column: Any) -> list[tuple[dict[str, Any], int]]:
    """Each different combination of fields, parsed once, with the rows that have it."""
    text = cast(column, Text)
    return [(json.loads(found), rows) for found, rows in connection.execute(select(text, func.count()).group_by(text))]


def _lines(connection: Connection, record: type[Any]) -> list[tuple[dict[str, Any], int]]:
    """The same of behaviors or impressions, whose fields are contexts that they share."""
    counts = connection.execute(select(record.context_key, func.count()).group_by(record.context_key)).all()
    if all(key is None for key, _ in counts):
        return [({}, rows) for _, rows in counts]
    texts = connection.execute(select(ContextRecord.context_key, cast(ContextRecord.fields, Text)))
    stored: dict[int, str] = {key: text for key, text in texts}
    return [(json.loads(stored[key]) if key is not None else {}, rows) for key, rows in counts]


def _fields(table: str, names: Iterable[str], combinations: list[tuple[dict[str, Any], int]]) -> list[FieldFacts]:
    total = sum(rows for _, rows in combinations)
    found = []
    for name in names:
        times: Counter[str] = Counter()
        present = 0
        for fields, rows in combinations:
            value = fields.get(name)
            values = value if isinstance(value, list) else [] if value is None else [value]
            present += rows if values else 0
            for one in values:
                times[str(one)] += rows
        found.append(_field(table, name, total, total - present, times))
    return found


def _field(table: str, name: str, rows: int, missing: int, times: Counter[str]) -> FieldFacts:
    frequent = sorted(times.items(), key=lambda pair: (-pair[1], pair[0]))[:FREQUENT]
    return FieldFacts(table, name, rows, missing, len(times), tuple(frequent))


def _columns_of_items(connection: Connection) -> list[FieldFacts]:
    """Title, price and picture, where any item has one."""
    names = ("title", "price", "image_url")
    columns = [getattr(ItemRecord, name) for name in names]
    counts = [count for column in columns for count in (func.count(column), func.count(column.distinct()))]
    rows, *found = connection.execute(select(func.count(), *counts).select_from(ItemRecord)).one()
    return [
        FieldFacts("items", name, rows, rows - present, different, ())
        for name, present, different in zip(names, found[::2], found[1::2], strict=True)
        if present
    ]


def _behavior_types(connection: Connection) -> list[FieldFacts]:
    """The kinds of behaviors, where any behavior says one."""
    kind = BehaviorRecord.behavior_type
    rows = connection.execute(select(kind, func.count()).group_by(kind)).all()
    times = Counter({name: count for name, count in rows if name is not None})
    total = sum(count for _, count in rows)
    return [_field("behaviors", "behavior_type", total, total - times.total(), times)] if times else []


def _splits(connection: Connection) -> tuple[SplitFacts, ...]:
    time, label = ImpressionRecord.timestamp, ImpressionRecord.label
    rows = connection.execute(
        select(
            ImpressionRecord.split,
            func.count(),
            func.sum(label),
            func.count(ImpressionRecord.user_key.distinct()),
            func.min(time),
            func.max(time),
        ).group_by(ImpressionRecord.split)
    )
    found = [
        SplitFacts(split, n, int(positives), users, first, last) for split, n, positives, users, first, last in rows
    ]
    return tuple(sorted(found, key=lambda facts: SPLITS.index(facts.split)))


def _weeks(connection: Connection) -> tuple[WeekFacts, ...]:
    # From a Monday before all times, so that no quotient is negative: databases round those differently.
    week = ((ImpressionRecord.timestamp + (WEEK - MONDAY)) // WEEK).label("week")
    split = ImpressionRecord.split
    rows = connection.execute(
        select(week, split, func.count(), func.sum(ImpressionRecord.label)).group_by(week, split).order_by(week, split)
    )
    return tuple(WeekFacts(int(n) * WEEK - (WEEK - MONDAY), split, count, int(ones)) for n, split, count, ones in rows)


def _behaviors_per_user(connection: Connection) -> tuple[tuple[int, int], ...]:
    of_user = select(func.count(BehaviorRecord.behavior_key).label("n")).group_by(BehaviorRecord.user_key).subquery()
    rows = connection.execute(select(of_user.c.n, func.count()).group_by(of_user.c.n).order_by(of_user.c.n)).all()
    users = connection.execute(select(func.count()).select_from(UserRecord)).scalar_one()
    none = users - sum(row[1] for row in rows)
    return tuple([*([(0, none)] if none else []), *((n, count) for n, count in rows)])
