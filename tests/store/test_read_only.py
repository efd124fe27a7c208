"""A store opened to be read: on every backend it answers like any other, and no statement can write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from din_core.domain import StoreFailure
from din_core.store import BehaviorStore, open_store
from tests.small_world import MONDAY, behaviors

REFUSED = r"cannot be written \((attempt to write a readonly database|cannot execute [A-Z ]+ in a read-only tran)"
STATEMENTS = (
    "INSERT INTO behaviors (user_key, item_key, timestamp) VALUES (1, 1, 5)",
    "UPDATE users SET user_id = 'x'",
    "DELETE FROM impressions",
    "DROP TABLE behaviors",
    "CREATE TABLE mine (a INTEGER)",
)
on_each = pytest.mark.parametrize("store", ["sqlite", "sqlite-like", "postgres"], indirect=True)
on_sqlite = pytest.mark.parametrize("store", ["sqlite"], indirect=True)


@pytest.fixture
def read_only(store: BehaviorStore) -> Iterator[BehaviorStore]:
    """The same store once more, to be read."""
    with closing(open_store(store.url, 1000, read_only=True)) as opened:
        yield opened


@on_each
def test_a_store_to_be_read_gives_what_any_other_gives(store: BehaviorStore, read_only: BehaviorStore) -> None:
    for one in (store, read_only):
        one.check_reachable()
    assert read_only.summary() == store.summary()
    assert read_only.facts() == store.facts()
    assert read_only.history("7", MONDAY) == store.history("7", MONDAY)
    assert read_only.search_items("milk") == store.search_items("milk")
    assert read_only.corrected_item_text("chedar") == store.corrected_item_text("chedar") == "cheddar"
    assert read_only.data_faults() == store.data_faults()
    assert len(read_only.bulk().behavior_item) == len(behaviors())


@on_each
@pytest.mark.parametrize("statement", STATEMENTS)
def test_no_statement_writes_into_a_store_that_was_opened_to_be_read(
    store: BehaviorStore, read_only: BehaviorStore, statement: str
) -> None:
    with pytest.raises(StoreFailure, match=REFUSED), read_only.writing() as connection:
        connection.execute(text(statement))
    with pytest.raises(StoreFailure), read_only.reading() as connection:
        connection.execute(text(statement))
    with pytest.raises(DBAPIError), read_only.engine.connect() as connection:
        connection.execute(text(statement))
    assert store.summary().n_behaviors == len(behaviors())


@on_each
def test_behaviors_are_appended_elsewhere_and_seen_at_once(store: BehaviorStore, read_only: BehaviorStore) -> None:
    before = len(read_only.history("10", 2**40).behaviors)
    with pytest.raises(StoreFailure, match=REFUSED):
        read_only.append_behaviors("10", [("m1", MONDAY)])
    store.append_behaviors("10", [("m1", MONDAY)])
    assert len(read_only.history("10", 2**40).behaviors) == before + 1


@on_each
def test_without_the_setting_a_store_can_be_written(store: BehaviorStore) -> None:
    with closing(open_store(store.url)) as opened:
        opened.append_behaviors("10", [("m1", MONDAY)])


@on_sqlite
def test_what_a_statement_turns_off_leaves_the_file_as_it_is(read_only: BehaviorStore) -> None:
    with pytest.raises(StoreFailure, match="attempt to write a readonly database"), read_only.reading() as connection:
        connection.execute(text("PRAGMA query_only=OFF"))
        connection.execute(text("DELETE FROM behaviors"))


@on_sqlite
def test_no_other_file_can_be_attached_or_made(read_only: BehaviorStore, tmp_path: Path) -> None:
    for statement in (f"ATTACH '{tmp_path / 'other.db'}' AS other", f"VACUUM INTO '{tmp_path / 'other.db'}'"):
        raw = read_only.engine.raw_connection()
        with pytest.raises(read_only.engine.dialect.loaded_dbapi.Error, match="too many attached databases"):
            raw.cursor().execute(statement)
        raw.close()
    assert not (tmp_path / "other.db").exists()


@on_sqlite
def test_a_file_that_is_deleted_is_not_made_anew(read_only: BehaviorStore, tmp_path: Path) -> None:
    (tmp_path / "store.db").unlink()
    with pytest.raises(StoreFailure, match="unable to open database file"):
        read_only.summary()
    assert not (tmp_path / "store.db").exists()
