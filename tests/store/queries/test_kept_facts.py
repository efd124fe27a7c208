"""What is kept of a filled store's counts is what counting says, and rows that come later are seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from din_core.store import BehaviorStore, ingest, open_store
from din_core.store.queries import kept_facts, kept_tally
from din_core.store.queries.line_tally import Ints, LineTally, tally_of
from din_core.store.queries.lookups import write_info
from tests.small_world import MONDAY, write_tables
from tests.store.input_tables import Tables, database, valid_tables, write


def forget(store: BehaviorStore) -> None:
    """Take away what is kept, as in a store of an earlier release."""
    with store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM store_info WHERE name LIKE '%when filled'")


@pytest.fixture
def filled(tmp_path: Path) -> BehaviorStore:
    ingest(write_tables(tmp_path / "in"), database(tmp_path))
    return open_store(database(tmp_path))


def test_what_is_kept_is_what_is_counted(filled: BehaviorStore) -> None:
    kept = filled.facts(), filled.summary(), filled.data_faults(), filled.held_values()
    forget(filled)
    assert (filled.facts(), filled.summary(), filled.data_faults(), filled.held_values()) == kept


def test_what_is_kept_is_not_counted_again(filled: BehaviorStore, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = filled.facts(), filled.summary()

    def refuse(*_: object) -> None:
        raise AssertionError("counted")

    monkeypatch.setattr(kept_facts, "tally_of", refuse)
    monkeypatch.setattr(kept_facts, "_counted", refuse)
    assert (filled.facts(), filled.summary()) == expected


def test_rows_that_come_later_are_in_every_count(filled: BehaviorStore) -> None:
    before = filled.summary()
    filled.append_behaviors("10", [("m1", MONDAY + 9), ("c1", 5)])
    with filled.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO impressions (user_key, item_key, timestamp, label, split) VALUES (1, 1, 7, 1, 'valid')"
        )
    after = filled.summary()
    assert after.n_behaviors == before.n_behaviors + 2
    assert after.impressions_by_split == {**before.impressions_by_split, "valid": 1}
    assert (after.first_timestamp, after.last_timestamp) == (5, MONDAY + 9)
    facts = filled.facts()
    assert [own.split for own in facts.splits] == ["train", "valid", "test"]
    forget(filled)
    assert (filled.summary(), filled.facts()) == (after, facts)


def test_appended_tables_are_counted_with_the_others(tmp_path: Path) -> None:
    ingest(write(tmp_path / "in", valid_tables()), database(tmp_path))
    more: Tables = {
        "users": {"user_id": ["u3"]},
        "behaviors": {"user_id": ["u3"], "item_id": ["c"], "timestamp": [1], "behavior_type": ["cart"]},
    }
    ingest(write(tmp_path / "more", more), database(tmp_path), append=True)
    store = open_store(database(tmp_path))
    kept = store.facts(), store.summary()
    assert dict(kept[0].behaviors_per_user) == {1: 2, 3: 1}
    forget(store)
    assert (store.facts(), store.summary()) == kept


def test_counts_of_another_form_are_not_believed(filled: BehaviorStore) -> None:
    expected = filled.summary()
    with filled.writing() as connection:
        write_info(connection, kept_facts.NAME, "{}")
    assert filled.summary() == expected


@pytest.mark.parametrize("times", [1, 3])
def test_an_append_counts_its_own_rows_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    ingest(write(tmp_path / "in", valid_tables()), database(tmp_path))
    read = list[int]()
    counted = LineTally.add_behaviors

    def add_behaviors(self: LineTally, user: Ints, *others: Ints) -> None:
        read.append(len(user))
        counted(self, user, *others)

    monkeypatch.setattr(LineTally, "add_behaviors", add_behaviors)
    for nth in range(times):
        more: Tables = {
            "users": {"user_id": [f"new {nth}"]},
            "behaviors": {
                "user_id": [f"new {nth}", "u1", "u1"],
                "item_id": ["c", "c", "a"],
                "timestamp": [1, 2 + nth, 3],
                "behavior_type": ["cart", "wish", None],
            },
            "impressions": {
                "user_id": ["u1"],
                "item_id": ["a"],
                "timestamp": [400 + nth],
                "label": [1],
                "split": ["valid"],
            },
        }
        read.clear()
        ingest(write(tmp_path / f"more {nth}", more), database(tmp_path), append=True)
        # As they are loaded, and those that stayed; the row that stands there already is taken out.
        assert read == [3, 3 if nth == 0 else 2]
    store = open_store(database(tmp_path))
    kept = store.facts(), store.summary()
    forget(store)
    assert (store.facts(), store.summary()) == kept


def test_an_append_after_rows_that_nobody_counted_counts_all(tmp_path: Path) -> None:
    ingest(write_tables(tmp_path / "in"), database(tmp_path))
    store = open_store(database(tmp_path))
    store.append_behaviors("10", [("m1", MONDAY + 9)])
    store.close()
    more: Tables = {"behaviors": {"user_id": ["10"], "item_id": ["c1"], "timestamp": [7]}}
    ingest(write(tmp_path / "more", more), database(tmp_path), append=True)
    store = open_store(database(tmp_path))
    kept = store.facts(), store.summary()
    forget(store)
    assert (store.facts(), store.summary()) == kept


def test_a_tally_that_is_written_and_read_counts_the_same(filled: BehaviorStore) -> None:
    with filled.reading() as connection:
        tally, kinds = tally_of(connection)
    again, same = kept_tally.from_text(kept_tally.to_text(tally, kinds))
    assert same == kinds
    assert (again.splits, again.weeks, again.behaviors_per_user) == (
        tally.splits,
        tally.weeks,
        tally.behaviors_per_user,
    )
    assert (again.kinds, again.impression_contexts, again.span) == (tally.kinds, tally.impression_contexts, tally.span)
