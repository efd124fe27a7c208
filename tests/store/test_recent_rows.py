"""Rows that are kept as long as nobody writes: the same objects then, the new ones as soon as a row is another."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from din_core.domain import StoreError, UnknownUser
from din_core.store import BehaviorStore, open_store
from tests.small_world import MONDAY, small_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[BehaviorStore]:
    """The small world, opened to keep rows."""
    with small_store(tmp_path) as made:
        url = made.url
    kept = open_store(url, keep_rows=100)
    yield kept
    kept.close()


def write(store: BehaviorStore, statement: str) -> None:
    """As another process would."""
    other = open_store(store.url)
    with other.writing() as connection:
        connection.execute(text(statement))
    other.close()


def test_what_is_asked_again_is_not_read_again(store: BehaviorStore) -> None:
    first = store.history("7", MONDAY)
    assert store.history("7", MONDAY) is first
    assert store.history("7", MONDAY, limit=1) is not first
    assert store.user("7") is store.user("7")
    assert store.impressions("7") == store.impressions("7")


def test_fields_of_several_values_are_read_again_when_they_may_be_others(store: BehaviorStore) -> None:
    assert store.several_item_fields() is store.several_item_fields()
    write(store, "INSERT OR REPLACE INTO store_info (name, value) VALUES ('several_item_fields', '[\"category\"]')")
    assert store.several_item_fields() == {"category"}


def test_a_list_may_be_changed_by_whoever_got_it(store: BehaviorStore) -> None:
    whole = store.impressions("7")
    whole.clear()
    assert store.impressions("7")


@pytest.mark.parametrize("keep", [100, 0])
def test_a_row_that_another_connection_changes_is_seen_at_once(store: BehaviorStore, keep: int) -> None:
    store = open_store(store.url, keep_rows=keep)
    before = store.history("7", MONDAY), store.impressions("7")
    write(store, "DELETE FROM behaviors WHERE behavior_key = (SELECT max(behavior_key) FROM behaviors)")
    write(store, "UPDATE impressions SET label = 1 - label")
    after = store.history("7", MONDAY), store.impressions("7")
    assert len(after[0].behaviors) <= len(before[0].behaviors)
    assert [one.label for one in after[1]] != [one.label for one in before[1]]
    assert after == (open_store(store.url).history("7", MONDAY), open_store(store.url).impressions("7"))
    store.close()


def test_an_item_of_another_history_is_read_again_when_it_may_be_another(store: BehaviorStore) -> None:
    assert "m2" in {b.item.item_id for b in store.history("8", MONDAY).behaviors}
    write(store, "UPDATE items SET title = 'Another'")
    assert {b.item.title for user in ("7", "8") for b in store.history(user, MONDAY).behaviors} == {"Another"}


def test_the_state_is_another_after_each_commit_and_the_same_between(store: BehaviorStore) -> None:
    states = [store.state(), store.state()]
    assert states[0] == states[1] is not None
    for title in ("One", "Two"):
        write(store, f"UPDATE items SET title = '{title}'")
        states.append(store.state())
    assert len(set(states)) == 3


def test_a_user_who_is_not_there_is_looked_for_again(store: BehaviorStore) -> None:
    with pytest.raises(UnknownUser):
        store.history("no one", MONDAY)
    write(store, "UPDATE users SET user_id = 'no one' WHERE user_id = '7'")
    assert store.history("no one", MONDAY).user.user_id == "no one"


def test_a_file_that_was_replaced_is_read(store: BehaviorStore, tmp_path: Path) -> None:
    path = Path(store.url.removeprefix("sqlite:///"))
    other = tmp_path / "other.db"
    shutil.copy(path, other)
    changed = open_store(f"sqlite:///{other}")
    write(changed, "DELETE FROM behaviors")
    changed.close()
    assert store.history("7", MONDAY).behaviors
    path.unlink()
    with pytest.raises(StoreError):
        store.history("7", MONDAY)
    other.rename(path)
    assert not store.history("7", MONDAY).behaviors


def test_a_file_that_was_deleted_is_not_answered_for(store: BehaviorStore) -> None:
    assert store.history("7", MONDAY).behaviors
    Path(store.url.removeprefix("sqlite:///")).unlink()
    assert store.state() is None
    with pytest.raises(StoreError):
        store.history("7", MONDAY)
