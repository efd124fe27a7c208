"""Writing the good rows of a reading into a store, inside one transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Executable, Index, Table, Text, cast, delete, func, insert, select
from sqlalchemy.schema import AddConstraint, DropConstraint

from din_core.store.bulk_insert import insert_columns
from din_core.store.extra_indexes import create_extra_indexes, drop_extra_indexes
from din_core.store.ingestion.entities import load_entities
from din_core.store.ingestion.spool.checked_tables import LINE_TABLES, CheckedTables
from din_core.store.ingestion.spool.line_spool import Lines
from din_core.store.ingestion.spool.sorting import sorted_parts
from din_core.store.ingestion.table_files import TableFile
from din_core.store.ingestion.validation import KeyIndex, TableValidation
from din_core.store.postgres import analyze
from din_core.store.queries.corrections import write_words
from din_core.store.queries.kept_facts import keep_facts, tally_now
from din_core.store.queries.line_tally import LineTally
from din_core.store.queries.lookups import count_rows, field_names, read_info, unfit_fields, write_info
from din_core.store.queries.search import choose_search
from din_core.store.schema import (
    SPLITS,
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
_INSERT_ROWS = 1 << 17


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
    entities: TableValidation,
    checked: CheckedTables,
    files: Mapping[str, TableFile],
    provenance: str | None,
    *,
    read_meanwhile: bool = False,
) -> None:
    """Write all good rows: those of items and users as `entities` reads them, the others as they were checked.

    `read_meanwhile`: whether others read what the transaction replaces, and are not to wait for it.
    """
    was_empty = not any(count_rows(connection, record) for record in (BehaviorRecord, ImpressionRecord))
    tables = [Base.metadata.tables[name] for name in LINE_TABLES]
    # Sorted once at the end, an index takes a fraction of the time that it takes row by row.
    deferred = was_empty and not (read_meanwhile and connection.dialect.name == "postgresql")
    steps = _take_down(connection, tables) if deferred else []
    newest = {} if was_empty else {table.name: _newest_key(connection, table) for table in tables}
    add_several(connection, entities.several)
    _load_entities(connection, entities)
    tally = _load_lines(connection, entities, checked, files)
    for table in tables:
        if table.name in files and newest.get(table.name):
            checked.counts[table.name].repeated = _delete_repeated(connection, table, newest[table.name])
    steps.append(create_extra_indexes)
    if connection.dialect.name == "postgresql":
        steps.append(analyze)
    if entities.files:
        steps += [choose_search(connection).rebuild, write_words]
    for done, build in enumerate(steps):
        entities.progress("building indexes", done, len(steps))
        build(connection)
    for file in files.values():
        _add_field_names(connection, file.name, file.fields)
    _add_unfit_fields(connection, checked.unfit)
    _add_provenance(connection, provenance)
    keep_facts(connection, *((tally, checked.lines.kinds.texts) if was_empty else tally_now(connection, newest)))
    entities.progress("building indexes", len(steps), len(steps))


def _take_down(connection: Connection, tables: Iterable[Table]) -> list[Step]:
    """Drop what takes a fraction of the time when it is made once at the end; returns the steps that make it."""
    steps: list[Step] = []
    for table in tables:
        for index in table.indexes:
            if not _in_order(connection, index):
                index.drop(connection)
                steps.append(index.create)
        # SQLite cannot drop a constraint, and is not asked to check it here.
        for reference in table.foreign_key_constraints if connection.dialect.name == "postgresql" else ():
            connection.execute(DropConstraint(reference))
            steps.append(partial(_execute, AddConstraint(reference, isolate_from_table=False)))
    drop_extra_indexes(connection)
    return steps


def _execute(statement: Executable, connection: Connection) -> None:
    connection.execute(statement)


def _in_order(connection: Connection, index: Index) -> bool:
    """Whether an index grows at its end as rows come by user: SQLite then fills it as fast as it builds one."""
    return connection.dialect.name == "sqlite" and index.columns[0].name == "user_key"


def _load_entities(connection: Connection, entities: TableValidation) -> None:
    for rows in entities.rows():
        key_index = entities.items if rows.file.name == "items" else entities.users
        entities.counts[rows.file.name].updated += load_entities(connection, rows, key_index, entities.several)


def _load_lines(
    connection: Connection, entities: TableValidation, checked: CheckedTables, files: Mapping[str, TableFile]
) -> LineTally:
    """By user and time, so that a user's rows lie together and indexes grow at their end; counts of all of them."""
    lines, tally = checked.lines, LineTally(len(entities.users))
    contexts = _context_keys(connection, lines.contexts.texts)
    for name, spool in lines.spools.items():
        if name not in files:
            continue
        columns_of = LineColumns(files[name], entities.users.keys, entities.items.keys, contexts, lines.kinds.texts)
        done = 0
        entities.progress(f"loading {name}", 0, spool.rows)
        for part in sorted_parts(spool, len(entities.users), lines.folder.made):
            for start in range(0, len(part), _INSERT_ROWS):
                chunk = part[start : start + _INSERT_ROWS]
                columns = columns_of.columns(chunk, checked.cuts)
                insert_columns(connection, Base.metadata.tables[name], columns)
                _count(tally, name, chunk, checked.cuts)
                done += len(chunk)
                entities.progress(f"loading {name}", done, spool.rows)
    for counts in (tally.behavior_contexts, tally.impression_contexts):
        by_key = {contexts[code] if code >= 0 else -1: rows for code, rows in counts.items()}
        counts.clear()
        counts.update(by_key)
    return tally


