"""Engines for any SQLAlchemy URL, with what SQLite needs to behave like a database server."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from din_core.domain import StoreError

LOCK_WAIT_SECONDS = 30


def parse_url(url: str) -> URL:
    """The parsed URL; StoreError where it is none."""
    try:
        return make_url(url)
    except ArgumentError:
        raise StoreError(
            '"{url}" is not a store URL; write one such as sqlite:///din.db (a file in this folder)', url=url
        ) from None


def sqlite_file(url: URL) -> Path | None:
    """The file behind a SQLite URL; None for other databases, memory and `file:` addresses."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    if url.database == ":memory:" or url.database.startswith("file:"):
        return None
    return Path(url.database)


def is_writable(path: Path) -> bool:
    """Whether SQLite may write a file and its write-ahead log beside it."""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def read_only_url(path: Path) -> URL:
    """The URL of a SQLite file that nobody writes: it is read without locks, and nothing is made beside it."""
    options = {"mode": "ro", "immutable": "1", "uri": "true"}
    return URL.create("sqlite", database=f"file:{quote(str(path.resolve()))}", query=options)


def make_engine(url: URL, check_references: bool = True) -> Engine:
    """An engine whose connections may be used from any thread, one transaction at a time.

    `check_references` false is for a bulk load that has looked up every key itself: on SQLite, checking
    them again takes a third of its time.
    """
    options: dict[str, Any] = {}
    if url.get_backend_name() == "sqlite":
        options["connect_args"] = {"timeout": LOCK_WAIT_SECONDS, "check_same_thread": False}
        if sqlite_file(url) is None and "immutable" not in url.query:
            # A memory database lives and dies with its one connection: threads take turns on it.
            options |= {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0}
    try:
        engine = create_engine(url, **options)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise StoreError(
            'no driver for store URL "{driver}://…" is installed ({error}); install it or use sqlite:///',
            driver=url.drivername,
            error=str(error),
        ) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_sqlite_connect)
        event.listen(engine, "begin", _on_sqlite_begin)
        if check_references:
            event.listen(engine, "connect", _enforce_foreign_keys)
    return engine


def _on_sqlite_connect(connection: sqlite3.Connection, _: object) -> None:
    # Transactions begin where `_on_sqlite_begin` says so; by itself the driver would leave reads and
    # CREATE TABLE outside of them.
    connection.isolation_level = None
    for pragma in (
        "synchronous=NORMAL",  # with a write-ahead log: safe against crashes of the program
        "temp_store=MEMORY",
        "cache_size=-65536",  # KiB
        "mmap_size=268435456",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _enforce_foreign_keys(connection: sqlite3.Connection, _: object) -> None:
    connection.execute("PRAGMA foreign_keys=ON").close()


def _on_sqlite_begin(connection: Connection) -> None:
    # A writer takes the lock at once: one that starts as a reader cannot wait for it later.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def use_write_ahead_log(engine: Engine) -> None:
    """Let readers and a writer of a SQLite file work side by side; the file itself remembers it.

    Where the file is busy or lies on a disk that cannot do it, they wait for each other instead.
    """
    if engine.dialect.name == "sqlite":
        connection = engine.raw_connection()  # the journal cannot be changed inside a transaction
        try:
            with suppress(sqlite3.OperationalError):
                connection.cursor().execute("PRAGMA journal_mode=WAL").close()
        finally:
            connection.close()
