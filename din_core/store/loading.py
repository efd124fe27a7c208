"""Writing good rows into the tables of a store, inside one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import (
    JSON,
    Connection,
    Table,
    Text,
    bindparam,
    cast,
    insert,
    select,
    update,
)

from din_core.store.behavior_store import count_rows, field_names, read_info
from din_core.store.checks import texts
from din_core.store.encode import category_json, display_json, json_objects, value_lists
from din_core.store.reading import Directory, GoodRows, Reading, SplitCuts
from din_core.store.schema import (
    Base,
    BehaviorRecord,
    FieldRecord,
    ImpressionRecord,
    InfoRecord,
    ItemRecord,
    UserRecord,
)
from din_core.store.search import choose_search, folded

TABLES: dict[str, Table] = {
    name: Base.metadata.tables[name] for name in ("items", "users", "behaviors", "impressions")
}


@dataclass(frozen=True)
class Existing:
    """What a store holds before an ingest."""

    items: Directory
    users: Directory
    n_rows: dict[str, int]

    @property
    def filled(self) -> bool:
        return any(self.n_rows.values())


def no_store() -> Existing:
    """Of a database that holds no store yet."""
    return Existing(Directory([], []), Directory([], []), dict.fromkeys(TABLES, 0))


def read_existing(connection: Connection) -> Existing:
    """The ids and counts of a store of the current schema."""

    def directory(record: Any, own_id: Any, key: Any) -> Directory:
        rows = connection.execute(select(own_id, key).order_by(key)).all()
        return Directory([row[0] for row in rows], [row[1] for row in rows])

    return Existing(
        directory(ItemRecord, ItemRecord.item_id, ItemRecord.item_key),
        directory(UserRecord, UserRecord.user_id, UserRecord.user_key),
        {
            record.__tablename__: count_rows(connection, record)
            for record in (ItemRecord, UserRecord, BehaviorRecord, ImpressionRecord)
        },
    )


def load(connection: Connection, reading: Reading, cuts: SplitCuts | None, provenance: str | None) -> None:
    """Write all good rows of `reading`. An empty store gets its indexes after its rows: that is faster."""
    was_empty = not any(count_rows(connection, record) for record in (BehaviorRecord, ImpressionRecord))
    indexes = [index for table in TABLES.values() for index in table.indexes] if was_empty else []
    for index in indexes:
        index.drop(connection)
    for rows in reading.rows():
        if rows.file.name in ("items", "users"):
            updated = _load_entities(connection, rows, reading)
            reading.counts[rows.file.name].updated += updated
        else:
            _insert(connection, TABLES[rows.file.name], _line_columns(rows, reading, cuts))
    for index in indexes:
        reading.progress("building indexes", indexes.index(index), len(indexes) + 1)
        index.create(connection)
    reading.progress("building indexes", len(indexes), len(indexes) + 1)
    if not {"items", "users"}.isdisjoint(reading.files):
        choose_search(connection).rebuild(connection)
    for file in reading.files.values():
        _add_field_names(connection, file.name, file.fields)
    _add_provenance(connection, provenance)
    reading.progress("building indexes", len(indexes) + 1, len(indexes) + 1)


def _line_columns(rows: GoodRows, reading: Reading, cuts: SplitCuts | None) -> dict[str, list[Any]]:
    """The columns of behaviors or impressions as they are stored."""
    values = rows.values
    columns: dict[str, list[Any]] = {
        "user_key": np.array(reading.users.keys, dtype=np.int64)[values["user_id"]].tolist(),
        "item_key": np.array(reading.items.keys, dtype=np.int64)[values["item_id"]].tolist(),
        "timestamp": values["timestamp"].tolist(),
    }
    fields = {name: rows.batch.column(name) for name in rows.file.fields}
    if rows.file.name == "behaviors":
        if "behavior_type" in rows.file.columns:
            columns["behavior_type"] = texts(rows.batch.column("behavior_type")).to_pylist()
        if fields:
            columns["fields"] = json_objects(fields, display_json).to_pylist()
        return columns
    columns["label"] = values["label"].tolist()
    columns["split"] = values["split"].to_pylist() if cuts is None else cuts.split(values["timestamp"])
    if fields:
        columns["context"] = json_objects(fields, category_json).to_pylist()
    return columns


def _load_entities(connection: Connection, rows: GoodRows, reading: Reading) -> int:
    """Insert new items or users and update those the store has; returns how many were there."""
    name = rows.file.name
    directory = reading.items if name == "items" else reading.users
    own_id = f"{name[:-1]}_id"
    fields = _entity_fields(rows)
    known = set(directory.ids[: directory.n_existing])
    keys = dict(zip(directory.ids, directory.keys, strict=True))
    new: list[dict[str, Any]] = []
    old: list[dict[str, Any]] = []
    plain = _plain_columns(rows)
    for position, identity in enumerate(rows.values[own_id].to_pylist()):
        row = {f"{name[:-1]}_key": keys[identity], own_id: identity, "fields": fields[position]}
        row |= {column: values[position] for column, values in plain.items()}
        (old if identity in known else new).append(row)
    if old:
        _update(connection, name, old)
    if new:
        columns = {column: [row[column] for row in new] for column in new[0]}
        columns["search_text"] = [search_text(row) for row in new]
        columns["fields"] = [_json_of(row["fields"]) for row in new]
        _insert(connection, TABLES[name], columns)
    return len(old)


def _plain_columns(rows: GoodRows) -> dict[str, list[Any]]:
    if rows.file.name == "users":
        return {}
    plain: dict[str, list[Any]] = {
        name: texts(rows.batch.column(name)).to_pylist()
        for name in ("title", "image_url")
        if name in rows.file.columns
    }
    if "price" in rows.values:
        prices = rows.values["price"]
        plain["price"] = np.where(np.isnan(prices), None, prices).tolist()
    return plain


def _entity_fields(rows: GoodRows) -> list[dict[str, Any]]:
    """Each row's fields: a str for items, a list of str for users; None or [] where missing."""
    columns = {
        name: (
            texts(rows.batch.column(name)).to_pylist()
            if rows.file.name == "items"
            else value_lists(rows.batch.column(name))
        )
        for name in rows.file.fields
    }
    return [
        {name: values[position] for name, values in columns.items()} for position in range(len(rows.batch))
    ]