def _count(tally: LineTally, name: str, lines: Lines, cuts: SplitCuts | None) -> None:
    if name == "behaviors":
        tally.add_behaviors(lines["user"], lines["time"], lines["kind"], lines["context"])
    else:
        tally.add_impressions(lines["user"], lines["time"], lines["label"], _splits(lines, cuts), lines["context"])


def _splits(lines: Lines, cuts: SplitCuts | None) -> NDArray[Any]:
    """The places of the impressions' splits in SPLITS; `cuts` where they say none."""
    return lines["split"] if cuts is None else cuts.codes(lines["time"])


@dataclass(frozen=True)
class LineColumns:
    """What the numbers of checked rows stand for."""

    file: TableFile
    user_keys: NDArray[np.int64]
    item_keys: NDArray[np.int64]
    contexts: Sequence[int]
    """Keys by code."""
    kinds: Sequence[str]

    def columns(self, lines: Lines, cuts: SplitCuts | None) -> dict[str, Sequence[Any]]:
        """The columns as they are stored, with `cuts` where impressions say no split."""
        found: dict[str, Sequence[Any]] = {
            "user_key": self.user_keys[lines["user"]].tolist(),
            "item_key": self.item_keys[lines["item"]].tolist(),
            "timestamp": lines["time"].tolist(),
        }
        if self.file.name == "impressions":
            found["label"], found["split"] = lines["label"].tolist(), _named(SPLITS, _splits(lines, cuts))
        elif "behavior_type" in self.file.columns:
            found["behavior_type"] = _named(self.kinds, lines["kind"])
        if self.file.fields:
            found["context_key"] = _named(self.contexts, lines["context"])
        return found


def _named(values: Sequence[object], codes: NDArray[Any]) -> list[Any]:
    """The values of codes, None for -1."""
    names = np.empty(len(values) + 1, dtype=object)
    names[:-1] = values
    found: list[Any] = names[codes].tolist()
    return found


def _context_keys(connection: Connection, texts: Sequence[str]) -> list[int]:
    """Keys of JSON objects, by their place; each is stored once, and those that are new are stored now."""
    stored = select(cast(ContextRecord.fields, Text), ContextRecord.context_key)
    keys: dict[str, int] = {row[0]: row[1] for row in connection.execute(stored)} if texts else {}
    new = [text for text in texts if text not in keys]
    new_keys = range(len(keys) + 1, len(keys) + 1 + len(new))
    for start in range(0, len(new), _INSERT_ROWS):
        span = slice(start, start + _INSERT_ROWS)
        columns = {"context_key": new_keys[span], "fields": new[span]}
        insert_columns(connection, Base.metadata.tables["contexts"], columns)
    keys.update(zip(new, new_keys, strict=True))
    return [keys[text] for text in texts]


def _newest_key(connection: Connection, table: Table) -> int:
    """0 in an empty table."""
    return connection.execute(select(func.max(next(iter(table.primary_key.columns))))).scalar() or 0


def _delete_repeated(connection: Connection, table: Table, newest: int) -> int:
    """Take out the rows after the key `newest` that equal one up to it in all else; returns how many."""
    key, old = next(iter(table.primary_key.columns)), table.alias()
    same = [old.c[column.name].is_not_distinct_from(column) for column in table.columns if column is not key]
    is_stored = select(old.c[key.name]).where(old.c[key.name] <= newest, *same).correlate(table).exists()
    return connection.execute(delete(table).where(key > newest, is_stored)).rowcount


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
