"""Writing items and users: new ones are inserted, known ones updated."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator
from itertools import compress
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Table, bindparam, select, update

from din_core.store.bulk_insert import IN_CHUNK, insert_columns
from din_core.store.ingestion.column_texts import texts
from din_core.store.ingestion.field_encoding import distinct_values, value_lists
from din_core.store.ingestion.validation import KeyIndex, ValidRows
from din_core.store.queries.folding import search_text
from din_core.store.schema import Base
from din_core.store.vectors.vector_records import write_vectors

Row = dict[str, Any]


def load_entities(connection: Connection, rows: ValidRows, key_index: KeyIndex, several: Collection[str]) -> int:
    """Write a batch of items or users; returns how many of them the store had before.

    `several` are the item fields whose values are lists.
    """
    table = Base.metadata.tables[rows.file.name]
    columns = _columns(rows, key_index, several)
    is_new = [key >= key_index.first_new for key in next(iter(columns.values()))]
    old = [
        dict(zip(columns, values, strict=True))
        for values, new in zip(zip(*columns.values(), strict=True), is_new, strict=True)
        if not new
    ]
    _update(connection, table, old)
    new = {name: list(compress(values, is_new)) for name, values in columns.items()}
    names = ("title", rows.own_id)
    new["search_text"] = [
        search_text([*own, *fields.values()])
        for *own, fields in zip(*(new[name] for name in names if name in new), new["fields"], strict=True)
    ]
    new["fields"] = [_stored(fields) for fields in new["fields"]]
    insert_columns(connection, table, new)
    if "vector" in rows.values:
        write_vectors(connection, next(iter(columns.values())), rows.values["vector"])
    return len(old)


def _columns(rows: ValidRows, key_index: KeyIndex, several: Collection[str]) -> dict[str, list[Any]]:
    """The columns that the rows bring, the key first; a row's fields are a dict, None or [] where missing."""
    batch, file = rows.batch, rows.file
    ids = rows.values[rows.own_id].to_pylist()
    columns: dict[str, list[Any]] = {
        f"{file.name[:-1]}_key": [key_index.key_of[own_id] for own_id in ids],
        rows.own_id: ids,
    }
    if file.name == "items":
        for name in {"title", "image_url"}.intersection(file.columns):
            columns[name] = texts(batch.column(name)).to_pylist()
    if "price" in rows.values:
        columns["price"] = [None if math.isnan(price) else price for price in rows.values["price"].tolist()]
    fields = [_values(file.name, name in several, batch.column(name)) for name in file.fields]
    names = file.fields
    columns["fields"] = (
        [dict(zip(names, row, strict=True)) for row in zip(*fields, strict=True)] if names else [{} for _ in ids]
    )
    return columns


def _values(table: str, several: bool, column: pa.Array) -> list[Any]:
    """A field's value in each row: a list of a user's, and of an item's where items have several."""
    if table == "users":
        return value_lists(column)
    return distinct_values(column) if several else texts(column).to_pylist()


def _stored(fields: Row) -> str:
    return json.dumps({name: value for name, value in fields.items() if value}, ensure_ascii=False)


def _update(connection: Connection, table: Table, rows: list[Row]) -> None:
    """Columns that the rows bring replace the stored ones, also by nothing; other columns stay."""
    if not rows:
        return
    key = next(iter(table.primary_key.columns))
    stored = dict(_stored_rows(connection, table, [row[key.name] for row in rows]))
    changes = []
    for row in rows:
        before = stored[row[key.name]]
        merged = before | row | {"fields": before["fields"] | row["fields"]}
        own = [merged.get("title"), merged.get("item_id") or merged.get("user_id")]
        merged["search_text"] = search_text([*own, *merged["fields"].values()])
        merged["fields"] = {name: value for name, value in merged["fields"].items() if value}
        changes.append(merged | {"own_key": merged.pop(key.name)})
    values = {name: bindparam(name, type_=table.c[name].type) for name in changes[0] if name != "own_key"}
    connection.execute(update(table).where(key == bindparam("own_key")).values(values), changes)


def _stored_rows(connection: Connection, table: Table, keys: list[int]) -> Iterator[tuple[int, Row]]:
    key = next(iter(table.primary_key.columns))
    for start in range(0, len(keys), IN_CHUNK):
        query = select(table).where(key.in_(keys[start : start + IN_CHUNK]))
        for row in connection.execute(query).mappings():
            yield row[key.name], dict(row)