def _json_of(fields: dict[str, Any]) -> str:
    return json.dumps({name: value for name, value in fields.items() if value}, ensure_ascii=False)


def search_text(row: dict[str, Any]) -> str:
    """What searches of an item or user read: title, id and field values."""
    words = [row.get("title"), row.get("item_id") or row.get("user_id")]
    for value in row["fields"].values():
        words += value if isinstance(value, list) else [value]
    return folded(" ".join(word for word in words if word))


def _update(connection: Connection, name: str, rows: list[dict[str, Any]]) -> None:
    """Columns that the rows have replace the stored ones, also with nothing; others stay as they are."""
    table = TABLES[name]
    key = next(iter(table.primary_key.columns))
    keys = {row[key.name]: row for row in rows}
    for stored in _stored_entities(connection, table, list(keys)):
        row = keys[stored.pop(key.name)]
        row["fields"] = stored.pop("fields") | row["fields"]
        keys[row[key.name]] |= {column: row.get(column, value) for column, value in stored.items()}
    statement = (
        update(table)
        .where(key == bindparam("own_key"))
        .values({c: _bound(table, c) for c in (*rows[0], "search_text") if c != key.name})
    )
    for row in rows:
        row |= {"own_key": row.pop(key.name), "search_text": search_text(row)}
        row["fields"] = _json_of(row["fields"])
    connection.execute(statement, rows)


def _stored_entities(connection: Connection, table: Table, keys: list[int]) -> Iterable[dict[str, Any]]:
    names = [c.name for c in table.columns if c.name in ("title", "price", "image_url")]
    key = next(iter(table.primary_key.columns))
    for start in range(0, len(keys), 500):
        query = select(key, table.c.fields, *(table.c[name] for name in names)).where(
            key.in_(keys[start : start + 500])
        )
        for row in connection.execute(query):
            yield dict(row._mapping)


def _insert(connection: Connection, table: Table, columns: dict[str, list[Any]]) -> None:
    """Insert rows given as columns; JSON columns hold JSON texts."""
    rows = zip(*columns.values(), strict=True)
    if connection.dialect.name == "sqlite":
        # The driver's own executemany: a third of the time, and no dictionary a row.
        places = ", ".join("?" * len(columns))
        connection.exec_driver_sql(
            f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({places})", list(rows)
        )
    else:
        statement = insert(table).values({name: _bound(table, name) for name in columns})
        connection.execute(statement, [dict(zip(columns, row, strict=True)) for row in rows])


def _bound(table: Table, name: str) -> Any:
    """A parameter for a column; of a JSON column the JSON's text."""
    if isinstance(table.c[name].type, JSON):
        return cast(bindparam(name, type_=Text), JSON)
    return bindparam(name)


def _add_field_names(connection: Connection, table: str, names: tuple[str, ...]) -> None:
    known = field_names(connection, table)
    new = [name for name in names if name not in known]
    if new:
        connection.execute(
            insert(FieldRecord),
            [
                {"table_name": table, "name": name, "position": len(known) + position}
                for position, name in enumerate(new)
            ],
        )


def _add_provenance(connection: Connection, provenance: str | None) -> None:
    """Store where the tables come from; an appended one stands below what is known, once."""
    if provenance is None:
        return
    known = read_info(connection, "provenance")
    if known is None:
        connection.execute(insert(InfoRecord).values(name="provenance", value=provenance))
    elif provenance not in known:
        connection.execute(
            update(InfoRecord).where(InfoRecord.name == "provenance").values(value=f"{known}\n\n{provenance}")
        )
