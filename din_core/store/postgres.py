"""What PostgreSQL needs to behave as the store's contract says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, event

from din_core.domain import StoreError

CONNECT_SECONDS = 10
LOCK_WAIT_SECONDS = 30
WRITERS_LOCK = 4_474_190
"""The advisory lock of this database's writers."""


def engine_options(url: URL) -> dict[str, Any]:
    """For `create_engine`: reads of one transaction see one state, and connections that were cut are made anew."""
    wanted = {"connect_timeout": CONNECT_SECONDS, "client_encoding": "utf8"}
    arguments = {name: value for name, value in wanted.items() if name not in url.query}
    return {"isolation_level": "REPEATABLE READ", "pool_pre_ping": True, "connect_args": arguments}


def prepare_engine(engine: Engine, read_only: bool = False) -> None:
    """Let writers of a store wait for each other; refuse a database that does not know characters from bytes.

    `read_only`: every transaction is one that the server lets write nothing.
    """
    event.listen(engine, "connect", _refuse_bytes)
    if read_only:
        event.listen(engine, "connect", _refuse_writes)
    event.listen(engine, "begin", _on_begin)


def _refuse_bytes(connection: Any, _: object) -> None:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding == "SQL_ASCII":
        raise StoreError(
            "the database {name} has the encoding {encoding}, which keeps bytes and no characters; make one by "
            "CREATE DATABASE with ENCODING 'UTF8' and TEMPLATE template0",
            name=connection.info.dbname,
            encoding=encoding,
        )


def _refuse_writes(connection: Any, _: object) -> None:
    # The driver begins each transaction so. A setting of the session would stay with the next client of a pooler that
    # lends its sessions by the transaction, and many poolers refuse one in the address.
    connection.read_only = True


def _on_begin(connection: Connection) -> None:
    if not connection.get_execution_options().get("writes", False):
        return
    # What a writer reads must be newer than the lock: its transaction may not keep the state of its first statement.
    connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_WAIT_SECONDS}s'")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})")


def copy_rows(connection: Connection, table: Table, names: Iterable[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Write many rows in one COPY, several times as fast as by INSERT."""
    cursor = connection.connection.cursor()
    try:
        with cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    finally:
        cursor.close()


def restart_keys(connection: Connection, tables: Iterable[Table]) -> None:
    """Number the next rows of these tables from 1 again; undone where the transaction is."""
    for table in tables:
        if table.autoincrement_column is not None:
            connection.exec_driver_sql(f"ALTER SEQUENCE {table.name}_{table.autoincrement_column.name}_seq RESTART")


def analyze(connection: Connection) -> None:
    """Let it know how many rows there are, by which it plans queries; alone it looks minutes later."""
    connection.exec_driver_sql("ANALYZE items, users, contexts, behaviors, impressions")
