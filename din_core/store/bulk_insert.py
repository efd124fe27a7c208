"""Putting many rows into a table at once, on either database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table

from din_core.store.postgres import copy_rows

IN_CHUNK = 500
"""Values in one IN list: below every database's limit on parameters."""
_MOST_PARAMETERS = 600
"""Of a statement in SQLite, which takes 999 in its oldest versions; more gain nothing."""


def insert_columns(connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]]) -> None:
    """Insert rows given as columns of equal length; JSON columns hold JSON texts."""
    n = len(next(iter(columns.values())))
    if not n:
        return
    if connection.dialect.name == "postgresql":
        copy_rows(connection, table, columns, zip(*columns.values(), strict=True))
    else:
        _insert_into_sqlite(connection, table, columns, n)


def _insert_into_sqlite(connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]], n: int) -> None:
    """Many rows a statement, by the driver's own executemany: half the time of a row a statement."""
    width = len(columns)
    values: list[Any] = [None] * (n * width)
    for place, column in enumerate(columns.values()):
        values[place::width] = column
    most = max(1, _MOST_PARAMETERS // width) * width
    whole = len(values) // most * most
    for start, stop, step in ((0, whole, most), (whole, len(values), width)):
        if start < stop:
            row = f"({', '.join('?' * width)})"
            statement = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES {', '.join([row] * (step // width))}"
            connection.exec_driver_sql(statement, [tuple(values[i : i + step]) for i in range(start, stop, step)])
