"""Opening and creating stores: is there one at an address, and of which schema version?"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy import URL, Connection
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from din_core.domain import StoreError, UnusableStore
from din_core.domain.translatable import Translatable
from din_core.store.behavior_store import BehaviorStore
from din_core.store.engine import (
    Access,
    check_is_kept,
    is_writable,
    make_engine,
    masked_url,
    parse_url,
    read_only_url,
    reason_of,
    sqlite_file,
    use_write_ahead_log,
)
from din_core.store.queries.search import choose_search
from din_core.store.recent_rows import FileState, RecentRows
from din_core.store.refolding import refold
from din_core.store.versions import HEAD, READABLE, current_version, known_versions, migrate

DAMAGED = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}
"""SQLite's codes for a file that is at fault itself; others are of its surroundings and may pass."""
CONNECT_ERRORS = (DBAPIError, ArgumentError, TypeError)
"""What connecting raises: the database's own errors, and those of a URL whose parameters the driver does not know."""


def open_store(url: str, keep_rows: int = 0, *, read_only: bool = False) -> BehaviorStore:
    """Open an existing store; StoreError where there is none or its schema is of another version.

    A SQLite file that cannot be written, on a read-only disk or in a read-only folder, is read as it lies there: what
    others write into it later may go unseen until it is opened again.

    `keep_rows`: how many rows of users that were read last are kept as long as nobody writes into the file, for an app
    that asks for the same ones again and again. Only of SQLite files.

    `read_only`: the database refuses every statement that would write, as a StoreFailure where it comes from `writing`.
    """
    address = parse_url(url)
    check_is_kept(address)
    path = sqlite_file(address)
    if path is not None and not path.is_file():
        raise StoreError("no store at {path}; {advice}", path=str(path), advice=_how_to_fill(address))
    access: Access = "read" if read_only else "write"
    try:
        return _opened(url, address, address, keep_rows, access)
    except CONNECT_ERRORS as error:
        if not isinstance(error, OperationalError) or path is None or is_writable(path):
            raise _cannot_be_opened(address, error) from None
    _check_closed(path)
    try:
        return _opened(url, address, read_only_url(path), keep_rows, access)
    except CONNECT_ERRORS as error:
        raise _cannot_be_opened(address, error) from None


def _opened(url: str, address: URL, target: URL, keep_rows: int, access: Access) -> BehaviorStore:
    """The store at `target`, which is how `address` is reached."""
    engine, path = make_engine(target, access=access), sqlite_file(address)
    recent = RecentRows(FileState(path), keep_rows) if keep_rows and path is not None else None
    try:
        with engine.begin() as connection:
            version = current_version(connection)
            if version not in READABLE:
                raise other_version(address, version)
            return BehaviorStore(url, engine, choose_search(connection), recent)
    except BaseException:
        engine.dispose()
        raise


def _check_closed(path: Path) -> None:
    """StoreError where rows stand in the log beside the file, which only who can write reads together with it."""
    log = path.with_name(f"{path.name}-wal")
    if log.is_file() and log.stat().st_size:
        raise StoreError(
            "{path} cannot be written, and its newest rows stand in {log} still; open it once where it can be written, "
            "or ingest the tables anew",
            path=str(path),
            log=log.name,
        )


def _cannot_be_opened(address: URL, error: Exception) -> StoreError:
    damaged = getattr(getattr(error, "orig", None), "sqlite_errorcode", None) in DAMAGED
    return (UnusableStore if damaged else StoreError)(
        "{address} cannot be opened ({error}); check the address",
        address=masked_url(address),
        error=reason_of(error, address),
    )


def create_store(url: str) -> BehaviorStore:
    """Open a store, creating it or migrating it to the current schema where needed."""
    address = parse_url(url)
    path = sqlite_file(address)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    engine = make_engine(address)
    try:
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            prepare_schema(connection)
            search = choose_search(connection)
        use_write_ahead_log(engine)
    except CONNECT_ERRORS as error:
        engine.dispose()
        raise StoreError(
            "{address} cannot be written ({error}); check the address and its rights",
            address=masked_url(address),
            error=reason_of(error, address),
        ) from None
    return BehaviorStore(url, engine, search)


def prepare_schema(connection: Connection) -> None:
    """Create or migrate the schema inside a transaction; StoreError for a version this program does not know."""
    version = current_version(connection)
    if version is not None and version not in known_versions():
        raise other_version(connection.engine.url, version)
    if version != HEAD:
        migrate(connection)
    refold(connection)


def other_version(address: URL, version: str | None) -> StoreError:
    """The error for a database whose schema is not of this program's version (None: it holds no store)."""
    if version is None:
        return UnusableStore(
            "{address} holds no behavior store; {advice}",
            address=masked_url(address),
            advice=_how_to_fill(address),
        )
    if version in known_versions():
        return UnusableStore(
            "{address} has schema version {version}, this program reads {own}; migrate it with "
            "`din_core.store.create_store`, or ingest the tables into a new store",
            address=masked_url(address),
            version=version,
            own=HEAD,
        )
    return UnusableStore(
        "{address} has schema version {version}, which this program (version {own}) does not know; open"
        " it with the DIN Lens that made it, or ingest the tables into a new store",
        address=masked_url(address),
        version=version,
        own=HEAD,
    )


def _how_to_fill(address: URL) -> Translatable:
    return Translatable(
        "fill one with `python -m trainer ingest TABLES --store {address}`", address=masked_url(address)
    )
