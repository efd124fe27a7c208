"""Indexes that a store may lack: without them it gives the same answers, in seconds where it holds millions of rows."""

from __future__ import annotations

from sqlalchemy import Connection, inspect

_BY_ITEM = "ix_impressions_item"
"""Who was shown an item. A wider index would answer little sooner, and take twice as long to sort."""


def create_extra_indexes(connection: Connection) -> None:
    """Create those that are missing."""
    if not _is_there(connection):
        connection.exec_driver_sql(f"CREATE INDEX {_BY_ITEM} ON impressions (item_key)")


def drop_extra_indexes(connection: Connection) -> None:
    """Before tables are filled: sorted once at the end, an index takes a fraction of the time."""
    if _is_there(connection):
        connection.exec_driver_sql(f"DROP INDEX {_BY_ITEM}")


def _is_there(connection: Connection) -> bool:
    return _BY_ITEM in [index["name"] for index in inspect(connection).get_indexes("impressions")]
