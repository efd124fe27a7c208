"""Writing the good rows of a reading into a store, inside one transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection, Executable, Table, Text, cast, delete, func, insert, select
from sqlalchemy.schema import AddConstraint, DropConstraint

from din_core.store.bulk_insert import insert_columns
from din_core.store.ingestion.entities import load_entities
from din_core.store.ingestion.field_encoding import category_json, display_json, json_objects
from din_core.store.ingestion.validation import KeyIndex, TableValidation, ValidRows
from din_core.store.postgres import analyze
from din_core.store.queries.corrections import write_words
from din_core.store.queries.lookups import count_rows, field_names, read_info, unfit_fields, write_info
from din_core.store.queries.search import choose_search
from din_core.store.schema import (
    Base,
    BehaviorRecord,
    ContextRecord,
    FieldRecord,
    ImpressionRecord,
    ItemRecord,
    UserRecord,
)
from din_core.store.several_fields import add_several, read_several
from din_core.store.splits.in_force import RulesInForce, read_rules
from din_core.store.splits.split_rule import SplitCuts
from din_core.store.vectors.vector_records import vector_length

Step = Callable[[Connection], None]


@dataclass(frozen=True)
class ExistingRows:
    """What a store holds before an ingest."""

    items: KeyIndex
    users: KeyIndex
    n_rows: dict[str, int]
    fields: Mapping[str, tuple[str, ...]]
    """Field names by table."""
    rules: RulesInForce
    several: Mapping[str, None] = field(default_factory=dict)
    """Item fields of which an item may have several values."""
    vector_length: int | None = None
    """Numbers of each item's vector; None where none has one."""

    @property
    def filled(self) -> bool:
        return any(self.n_rows.values())


def no_existing_rows() -> ExistingRows:
    """Of a database that holds no store yet."""
    tables = ("items", "users", "behaviors", "impressions")
    return ExistingRows(KeyIndex({}), KeyIndex({}), dict.fromkeys(tables, 0), {}, RulesInForce())


def read_existing(connection: Connection) -> ExistingRows:
    """The ids and counts of a store of the current schema."""
    items = connection.execute(select(ItemRecord.item_id, ItemRecord.item_key)).all()
    users = connection.execute(select(UserRecord.user_id, UserRecord.user_key)).all()
    return ExistingRows(
        KeyIndex({row[0]: row[1] for row in items}),
        KeyIndex({row[0]: row[1] for row in users}),
        {
            record.__tablename__: count_rows(connection, record)
            for record in (ItemRecord, UserRecord, BehaviorRecord, ImpressionRecord)
        },
        {table: field_names(connection, table) for table in ("items", "users", "behaviors", "impressions")},
        read_rules(connection),
        dict.fromkeys(read_several(connection)),
        vector_length(connection),
    )


def load(
    connection: Connection,
    validation: TableValidation,
    cuts: SplitCuts | None,
    provenance: str | None,
    *,
    read_meanwhile: bool = False,
) -> None:
    """Write all good rows of `validation`, with `cuts` where impressions say no split.

    `read_meanwhile`: whether others read what the transaction replaces, and are not to wait for it.
    """
    was_empty = not any(count_rows(connection, record) for record in (BehaviorRecord, ImpressionRecord))
    tables = [Base.metadata.tables[name] for name in ("behaviors", "impressions")]
    # Sorted once at the end, an index takes a fraction of the time that it takes row by row.
    deferred = was_empty and not (read_meanwhile and connection.dialect.name == "postgresql")
    rebuild = _take_down(connection, tables) if deferred else []
    newest = {} if was_empty else {table.name: _newest_key(connection, table) for table in tables}
    add_several(connection, validation.several)
    _load_rows(connection, validation, cuts)
    for table in tables:
        if table.name in validation.counts and newest.get(table.name):
            validation.counts[table.name].repeated = _delete_repeated(connection, table, newest[table.name])
    steps = list(rebuild)
    if connection.dialect.name == "postgresql":
        steps.append(analyze)
    if not {"items", "users"}.isdisjoint(validation.files):
        steps += [choose_search(connection).rebuild, write_words]
    for done, build in enumerate(steps):
        validation.progress("building indexes", done, len(steps))
        build(connection)
    for file in validation.files.values():
        _add_field_names(connection, file.name, file.fields)
    _add_unfit_fields(connection, validation.unfit)
    _add_provenance(connection, provenance)
    validation.progress("building indexes", len(steps), len(steps))


