"""What PostgreSQL does otherwise than SQLite, and must not let anybody notice."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import create_engine, inspect, make_url, text

from din_core.domain import StoreError
from din_core.store import BehaviorStore, create_store, ingest, open_store, postgres
from tests import postgres_server
from tests.postgres_server import PASSWORD, PostgresServer
from tests.small_world import MONDAY, behaviors
from tests.store.input_tables import valid_tables, write

ROOT = Path(__file__).parents[2]


@pytest.fixture
def address(postgres: PostgresServer, postgres_world: str) -> Iterator[str]:
    """The URL of a store of the small world, for one test."""
    with postgres.database(postgres_world) as name:
        yield postgres.url(name)


@pytest.fixture
def filled(address: str) -> Iterator[BehaviorStore]:
    store = open_store(address)
    yield store
    store.close()


def test_reads_of_one_transaction_see_one_state(filled: BehaviorStore) -> None:
    count = text("SELECT count(*) FROM behaviors")
    with filled.reading() as reader:
        before = reader.execute(count).scalar()
        filled.append_behaviors("10", [("m1", MONDAY)])
        assert reader.execute(count).scalar() == before
    assert filled.summary().n_behaviors == len(behaviors()) + 1


def test_a_writer_waits_for_another_and_then_sees_what_that_wrote(address: str, tmp_path: Path) -> None:
    tables = write(tmp_path / "more", {"items": {"item_id": ["z1"]}})
    first = create_store(address)
    holds, done = Event(), Event()

    def write_first() -> None:
        with first.writing() as connection:
            row = "INSERT INTO items (item_key, item_id, fields, search_text) VALUES (8, 'z0', '{}', '')"
            connection.execute(text(row))
            holds.set()
            assert not done.wait(0.3)

    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(write_first)
        assert holds.wait(30)
        ingest(tables, address, append=True)
        done.set()
        writer.result(30)
    assert [item.item_id for item in first.all_items()][-2:] == ["z0", "z1"]
    first.close()


def test_a_writer_that_waits_too_long_is_told_so(
    filled: BehaviorStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "LOCK_WAIT_SECONDS", 0.1)
    with filled.writing(), pytest.raises(StoreError) as raised:
        ingest(write(tmp_path / "in", valid_tables()), filled.url, append=True)
    assert "cannot be written (canceling statement due to lock timeout), and nothing was loaded" in str(raised.value)


def test_a_store_is_read_while_it_is_replaced(filled: BehaviorStore, tmp_path: Path) -> None:
    found = []

    def read(step: str, done: int, total: int | None) -> None:
        if step == "building indexes" and done == total:
            with ThreadPoolExecutor(1) as pool:  # of a transaction that stands before its end
                found.append(pool.submit(filled.summary).result(30).n_behaviors)

    ingest(write(tmp_path / "in", valid_tables()), filled.url, replace=True, progress=read)
    assert found == [len(behaviors())]
    assert filled.summary().n_behaviors == 4


def test_a_load_leaves_all_indexes_and_references(filled: BehaviorStore, tmp_path: Path) -> None:
    def made() -> list[tuple[str, list[object]]]:
        found = inspect(filled.engine)
        return [
            (table, sorted(str(one["name"]) for one in [*found.get_indexes(table), *found.get_foreign_keys(table)]))
            for table in ("behaviors", "impressions")
        ]

    loaded = made()
    with filled.writing() as connection:
        connection.execute(text("DELETE FROM behaviors; DELETE FROM impressions"))
    ingest(write(tmp_path / "in", valid_tables()), filled.url, append=True)
    assert made() == loaded
    assert dict(loaded)["behaviors"] == [
        "fk_behaviors_context_key",
        "fk_behaviors_item_key",
        "fk_behaviors_user_key",
        "ix_behaviors_history",
    ]


@pytest.fixture
def reader(postgres: PostgresServer, address: str) -> str:
    """The store's URL for a user who may only read it."""
    database = make_url(address).database
    assert database is not None
    postgres.execute("DROP ROLE IF EXISTS reader", "postgres")
    postgres.execute(f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'")
    postgres.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader", database)
    return postgres.url(database, "reader")


def test_a_user_who_may_only_read_reads_everything_and_is_told_what_is_refused(
    reader: str, postgres: PostgresServer, tmp_path: Path
) -> None:
    store = open_store(reader)
    assert store.summary().n_behaviors == len(store.bulk().behavior_user) == len(behaviors())
    assert store.search_items("milk").total == 2
    with pytest.raises(StoreError, match=r"cannot be written \(permission denied for table behaviors\)"):
        store.append_behaviors("10", [("m1", MONDAY)])
    for options in ({"append": True}, {"replace": True}):
        with pytest.raises(StoreError, match=r"cannot be written \(permission denied for table \w+\), and nothing was"):
            ingest(write(tmp_path / "in", valid_tables()), reader, **options)
    assert store.summary().n_behaviors == len(behaviors())
    store.close()
    postgres.execute("DROP OWNED BY reader", make_url(reader).database or "")


def test_a_user_without_rights_is_told_so_without_sql(postgres: PostgresServer, reader: str, tmp_path: Path) -> None:
    database = make_url(reader).database or ""
    postgres.execute("DROP OWNED BY reader", database)
    with pytest.raises(StoreError) as raised:
        open_store(reader)
    assert "cannot be opened (permission denied for table alembic_version); check" in str(raised.value)
    assert "SELECT" not in str(raised.value)


@pytest.mark.parametrize("name", ["no_such_database", "postgres"])
def test_a_database_without_a_store_is_told_without_the_password(postgres: PostgresServer, name: str) -> None:
    with pytest.raises(StoreError) as raised:
        open_store(postgres.url(name))
    assert ('database "no_such_database" does not exist' in str(raised.value)) == (name == "no_such_database")
    assert PASSWORD not in str(raised.value) and "\n" not in str(raised.value)


def test_a_database_of_bytes_is_refused_in_one_sentence(postgres: PostgresServer, tmp_path: Path) -> None:
    name = "of_bytes"
    engine = create_engine(make_url(postgres.url("postgres")).set(drivername="postgresql+psycopg"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        libc = "LOCALE_PROVIDER libc" if (connection.dialect.server_version_info or (0,)) >= (15,) else ""
        made = f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C' {libc}"
        connection.execute(text(made))
        try:
            with pytest.raises(StoreError, match=f"{name} has the encoding SQL_ASCII.*; make one by CREATE DATABASE"):
                ingest(write(tmp_path, valid_tables()), postgres.url(name))
            with pytest.raises(StoreError, match="has the encoding SQL_ASCII"):
                open_store(postgres.url(name))
        finally:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


def test_a_wrong_password_is_told_and_not_shown(postgres: PostgresServer) -> None:
    with pytest.raises(StoreError, match='password authentication failed for user "din"') as raised:
        open_store(postgres.url("postgres", password="correcthorse"))
    assert "correcthorse" not in str(raised.value)


def test_a_server_that_stops_is_told_and_the_store_goes_on_when_it_is_back(
    postgres: PostgresServer, filled: BehaviorStore
) -> None:
    before = filled.summary()
    postgres.stop()
    try:
        for _ in range(2):
            with pytest.raises(StoreError, match=r"cannot be read \(.*\); check that") as raised:
                filled.summary()
            assert PASSWORD not in str(raised.value) and "SELECT" not in str(raised.value)
    finally:
        postgres.start()
    assert filled.summary() == before


def test_where_postgres_is_missing_the_tests_say_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_server, "INSTALLED", tmp_path)
    with pytest.raises(AssertionError, match="apt-get install postgresql"), postgres_server.postgres_server():
        pass


def test_a_server_ends_with_the_process_that_began_it() -> None:
    program = "import os; from tests.postgres_server import postgres_server; made = postgres_server(); "
    program += "server = made.__enter__(); server.execute('SELECT 1'); print(server.folder, flush=True); os._exit(3)"
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90, check=False)
    folder = Path(ended.stdout.strip())
    assert ended.returncode == 3 and folder.name.startswith("din-lens-postgres-")
    while folder.exists():  # the guard deletes it last; the limit of a test bounds the wait
        time.sleep(0.05)
