"""Everything in a store as arrays, for training."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection, Select, Text, case, cast, func, literal_column, select

from din_core.store.growing_array import GrowingArray
from din_core.store.schema import SPLITS, BehaviorRecord, ContextRecord, ImpressionRecord, ItemRecord, UserRecord

_CHUNK = 100_000
Change = Callable[[NDArray[np.int64]], NDArray[Any]]


@dataclass(frozen=True)
class BulkTables:
    """The four tables. Users and items are named by their 0-based position in `users` and `items`.

    Behaviors (N,) and impressions (M,) are sorted by user position, then time, then ingestion order. Large arrays are
    memory maps of files that go with them.
    """

    items: pd.DataFrame
    """`item_id`, then each categorical field as str, or a tuple of str where items have several values; None where
    missing."""
    users: pd.DataFrame
    """`user_id`, then each profile field as a tuple of str, () where missing."""
    behavior_user: NDArray[np.int64]
    behavior_item: NDArray[np.int64]
    behavior_time: NDArray[np.int64]
    """Seconds since 1970-01-01 UTC."""
    impression_user: NDArray[np.int64]
    impression_item: NDArray[np.int64]
    impression_time: NDArray[np.int64]
    impression_label: NDArray[np.int8]
    impression_split: NDArray[np.str_]
    impression_context: pd.DataFrame
    """(M, context fields) str, None where missing."""
    behavior_types: tuple[str, ...] = ()
    """The types that behaviors have, in alphabetical order; () where none has one."""
    behavior_type: NDArray[np.int64] | None = None
    """(N,) position in `behavior_types`, −1 where missing; None where no behavior has a type."""
    item_price: NDArray[np.float64] | None = None
    """(items,) NaN where missing; None where no item has one."""

    @property
    def impression_nth(self) -> NDArray[np.int64]:
        """(M,) `Impression.nth`, counted among the impressions that these tables hold."""
        rows = pd.DataFrame({"user": self.impression_user, "time": self.impression_time, "item": self.impression_item})
        return np.asarray(rows.groupby(["user", "time", "item"]).cumcount(), dtype=np.int64) + 1


def read_bulk(connection: Connection, field_names: Mapping[str, tuple[str, ...]]) -> BulkTables:
    """Read a whole store inside the connection's transaction; `field_names` of items, users, impressions."""
    item_keys, items = _entities(connection, ItemRecord.item_key, ItemRecord.item_id, ItemRecord.fields)
    user_keys, users = _entities(connection, UserRecord.user_key, UserRecord.user_id, UserRecord.fields)
    behaviors = _integers(
        connection,
        _behaviors(BehaviorRecord.user_key, BehaviorRecord.item_key, BehaviorRecord.timestamp),
        [_places(user_keys), _places(item_keys), np.asarray],
    )
    types, type_codes = _types(connection)
    split = case(*((ImpressionRecord.split == name, literal_column(str(n))) for n, name in enumerate(SPLITS)))
    impressions = _integers(
        connection,
        select(
            ImpressionRecord.user_key,
            ImpressionRecord.item_key,
            ImpressionRecord.timestamp,
            ImpressionRecord.label,
            split,
            func.coalesce(ImpressionRecord.context_key, literal_column("0")),
        ).order_by(ImpressionRecord.impression_key),
        [_places(user_keys), _places(item_keys), np.asarray, _as(np.int8), np.array(SPLITS).take, np.asarray],
    )
    user, item, time, label, split_names, context = _by_user_and_time(impressions)
    return BulkTables(
        items=_frame("item_id", items, field_names["items"], missing=None),
        users=_frame("user_id", users, field_names["users"], missing=()),
        behavior_user=behaviors[0],
        behavior_item=behaviors[1],
        behavior_time=behaviors[2],
        impression_user=user,
        impression_item=item,
        impression_time=time,
        impression_label=label,
        impression_split=split_names,
        impression_context=_context(connection, context, field_names["impressions"]),
        behavior_types=types,
        behavior_type=type_codes,
        item_price=_prices(connection),
    )


def _prices(connection: Connection) -> NDArray[np.float64] | None:
    found = connection.execute(select(ItemRecord.price).order_by(ItemRecord.item_key)).scalars().all()
    prices = np.array(found, dtype=np.float64)  # None becomes NaN
    return None if np.isnan(prices).all() else prices


def _places(keys: NDArray[np.int64]) -> Change:
    """From keys to their places among all."""
    return lambda found: np.searchsorted(keys, found)


def _as(dtype: type[np.generic]) -> Change:
    return lambda found: found.astype(dtype)


