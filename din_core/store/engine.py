"""Engines for any SQLAlchemy URL, with what SQLite needs to behave like a database server."""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from din_core.domain import StoreError
from din_core.store import postgres
from din_core.store.postgres import LOCK_WAIT_SECONDS

MOST_PORT = 65_535
DRIVERS = {
    **dict.fromkeys(("sqlite", "sqlite+pysqlite"), "sqlite"),
    **dict.fromkeys(("postgresql", "postgres"), "postgresql"),  # which SQLAlchemy opens by psycopg
    "postgresql+psycopg": "postgresql+psycopg",
}
"""The engines that a store may lie in, by what URLs call them; the schema and the queries are tested on these."""
Access = Literal["make", "write", "read"]
"""Make a store where there is none; write into one that is there; only read it."""
SECRET = re.compile("pass|pwd|secret|token|key$", re.IGNORECASE)
"""Query parameters of a URL whose values are not shown."""


def parse_url(url: str) -> URL:
    """The parsed URL; StoreError where it is none, of an engine that is not supported, or names what it has not."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise StoreError(
            '"{url}" is not a store URL; write one such as sqlite:///din.db (a file in this folder)',
            url=masked_url(url),
        ) from None
    if parsed.drivername not in DRIVERS:
        raise StoreError(
            'a store lies in SQLite or in PostgreSQL, not at "{driver}://…"; write sqlite:///FILE or '
            "postgresql://USER:PASSWORD@HOST/DATABASE",
            driver=parsed.drivername,
        )
    parsed = parsed.set(drivername=DRIVERS[parsed.drivername])
    if "@" in (parsed.host or ""):
        raise StoreError("the password in the store URL holds an @; write it there as %40")
    if parsed.port is not None and not 1 <= parsed.port <= MOST_PORT:
        raise StoreError(
            "the port in {url} is {port}, but must be 1 to {most}; give the one that the database listens on",
            url=masked_url(parsed),
            port=parsed.port,
            most=MOST_PORT,
        )
    if parsed.get_backend_name() == "sqlite" and (parsed.host or parsed.username or parsed.port):
        raise StoreError(
            "{url} names a host or a user, which SQLite has not; write sqlite:/// with three slashes, then the file",
            url=masked_url(parsed),
        )
    check_names_file(parsed)
    return parsed


def check_names_file(url: URL) -> None:
    """StoreError for a SQLite URL of a folder, or of a home folder's sign, which only shells put a path for."""
    path = sqlite_file(url)
    if path is None:
        return
    shown = masked_url(url)
    if path.parts and path.parts[0].startswith("~"):
        raise StoreError("{url} begins with ~, which stands for no folder in a URL; write the whole path", url=shown)
    if not path.name or str(url.database).endswith("/") or path.name == ".." or path.is_dir():
        raise StoreError("{url} names a folder; name a file, such as sqlite:///din.db", url=shown)


def check_is_kept(url: URL) -> None:
    """StoreError for a SQLite database in memory, of which nothing is left when its command ends."""
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        raise StoreError(
            "{url} is a database in memory, of which nothing is kept; name a file, such as sqlite:///din.db",
            url=masked_url(url),
        )


def masked_url(url: str | URL) -> str:
    """A store URL as it may be shown, whichever part of it holds a password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        before, at, after = str(url).rpartition("@")
        return f"…@{after}" if at else before or after
    if "@" in (parsed.host or ""):  # a password that was not written as a URL has it
        parsed = parsed.set(host=str(parsed.host).rpartition("@")[2])
    secret = {name: "***" for name in parsed.query if SECRET.search(name)}
    return parsed.update_query_dict(secret).render_as_string(hide_password=True)


def reason_of(error: Exception, url: URL) -> str:
    """What a database says of a failure, in one line and without the URL's password."""
    own = getattr(error, "orig", None) or error
    # PostgreSQL's message quotes the statement; its diagnosis does not.
    text = getattr(getattr(own, "diag", None), "message_primary", None) or str(own)
    return without_secrets(" ".join(text.split()), url)


def without_secrets(text: str, url: URL) -> str:
    """A text as it may be shown, which may quote a URL's password."""
    secrets = [url.password, *(str(value) for name, value in url.query.items() if SECRET.search(name))]
    for secret in filter(None, secrets):
        text = text.replace(str(secret), "***")
    return text