def _take_down(connection: Connection, tables: Iterable[Table]) -> list[Step]:
    """Drop what takes a fraction of the time when it is made once at the end; returns the steps that make it."""
    steps: list[Step] = []
    for table in tables:
        for index in table.indexes:
            index.drop(connection)
            steps.append(index.create)
        # SQLite cannot drop a constraint, and is not asked to check it here.
        for reference in table.foreign_key_constraints if connection.dialect.name == "postgresql" else ():
            connection.execute(DropConstraint(reference))
            steps.append(partial(_execute, AddConstraint(reference, isolate_from_table=False)))
    return steps


def _execute(statement: Executable, connection: Connection) -> None:
    connection.execute(statement)


def _load_rows(connection: Connection, validation: TableValidation, cuts: SplitCuts | None) -> None:
    contexts = Contexts(connection)
    for rows in validation.rows():
        name = rows.file.name
        if name in ("items", "users"):
            key_index = validation.items if name == "items" else validation.users
            validation.counts[name].updated += load_entities(connection, rows, key_index, validation.several)
        else:
            columns = _line_columns(rows, validation, cuts, contexts)
            insert_columns(connection, Base.metadata.tables[name], columns)


def _newest_key(connection: Connection, table: Table) -> int:
    """0 in an empty table."""
    return connection.execute(select(func.max(next(iter(table.primary_key.columns))))).scalar() or 0


def _delete_repeated(connection: Connection, table: Table, newest: int) -> int:
    """Take out the rows after the key `newest` that equal one up to it in all else; returns how many."""
    key, old = next(iter(table.primary_key.columns)), table.alias()
    same = [old.c[column.name].is_not_distinct_from(column) for column in table.columns if column is not key]
    is_stored = select(old.c[key.name]).where(old.c[key.name] <= newest, *same).correlate(table).exists()
    return connection.execute(delete(table).where(key > newest, is_stored)).rowcount


def _line_columns(
    rows: ValidRows, validation: TableValidation, cuts: SplitCuts | None, contexts: Contexts
) -> dict[str, Sequence[Any]]:
    """The columns of behaviors or impressions as they are stored."""
    values = rows.values
    columns: dict[str, Sequence[Any]] = {
        "user_key": validation.users.keys[values["user_id"]].tolist(),
        "item_key": validation.items.keys[values["item_id"]].tolist(),
        "timestamp": values["timestamp"].tolist(),
    }
    fields = {name: rows.batch.column(name) for name in rows.file.fields}
    if rows.file.name == "behaviors":
        if "behavior_type" in rows.file.columns:
            columns["behavior_type"] = values["behavior_type"].to_pylist()
        encode = display_json
    else:
        columns["label"] = values["label"].tolist()
        # Without cuts and splits, no row is left that would have one.
        own = values["split"].to_pylist() if "split" in values else []
        columns["split"] = own if cuts is None else cuts.split(values["timestamp"])
        encode = category_json
    if fields:
        columns["context_key"] = contexts.keys(json_objects(fields, encode))
    return columns


class Contexts:
    """The distinct combinations of further columns: each is stored once, under a key."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        stored = select(cast(ContextRecord.fields, Text), ContextRecord.context_key)
        self._keys: dict[str, int] = {row[0]: row[1] for row in connection.execute(stored)}

    def keys(self, objects: pa.Array) -> list[int]:
        """Keys of JSON objects; new objects are stored."""
        encoded = objects.dictionary_encode()
        distinct = encoded.dictionary.to_pylist()
        new = [json_text for json_text in distinct if json_text not in self._keys]
        start = len(self._keys) + 1
        new_keys = list(range(start, start + len(new)))
        insert_columns(self._connection, Base.metadata.tables["contexts"], {"context_key": new_keys, "fields": new})
        self._keys.update(zip(new, new_keys, strict=True))
        key_of = np.array([self._keys[json_text] for json_text in distinct], dtype=np.int64)
        found: list[int] = key_of[encoded.indices.to_numpy()].tolist()
        return found


def _add_field_names(connection: Connection, table: str, names: tuple[str, ...]) -> None:
    known = field_names(connection, table)
    new = [name for name in names if name not in known]
    if new:
        rows = [
            {"table_name": table, "name": name, "position": position}
            for position, name in enumerate(new, start=len(known))
        ]
        connection.execute(insert(FieldRecord), rows)


def _add_provenance(connection: Connection, provenance: str | None) -> None:
    """Store where the tables come from; that of appended ones goes below what is known, once."""
    if provenance is None:
        return
    known = read_info(connection, "provenance")
    if known is None or provenance not in known:
        write_info(connection, "provenance", provenance if known is None else f"{known}\n\n{provenance}")


def _add_unfit_fields(connection: Connection, unfit: Mapping[str, Iterable[str]]) -> None:
    known = unfit_fields(connection)
    both = {table: [*known.get(table, ()), *unfit.get(table, ())] for table in (*known, *unfit)}
    if both:
        write_info(connection, "unfit_fields", json.dumps(both, ensure_ascii=False))
