"""What a store holds, counted: fields and their values, splits and weeks, behaviors per user."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Text, cast, func, select

from din_core.store.queries.line_tally import LineTally, SplitFacts, WeekFacts
from din_core.store.schema import ContextRecord, ItemRecord, UserRecord

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
class StoreFacts:
    """All that is counted."""

    fields: tuple[FieldFacts, ...]
    splits: tuple[SplitFacts, ...]
    """Those that hold impressions, in the order train, valid, test."""
    weeks: tuple[WeekFacts, ...]
    """Those that hold impressions, oldest first."""
    behaviors_per_user: tuple[tuple[int, int], ...]
    """(behaviors, users that have so many), fewest first; users without any count too."""


def read_facts(
    connection: Connection, field_names: Mapping[str, tuple[str, ...]], tally: LineTally, kinds: Sequence[str]
) -> StoreFacts:
    """Everything, inside the connection's transaction; `field_names` of the four tables, in their order.

    `tally` has counted behaviors and impressions, contexts by their keys and behavior types by their places in `kinds`.
    """
    return StoreFacts(
        fields=(
            *_columns_of_items(connection),
            *_fields("items", field_names["items"], _entities(connection, ItemRecord.fields)),
            *_fields("users", field_names["users"], _entities(connection, UserRecord.fields)),
            *_behavior_types(tally, kinds),
            *_fields("behaviors", field_names["behaviors"], _lines(connection, tally.behavior_contexts)),
            *_fields("impressions", field_names["impressions"], _lines(connection, tally.impression_contexts)),
        ),
        splits=tally.splits,
        weeks=tally.weeks,
        behaviors_per_user=tally.behaviors_per_user,
    )


def _entities(connection: Connection, column: Any) -> list[tuple[dict[str, Any], int]]:
    """Each different combination of fields, parsed once, with the rows that have it."""
    text = cast(column, Text)
    return [(json.loads(found), rows) for found, rows in connection.execute(select(text, func.count()).group_by(text))]


def _lines(connection: Connection, contexts: Mapping[int, int]) -> list[tuple[dict[str, Any], int]]:
    """The same of behaviors or impressions, whose fields are contexts that they share."""
    if not set(contexts).difference([-1]):
        return [({}, rows) for rows in contexts.values()]
    texts = connection.execute(select(ContextRecord.context_key, cast(ContextRecord.fields, Text)))
    stored: dict[int, str] = {key: text for key, text in texts}
    return [(json.loads(stored[key]) if key != -1 else {}, rows) for key, rows in contexts.items()]


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


def _behavior_types(tally: LineTally, kinds: Sequence[str]) -> list[FieldFacts]:
    """The kinds of behaviors, where any behavior says one."""
    times = Counter({kinds[code]: rows for code, rows in tally.kinds.items() if code != -1})
    total = tally.kinds.total()
    return [_field("behaviors", "behavior_type", total, total - times.total(), times)] if times else []
