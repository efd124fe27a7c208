"""Indexes that a store may lack: without them it gives the same answers, in seconds where it holds millions of rows."""

from __future__ import annotations

from sqlalchemy import Connection

_STATEMENTS = (
    "CREATE INDEX IF NOT EXISTS ix_impressions_outcome ON impressions (item_key, label, timestamp, user_key)",
)
"""Who was shown an item, with which outcome and when."""


def create_extra_indexes(connection: Connection) -> None:
    """Create those that are missing."""
    for statement in _STATEMENTS:
        connection.exec_driver_sql(statement)
