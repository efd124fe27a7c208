"""How SQLite is set up, and that reads are served by the indexes made for them."""

from __future__ import annotations

import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import URL, text

from din_core.domain import StoreError, StoreFailure
from din_core.store import BehaviorStore, connect, engine, ingest, open_store
from din_core.store.engine import is_writable, make_engine, read_only_url
from tests.small_world import MONDAY, write_tables
from tests.store.input_tables import database, valid_tables, write


@pytest.fixture
def filled(tmp_path: Path) -> BehaviorStore:
    ingest(write_tables(tmp_path / "in"), database(tmp_path))
    return open_store(database(tmp_path))


def plan(store: BehaviorStore, sql: str) -> str:
    with store.engine.connect() as connection:
        rows = connection.execute(text(f"EXPLAIN QUERY PLAN {sql}")).all()
    return "; ".join(row[3] for row in rows)


def test_readers_and_a_writer_work_side_by_side(filled: BehaviorStore) -> None:
    with filled.engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
    with filled.writing() as writer:
        writer.execute(text("INSERT INTO behaviors (user_key, item_key, timestamp) VALUES (4, 1, 5)"))
        assert filled.history("10", MONDAY).behaviors == ()
    assert len(filled.history("10", MONDAY).behaviors) == 1


@pytest.fixture
def unwritable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a store in whose folder SQLite can make no log, whoever runs the tests."""
    ingest(write_tables(tmp_path / "in"), database(tmp_path))
    (tmp_path / "store.db-shm").symlink_to(tmp_path / "nowhere" / "shm")
    monkeypatch.setattr(connect, "is_writable", lambda path: False)
    return database(tmp_path)


def test_an_ingest_leaves_the_file_alone_in_its_folder(tmp_path: Path) -> None:
    ingest(write_tables(tmp_path / "in"), database(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "store.db"]


@pytest.mark.parametrize("read_only", [False, True])
def test_a_store_that_cannot_be_written_is_read_as_it_is(unwritable: str, read_only: bool) -> None:
    store = open_store(unwritable, read_only=read_only)
    assert (store.url, len(store.history("7", MONDAY).behaviors), store.search_items("milk").total) == (
        unwritable,
        25,
        2,
    )
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: store.summary().n_items, range(20))) == {7}
    with pytest.raises(StoreError, match=r"cannot be written \(attempt to write a readonly database\)"):
        store.append_behaviors("10", [("m1", MONDAY)])
    store.close()


def test_a_name_with_signs_of_addresses_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "a b%3f#ü?x=1" / "s.db"
    ingest(write_tables(tmp_path / "in"), str(URL.create("sqlite", database=str(path))))
    engine = make_engine(read_only_url(path))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT COUNT(*) FROM items")).scalar() == 7
    engine.dispose()


def test_rows_that_stand_in_a_log_that_cannot_be_read_are_not_passed_over(unwritable: str, tmp_path: Path) -> None:
    (tmp_path / "store.db-wal").write_bytes(b"rows")
    with pytest.raises(StoreError, match=r"its newest rows stand in store\.db-wal still; open it once"):
        open_store(unwritable)


def test_a_store_that_can_be_written_is_never_read_without_its_log(
    unwritable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "is_writable", lambda path: True)
    with pytest.raises(StoreError, match=r"cannot be opened \(unable to open database file\)"):
        open_store(unwritable)


def test_what_cannot_be_written_is_told_by_its_rights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "store.db"
    path.touch()
    assert is_writable(path)
    for refused in (path, tmp_path):
        monkeypatch.setattr(os, "access", lambda asked, _, refused=refused: asked != refused)
        assert not is_writable(path)


def test_a_store_that_another_program_locks_is_told_and_read_when_it_is_free(
    filled: BehaviorStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.close()
    monkeypatch.setattr(engine, "LOCK_WAIT_SECONDS", 0.1)
    store = open_store(filled.url)
    store.close()  # its connections, which are made anew when it is read
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    other.execute("PRAGMA locking_mode=EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreFailure, match=r"the store sqlite:///.*store\.db cannot be read \(database is locked\)"):
        store.summary()
    other.close()
    assert store.summary().n_items == 7
    store.close()


def test_a_store_that_is_deleted_is_missed_and_one_in_its_place_is_read(filled: BehaviorStore, tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    assert filled.summary().n_items == 7
    path.unlink()
    with pytest.raises(StoreFailure, match="unable to open database file"):
        filled.summary()
    assert not path.exists()
    ingest(write(tmp_path / "other", valid_tables()), database(tmp_path))
    assert filled.summary().n_items == 3


def test_a_row_that_refers_to_nothing_is_refused(filled: BehaviorStore) -> None:
    with pytest.raises(StoreError, match="FOREIGN KEY"), filled.writing() as writer:
        writer.execute(text("INSERT INTO behaviors (user_key, item_key, timestamp) VALUES (999, 1, 5)"))


def test_a_history_is_read_from_its_index_alone_and_in_order(filled: BehaviorStore) -> None:
    steps = plan(
        filled,
        "SELECT timestamp, item_key, behavior_type FROM behaviors WHERE user_key = 1 AND timestamp < 9 "
        "ORDER BY timestamp DESC, behavior_key DESC LIMIT 5",
    )
    assert steps == "SEARCH behaviors USING COVERING INDEX ix_behaviors_history (user_key=? AND timestamp<?)"


def test_a_users_impressions_are_found_by_their_index(filled: BehaviorStore) -> None:
    for condition in ("user_key = 1", "user_key = 1 AND split = 'test'"):
        assert "USING INDEX ix_impressions_user" in plan(filled, f"SELECT * FROM impressions WHERE {condition}")
