"""Putting many rows into a table at once, on any database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, Connection, Table, Text, bindparam, cast, insert

IN_CHUNK = 500
"""Values in one IN list: below every database's limit on parameters."""


def insert_columns(connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]]) -> None:
    """Insert rows given as columns of equal length; JSON columns hold JSON texts."""
    rows = list(zip(*columns.values(), strict=True))
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        # The driver's own executemany: no dictionary a row.
        places = ", ".join("?" * len(columns))
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({places})", rows)
    else:
        statement = insert(table).values({name: parameter(table, name) for name in columns})
        connection.execute(statement, [dict(zip(columns, row, strict=True)) for row in rows])


def parameter(table: Table, name: str) -> Any:
    """The parameter that fills a column; of a JSON column it is the JSON's text."""
    if isinstance(table.c[name].type, JSON):
        return cast(bindparam(name, type_=Text), JSON)
    return bindparam(name)
