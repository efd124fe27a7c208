"""Rows of users and items by their ids, and the domain's objects made of them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Text, bindparam, cast, delete, func, insert, select
from sqlalchemy.orm import aliased

from din_core.domain import FieldValue, Item, UnknownItem, UnknownUser, User
from din_core.store.bulk_insert import IN_CHUNK
from din_core.store.schema import (
    BehaviorRecord,
    FieldRecord,
    ImpressionRecord,
    InfoRecord,
    ItemRecord,
    UserRecord,
)

Value = TypeVar("Value")

ITEM_COLUMNS: tuple[Any, ...] = (
    ItemRecord.item_id,
    ItemRecord.title,
    ItemRecord.price,
    ItemRecord.image_url,
    cast(ItemRecord.fields, Text).label("fields_json"),  # as text: parsed once an item, not once a row
)
USER_COLUMNS: tuple[Any, ...] = (UserRecord.user_id, cast(UserRecord.fields, Text).label("fields_json"))

# The statements of live rescoring, built once: building one takes longer than running it.
_USER = select(UserRecord.user_key, *USER_COLUMNS).where(UserRecord.user_id == bindparam("user_id"))
_ITEMS = select(ItemRecord.item_key, *ITEM_COLUMNS).where(ItemRecord.item_id.in_(bindparam("ids", expanding=True)))
_FIELD_NAMES = (
    select(FieldRecord.name).where(FieldRecord.table_name == bindparam("table")).order_by(FieldRecord.position)
)
HISTORY = (
    select(BehaviorRecord.timestamp, BehaviorRecord.behavior_type, BehaviorRecord.item_key)
    .where(BehaviorRecord.user_key == bindparam("user_key"), BehaviorRecord.timestamp < bindparam("before"))
    .order_by(BehaviorRecord.timestamp.desc(), BehaviorRecord.behavior_key.desc())
    .limit(bindparam("most"))
)
_ITEMS_OF_KEYS = select(ItemRecord.item_key, *ITEM_COLUMNS).where(
    ItemRecord.item_key.in_(bindparam("keys", expanding=True))
)
ITEMS_KEPT = 1 << 15
"""Parsed items kept, about 1.5 kB each. Rows are always read: only a row that is the same to the letter is not
parsed again."""


def field_names(connection: Connection, table: str) -> tuple[str, ...]:
    """A table's field names in their order."""
    return tuple(connection.execute(_FIELD_NAMES, {"table": table}).scalars())


def read_info(connection: Connection, name: str) -> str | None:
    return connection.execute(select(InfoRecord.value).where(InfoRecord.name == name)).scalar()


def write_info(connection: Connection, name: str, value: str) -> None:
    """Put a value in the place of what is known under this name."""
    connection.execute(delete(InfoRecord).where(InfoRecord.name == name))
    connection.execute(insert(InfoRecord).values(name=name, value=value))


def unfit_fields(connection: Connection) -> dict[str, tuple[str, ...]]:
    """By table, the fields that a model is not to read; see `din_core.store.ingestion.unfit_fields`."""
    found = json.loads(read_info(connection, "unfit_fields") or "{}")
    return {table: tuple(names) for table, names in found.items()}


def count_rows(connection: Connection, record: type[Any]) -> int:
    return connection.execute(select(func.count()).select_from(record)).scalar_one()


def user_row(connection: Connection, user_id: str) -> tuple[int, User]:
    row = connection.execute(_USER, {"user_id": _storable(user_id)}).one_or_none()
    if row is None:
        raise UnknownUser(
            'no user "{user_id}" in the store; search for one by the beginning of its id', user_id=user_id
        )
    return row[0], make_user(row[1:], field_names(connection, "users"))


def user_rows(connection: Connection, user_ids: Sequence[str]) -> dict[str, Sequence[Any]]:
    """Columns by user id, without those that are not there."""
    query = select(*USER_COLUMNS)
    return {
        row[0]: row
        for chunk in chunks([_storable(user_id) for user_id in dict.fromkeys(user_ids)])
        for row in connection.execute(query.where(UserRecord.user_id.in_(chunk)))
    }


