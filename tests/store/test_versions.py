"""Schema versions, and stores that cannot be opened."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from din_core.domain import StoreError
from din_core.store import VectorFacts, create_store, ingest, open_store
from din_core.store.schema import Base
from din_core.store.versions import HEAD, known_versions
from tests.store.input_tables import database, valid_tables, write


def test_migrations_build_what_the_models_say(tmp_path: Path) -> None:
    store = create_store(database(tmp_path))
    with store.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                # The full-text index and its shadow tables are SQLite's own.
                "include_name": lambda name, kind, _: kind != "table" or "_search" not in name,
            },
        )
        assert compare_metadata(context, Base.metadata) == []


def test_the_version_read_is_the_newest_migration() -> None:
    assert known_versions()[0] == HEAD


def test_a_created_store_is_empty_and_can_be_created_again(tmp_path: Path) -> None:
    create_store(database(tmp_path)).close()
    summary = create_store(database(tmp_path)).summary()
    assert (summary.n_users, summary.first_timestamp, summary.impressions_by_split) == (0, None, {})
    bulk = open_store(database(tmp_path)).bulk()
    assert len(bulk.items) == len(bulk.behavior_user) == len(bulk.impression_context) == 0
    assert open_store(database(tmp_path)).search_items("x").total == 0


def test_a_missing_store_is_not_made_by_opening_it(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no store at .*store.db; fill one with `python -m trainer ingest TABLES"):
        open_store(database(tmp_path))
    assert not (tmp_path / "store.db").exists()


def test_a_database_without_a_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store.db").touch()
    with pytest.raises(StoreError, match="holds no behavior store"):
        open_store(database(tmp_path))
    (tmp_path / "store.db").write_text("a text file, " * 99)
    with pytest.raises(StoreError, match=r"cannot be opened \(file is not a database\)"):
        open_store(database(tmp_path))
    with pytest.raises(StoreError, match=r"cannot be written \(file is not a database\)"):
        create_store(database(tmp_path))


@pytest.mark.parametrize("use", [open_store, create_store])
def test_a_store_of_another_version_is_refused(tmp_path: Path, use: type) -> None:
    store = create_store(database(tmp_path))
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=rf"has schema version 9999, which this program \(version {HEAD}\)"):
        use(database(tmp_path))
    with pytest.raises(StoreError, match="has schema version 9999"):
        ingest(write(tmp_path / "in", valid_tables()), database(tmp_path))


def test_a_store_of_an_older_version_says_how_to_migrate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_store(database(tmp_path)).close()
    monkeypatch.setattr("din_core.store.connect.HEAD", "0003")
    monkeypatch.setattr("din_core.store.connect.READABLE", ("0003",))
    with pytest.raises(StoreError, match=r"has schema version 0002, this program reads 0003; migrate it with"):
        open_store(database(tmp_path))


def test_a_store_without_vectors_is_read_as_it_is_and_migrated_by_an_append(tmp_path: Path) -> None:
    url = database(tmp_path)
    ingest(write(tmp_path / "in", valid_tables()), url)
    with create_store(url).writing() as connection:
        connection.execute(text("DROP TABLE item_vectors"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    old = open_store(url)
    assert (old.summary().vectors, old.item_vectors(), len(old.bulk().items)) == (None, None, 3)
    old.close()
    with pytest.raises(StoreError, match="already holds 4 behaviors"):
        ingest(tmp_path / "in", url)
    ingest(write(tmp_path / "more", {"items": {"item_id": ["a"], "vector": [[1.0, 2.0]]}}), url, append=True)
    assert open_store(url).summary().vectors == VectorFacts(1, 2)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "is not a store URL"),
        ("din.db", "is not a store URL"),
        ("nosuch://x", 'SQLite or in PostgreSQL, not at "nosuch://…"; write sqlite:///FILE or postgresql://USER'),
        ("sqlite+nosuch://", 'SQLite or in PostgreSQL, not at "sqlite[+]nosuch://…"'),
        ("mysql://me:secret@host/db", 'SQLite or in PostgreSQL, not at "mysql://…"'),
        ("mariadb+pymysql://host/db", 'SQLite or in PostgreSQL, not at "mariadb[+]pymysql://…"'),
        ("mssql+pyodbc://host/db", 'SQLite or in PostgreSQL, not at "mssql[+]pyodbc://…"'),
        ("postgresql+psycopg2://host/db", 'SQLite or in PostgreSQL, not at "postgresql[+]psycopg2://…"'),
        ("sqlite:///.", "sqlite:///. names a folder; name a file, such as sqlite:///din.db"),
        ("sqlite:///..", "sqlite:///.. names a folder"),
        ("sqlite:////", "sqlite://// names a folder"),
        ("sqlite:////tmp", "sqlite:////tmp names a folder"),
        ("sqlite:///nosuch/", "sqlite:///nosuch/ names a folder"),
        ("sqlite:///~/din.db", "sqlite:///~/din.db begins with ~, which stands for no folder in a URL"),
    ],
)
def test_an_address_that_is_none_is_named(tmp_path: Path, url: str, message: str) -> None:
    tables = write(tmp_path / "in", valid_tables())
    for use in (open_store, create_store, lambda url: ingest(tables, url)):
        with pytest.raises(StoreError, match=message):
            use(url)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:"])
def test_a_database_in_memory_is_neither_filled_nor_looked_for(tmp_path: Path, url: str) -> None:
    tables = write(tmp_path / "in", valid_tables())
    for use in (open_store, lambda url: ingest(tables, url)):
        with pytest.raises(StoreError, match="is a database in memory, of which nothing is kept; name a file"):
            use(url)


def test_a_missing_driver_is_named_with_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"needs psycopg, which is not installed .*`pip install 'psycopg\[binary\]'`"):
        open_store("postgres://me:secret@host/db")


def test_passwords_stay_out_of_messages() -> None:
    with pytest.raises(StoreError) as caught:
        open_store("nosuch://me:secret@host/db")
    assert "secret" not in str(caught.value)