def _by_user_and_time(columns: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """Rows by user, then time, those of one time in their order: `ingest` stores them so, others may not."""
    user, time = np.diff(columns[0]), np.diff(columns[2])
    if ((user > 0) | ((user == 0) & (time >= 0))).all():
        return columns
    order = np.lexsort((columns[2], columns[0]))
    return [_taken(column, order) for column in columns]


def _taken(column: NDArray[Any], order: NDArray[np.int64]) -> NDArray[Any]:
    found = GrowingArray(column.dtype)
    for start in range(0, len(order), _CHUNK):
        found.append(column[order[start : start + _CHUNK]])
    return found.finish()


def _entities(
    connection: Connection, key: Any, own_id: Any, fields: Any
) -> tuple[NDArray[np.int64], list[tuple[str, dict[str, Any]]]]:
    rows = connection.execute(select(key, own_id, cast(fields, Text)).order_by(key)).all()
    keys = np.array([row[0] for row in rows], dtype=np.int64)
    return keys, [(row[1], json.loads(row[2])) for row in rows]


def _frame(
    id_name: str, items: list[tuple[str, dict[str, Any]]], names: tuple[str, ...], missing: object
) -> pd.DataFrame:
    columns = {id_name: _objects([own_id for own_id, _ in items])}
    for name in names:
        columns[name] = _objects(
            [
                tuple(value) if isinstance(value, list) else value
                for value in (fields.get(name, missing) for _, fields in items)
            ]
        )
    return pd.DataFrame(columns, dtype=object)  # else pandas makes None a NaN


def _objects(values: list[Any]) -> NDArray[np.object_]:
    array = np.empty(len(values), dtype=object)  # filled so: numpy would make tuples a second dimension
    array[:] = values
    return array


def _behaviors(*columns: Any) -> Select[*tuple[Any, ...]]:
    """Columns of all behaviors in the order of the tables."""
    return select(*columns).order_by(BehaviorRecord.user_key, BehaviorRecord.timestamp, BehaviorRecord.behavior_key)


def _types(connection: Connection) -> tuple[tuple[str, ...], NDArray[np.int64] | None]:
    """The types of behaviors, and each behavior's position among them."""
    kind = BehaviorRecord.behavior_type
    if connection.execute(select(kind).where(kind.is_not(None)).limit(1)).first() is None:
        return (), None
    seen: dict[str | None, int] = {}
    codes = GrowingArray(np.int64)
    for rows in _chunks_of(connection, _behaviors(kind)):
        codes.append(np.array([seen.setdefault(name, len(seen)) for (name,) in rows], dtype=np.int64))
    names = sorted(name for name in seen if name is not None)
    place = {name: position for position, name in enumerate(names)}
    places, found = np.array([-1 if name is None else place[name] for name in seen]), codes.finish()
    for start in range(0, len(found), _CHUNK):
        found[start : start + _CHUNK] = places[found[start : start + _CHUNK]]
    return tuple(names), found


def _integers(connection: Connection, query: Select[*tuple[Any, ...]], changes: Sequence[Change]) -> list[NDArray[Any]]:
    """The columns, each (N,), of a query without parameters whose columns are integers, changed a piece at a time."""
    nothing = np.empty(0, dtype=np.int64)
    found = [GrowingArray(change(nothing).dtype) for change in changes]
    for rows in _chunks_of(connection, query):
        for column, own, change in zip(np.array(rows, dtype=np.int64).T, found, changes, strict=True):
            own.append(change(column))
    return [own.finish() for own in found]


def _chunks_of(connection: Connection, query: Select[*tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a query without parameters.

    Read through the driver's cursor, whose plain tuples become an array several times faster than result
    rows do, and a chunk at a time to bound the memory that they take.
    """
    # A named cursor of PostgreSQL stays on the server, which else sends all rows at once.
    named = {"name": "bulk"} if connection.dialect.name == "postgresql" else {}
    cursor = connection.connection.cursor(**named)
    try:
        cursor.execute(str(query.compile(connection.engine, compile_kwargs={"literal_binds": True})))
        while rows := cursor.fetchmany(_CHUNK):
            yield list(rows)
    finally:
        cursor.close()


def _context(connection: Connection, keys: NDArray[np.int64], names: tuple[str, ...]) -> pd.DataFrame:
    """Contexts repeat a lot: each is parsed once."""
    used, position = np.unique(keys, return_inverse=True)
    stored = {
        key: fields for key, fields in connection.execute(select(ContextRecord.context_key, ContextRecord.fields))
    }
    contexts = [stored.get(key, {}) for key in used.tolist()]
    return pd.DataFrame(
        {name: _objects([context.get(name) for context in contexts])[position] for name in names},
        index=pd.RangeIndex(len(keys)),
        dtype=object,
    )
