"""How SQLite is set up, and that reads are served by the indexes made for them."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from din_core.store import BehaviorStore, ingest, open_store
from tests.small_world import MONDAY, write_tables
from tests.store.input_tables import database


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


def test_a_row_that_refers_to_nothing_is_refused(filled: BehaviorStore) -> None:
    with pytest.raises(IntegrityError, match="FOREIGN KEY"), filled.writing() as writer:
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