def hide_password(text: str, url: str) -> str:
    """The same of a URL that may be none."""
    if not url:
        return text
    with suppress(ArgumentError, ValueError):
        text = without_secrets(text, make_url(url))
    return text.replace(url, masked_url(url))


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


def make_engine(url: URL, check_references: bool = True, access: Access = "make") -> Engine:
    """An engine whose connections may be used from any thread, one transaction at a time.

    With another `access` than "make" a connection to a file that was deleted fails, and leaves no empty one; with
    "read" the database refuses every statement that would write.
    `check_references` false is for a bulk load that has looked up every key itself: on SQLite, checking
    them again takes a third of its time. It sorts in files: memory does not grow with the rows, and it is quicker.
    """
    options: dict[str, Any] = {}
    if url.get_backend_name() == "postgresql":
        options = postgres.engine_options(url)
    else:
        options["connect_args"] = {"timeout": LOCK_WAIT_SECONDS, "check_same_thread": False}
        if sqlite_file(url) is None and "immutable" not in url.query:
            # A memory database lives and dies with its one connection: threads take turns on it.
            options |= {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0}
    try:
        engine = create_engine(url, **options)
    except ImportError as error:
        raise StoreError(
            "a store in PostgreSQL needs psycopg, which is not installed ({error}); install it by "
            "`pip install 'psycopg[binary]'`, or use sqlite:///",
            error=str(error),
        ) from None
    except (ArgumentError, TypeError, ValueError) as error:
        raise StoreError(
            "{address} cannot be opened ({error}); check the address",
            address=masked_url(url),
            error=reason_of(error, url),
        ) from None
    if engine.dialect.name == "postgresql":
        postgres.prepare_engine(engine, read_only=access == "read")
    else:
        path = sqlite_file(url)
        if access != "make" and path is not None:
            event.listen(engine, "do_connect", _open_to_read if access == "read" else _open_to_write)
        if path is not None:
            _follow_file(engine, path.absolute())
        event.listen(engine, "connect", _on_sqlite_connect)
        event.listen(engine, "begin", _on_sqlite_begin)
        event.listen(engine, "connect", _enforce_foreign_keys if check_references else _prepare_bulk_load)
        if access == "read":
            event.listen(engine, "connect", _refuse_writes)
    return engine


def _open_to_write(_: object, __: object, arguments: list[str], options: dict[str, Any]) -> None:
    _open_existing(arguments, options, "rw")


def _open_to_read(_: object, __: object, arguments: list[str], options: dict[str, Any]) -> None:
    _open_existing(arguments, options, "ro")


def _open_existing(arguments: list[str], options: dict[str, Any], mode: str) -> None:
    arguments[0] = f"file:{quote(os.path.abspath(arguments[0]))}?mode={mode}"
    options["uri"] = True


def _refuse_writes(connection: sqlite3.Connection, _: object) -> None:
    connection.execute("PRAGMA query_only=ON").close()  # which a statement could turn off; what follows it cannot
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)  # `mode=ro` does not hold for other files


def _on_sqlite_connect(connection: sqlite3.Connection, _: object) -> None:
    # Transactions begin where `_on_sqlite_begin` says so; by itself the driver would leave reads and
    # CREATE TABLE outside of them.
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous=NORMAL").close()  # with a write-ahead log: safe if the program crashes
    connection.execute("PRAGMA temp_store=MEMORY").close()


def _follow_file(engine: Engine, path: Path) -> None:
    """Connect anew where the file was deleted or replaced: an open connection would go on reading the old one."""

    def number() -> tuple[int, int] | None:
        with suppress(OSError):
            found = path.stat()
            return found.st_dev, found.st_ino
        return None

    def remember(_: object, record: ConnectionPoolEntry) -> None:
        record.info["file"] = number()

    def check(_: object, record: ConnectionPoolEntry, __: object) -> None:
        if record.info["file"] != number():
            raise DisconnectionError

    event.listen(engine, "connect", remember)
    event.listen(engine, "checkout", check)


def _enforce_foreign_keys(connection: sqlite3.Connection, _: object) -> None:
    connection.execute("PRAGMA foreign_keys=ON").close()


def _prepare_bulk_load(connection: sqlite3.Connection, _: object) -> None:
    connection.execute("PRAGMA temp_store=FILE").close()
    # Pages written meanwhile; for reading, SQLite's own 2 MB a connection are as quick, as the system keeps the file.
    connection.execute("PRAGMA cache_size=-65536").close()  # KiB


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