def user_keys(connection: Connection, user_ids: Sequence[str]) -> dict[str, int]:
    """Keys by user id, without those that are not there."""
    query = select(UserRecord.user_id, UserRecord.user_key)
    return {
        user_id: key
        for chunk in chunks([_storable(user_id) for user_id in dict.fromkeys(user_ids)])
        for user_id, key in connection.execute(query.where(UserRecord.user_id.in_(chunk)))
    }


def item_rows(connection: Connection, item_ids: Sequence[str]) -> dict[str, tuple[int, Sequence[Any]]]:
    """Key and columns by item id; UnknownItem names the first that is not there."""
    found = held_item_rows(connection, item_ids)
    for item_id in item_ids:
        if item_id not in found:
            raise UnknownItem(
                'no item "{item_id}" in the store; search by id or by words of its title', item_id=item_id
            )
    return found


def held_item_rows(connection: Connection, item_ids: Sequence[str]) -> dict[str, tuple[int, Sequence[Any]]]:
    """The same of those that are there."""
    found: dict[str, tuple[int, Sequence[Any]]] = {}
    for chunk in chunks([_storable(item_id) for item_id in dict.fromkeys(item_ids)]):
        found.update({row[1]: (row[0], row[1:]) for row in connection.execute(_ITEMS, {"ids": chunk})})
    return found


def items_of_keys(connection: Connection, keys: Collection[int]) -> dict[int, Item]:
    """Those of the items that the store holds."""
    if not keys:
        return {}
    names = field_names(connection, "items")
    return {
        row[0]: cached_item(names, *row[1:])
        for chunk in chunks(list(keys))
        for row in connection.execute(_ITEMS_OF_KEYS, {"keys": chunk})
    }


def chunks(values: list[Value]) -> Iterator[list[Value]]:
    """Lists short enough for an IN."""
    for start in range(0, len(values), IN_CHUNK):
        yield values[start : start + IN_CHUNK]


def _storable(text: str) -> str:
    """The text itself, or one that no id equals where the database could not even take it."""
    return "" if "\0" in text or any("\ud800" <= c <= "\udfff" for c in text) else text


def impression_numbers(connection: Connection, keys: Sequence[int]) -> dict[int, int]:
    """`Impression.nth` of the impressions of these keys."""
    earlier = aliased(ImpressionRecord)
    numbers = (
        select(ImpressionRecord.impression_key, func.count())
        .join(earlier, earlier.user_key == ImpressionRecord.user_key)
        .where(
            earlier.item_key == ImpressionRecord.item_key,
            earlier.timestamp == ImpressionRecord.timestamp,
            earlier.impression_key <= ImpressionRecord.impression_key,
        )
        .group_by(ImpressionRecord.impression_key)
    )
    return {
        key: number
        for chunk in chunks(list(keys))
        for key, number in connection.execute(numbers.where(ImpressionRecord.impression_key.in_(chunk)))
    }


def time_span(connection: Connection) -> tuple[int | None, int | None]:
    # Two index seeks a user; over the whole table the index on (user, time) does not help.
    of_user = select(BehaviorRecord.timestamp).where(BehaviorRecord.user_key == UserRecord.user_key).limit(1)
    first = of_user.order_by(BehaviorRecord.timestamp).scalar_subquery()
    last = of_user.order_by(BehaviorRecord.timestamp.desc()).scalar_subquery()
    row = connection.execute(select(func.min(first), func.max(last)).select_from(UserRecord)).one()
    return row[0], row[1]


def field_values(names: tuple[str, ...], stored: str | None) -> Mapping[str, str | None]:
    values = json.loads(stored) if stored else {}
    return {name: values.get(name) for name in names}


def make_item(
    names: tuple[str, ...], item_id: str, title: str | None, price: float | None, image_url: str | None, fields: str
) -> Item:
    values = {name: _several(value) for name, value in field_values(names, fields).items()}
    return Item(item_id, title, values, price, image_url)


def _several(value: Any) -> FieldValue:
    """A list, as JSON has several values, as a tuple."""
    return tuple(value) if isinstance(value, list) else value


cached_item = lru_cache(ITEMS_KEPT)(make_item)


def make_user(columns: Sequence[Any], names: tuple[str, ...]) -> User:
    user_id, fields = columns
    values = json.loads(fields)
    return User(user_id, {name: tuple(values.get(name, ())) for name in names})
