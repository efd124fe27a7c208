"""Everything in a store as arrays, for training."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection, Select, Text, cast, select

from din_core.store.schema import BehaviorRecord, ImpressionRecord, ItemRecord, UserRecord

_CHUNK = 100_000


@dataclass(frozen=True)
class BulkTables:
    """The four tables. Users and items are named by their 0-based position in `users` and `items`.

    Behaviors (N,) and impressions (M,) are sorted by user position, then time, then ingestion order.
    """

    items: pd.DataFrame
    """`item_id`, then each categorical field as str, None where missing."""
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


def read_bulk(connection: Connection, field_names: Mapping[str, tuple[str, ...]]) -> BulkTables:
    """Read a whole store inside the connection's transaction; `field_names` of items, users, impressions."""
    item_keys, items = _entities(connection, ItemRecord.item_key, ItemRecord.item_id, ItemRecord.fields)
    user_keys, users = _entities(connection, UserRecord.user_key, UserRecord.user_id, UserRecord.fields)
    behaviors = _columns(
        connection,
        select(BehaviorRecord.user_key, BehaviorRecord.item_key, BehaviorRecord.timestamp).order_by(
            BehaviorRecord.user_key, BehaviorRecord.timestamp, BehaviorRecord.behavior_key
        ),
        [np.int64] * 3,
    )
    impressions = _columns(
        connection,
        select(
            ImpressionRecord.user_key,
            ImpressionRecord.item_key,
            ImpressionRecord.timestamp,
            ImpressionRecord.label,
            ImpressionRecord.split,
            cast(ImpressionRecord.context, Text),
        ).order_by(ImpressionRecord.user_key, ImpressionRecord.timestamp, ImpressionRecord.impression_key),
        [np.int64, np.int64, np.int64, np.int8, np.dtype("U5"), np.object_],
    )
    return BulkTables(
        items=_frame("item_id", items, field_names["items"], missing=None),
        users=_frame("user_id", users, field_names["users"], missing=()),
        behavior_user=np.searchsorted(user_keys, behaviors[0]),
        behavior_item=np.searchsorted(item_keys, behaviors[1]),
        behavior_time=behaviors[2],
        impression_user=np.searchsorted(user_keys, impressions[0]),
        impression_item=np.searchsorted(item_keys, impressions[1]),
        impression_time=impressions[2],
        impression_label=impressions[3],
        impression_split=impressions[4],
        impression_context=_context(impressions[5], field_names["impressions"]),
    )


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
    return pd.DataFrame(columns)


def _objects(values: list[Any]) -> NDArray[np.object_]:
    array = np.empty(len(values), dtype=object)  # filled so: numpy would make tuples a second dimension
    array[:] = values
    return array


def _columns(connection: Connection, query: Select[Any], dtypes: list[Any]) -> list[NDArray[Any]]:
    """A result's columns as arrays, read a chunk at a time to bound the memory that rows take."""
    chunks = [
        [np.array(column, dtype=dtype) for column, dtype in zip(zip(*rows, strict=True), dtypes, strict=True)]
        for rows in _partitions(connection, query)
    ]
    if not chunks:
        return [np.empty(0, dtype=dtype) for dtype in dtypes]
    return [np.concatenate(parts) for parts in zip(*chunks, strict=True)]


def _partitions(connection: Connection, query: Select[Any]) -> Iterator[list[Any]]:
    result = connection.execute(query, execution_options={"yield_per": _CHUNK})
    for rows in result.partitions():
        yield list(rows)


def _context(stored: NDArray[np.object_], names: tuple[str, ...]) -> pd.DataFrame:
    """Parse each distinct JSON text once: contexts repeat a lot."""
    codes, texts = pd.factorize(stored, use_na_sentinel=False)
    parsed = [json.loads(text) if isinstance(text, str) else {} for text in texts]
    return pd.DataFrame(
        {name: _objects([values.get(name) for values in parsed])[codes] for name in names},
        index=pd.RangeIndex(len(stored)),
    )
