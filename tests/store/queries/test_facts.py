"""What a store says of itself, counted by hand from the tables that filled it; the same on every backend."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd

from din_core.store import BehaviorStore, FieldFacts, SplitFacts, WeekFacts, ingest, open_store
from din_core.store.queries.facts import FREQUENT
from tests.small_world import BEFORE, IMPRESSIONS, ITEMS, MONDAY, USERS, behaviors
from tests.store.input_tables import database, valid_tables, write


def field(store: BehaviorStore, table: str, name: str) -> FieldFacts:
    (found,) = (f for f in store.facts().fields if (f.table, f.name) == (table, name))
    return found


def test_every_field_is_there_in_the_order_of_its_table(store: BehaviorStore) -> None:
    assert [(f.table, f.name) for f in store.facts().fields] == [
        ("items", "title"),
        *(("items", name) for name in ("product_type", "category", "manufacturer")),
        *(("users", name) for name in ("age", "household_comp")),
        *(("impressions", name) for name in ("store", "mailer", "display")),
    ]


def test_values_are_counted_as_the_table_has_them(store: BehaviorStore) -> None:
    category = Counter(row[3] for row in ITEMS)
    missing = category.pop(None)
    wanted = tuple(sorted(category.items(), key=lambda pair: (-pair[1], pair[0])))
    assert field(store, "items", "category") == FieldFacts("items", "category", len(ITEMS), missing, 3, wanted)
    assert field(store, "items", "title") == FieldFacts("items", "title", 7, 1, 6, ())
    ages = Counter(row[1] for row in USERS if row[1])
    assert dict(field(store, "users", "age").frequent) == ages
    assert field(store, "users", "age").missing == 2
    display = field(store, "impressions", "display")
    assert (display.rows, display.missing) == (len(IMPRESSIONS), 1)
    assert display.frequent == (("Not on display", 3), ("Rear end cap", 1))


def test_splits_tell_their_size_positives_users_and_times(store: BehaviorStore) -> None:
    assert store.facts().splits == (
        SplitFacts("train", 2, 1, 2, BEFORE, BEFORE),
        SplitFacts("test", 3, 1, 1, MONDAY, MONDAY),
    )


def test_weeks_begin_on_mondays(store: BehaviorStore) -> None:
    assert store.facts().weeks == (WeekFacts(BEFORE, "train", 2, 1), WeekFacts(MONDAY, "test", 3, 1))


def test_behaviors_per_user_count_users_without_any(store: BehaviorStore) -> None:
    per_user = Counter(user for user, _, _ in behaviors())
    wanted = Counter(per_user.get(row[0], 0) for row in USERS)
    assert dict(store.facts().behaviors_per_user) == wanted
    assert [n for n, _ in store.facts().behaviors_per_user] == sorted(wanted)


def test_a_new_behavior_is_counted_at_once(store: BehaviorStore) -> None:
    assert 0 in dict(store.facts().behaviors_per_user)
    store.append_behaviors("10", [("m1", MONDAY)])
    assert 0 not in dict(store.facts().behaviors_per_user)
    assert sum(n * users for n, users in store.facts().behaviors_per_user) == len(behaviors()) + 1


def test_lists_types_numbers_and_the_edges_of_a_week(tmp_path: Path) -> None:
    tables = valid_tables()
    tables["impressions"]["timestamp"] = [0, 4 * 86400 - 1, 4 * 86400, 11 * 86400 - 1, 11 * 86400]
    ingest(write(tmp_path / "tables", tables), database(tmp_path))
    store = open_store(database(tmp_path))
    try:
        assert field(store, "users", "hobbies") == FieldFacts("users", "hobbies", 2, 1, 2, (("art", 1), ("chess", 1)))
        assert field(store, "items", "price").missing == 1
        kinds = field(store, "behaviors", "behavior_type")
        assert (kinds.missing, kinds.frequent) == (1, (("buy", 2), ("view", 1)))
        quantity = field(store, "behaviors", "quantity")
        assert (quantity.missing, quantity.frequent) == (0, (("1", 2), ("2", 1), ("4", 1)))
        assert [(w.monday, w.impressions) for w in store.facts().weeks] == [
            (-3 * 86400, 2),
            (4 * 86400, 1),
            (4 * 86400, 1),
            (11 * 86400, 1),
        ]
    finally:
        store.close()


def test_only_the_most_frequent_values_are_named(tmp_path: Path) -> None:
    tables = valid_tables()
    tables["items"] |= {"item_id": ["a", "b", "c"], "colour": ["x", "x", "y"]}
    folder = write(tmp_path / "tables", tables)
    many = pd.DataFrame({"user_id": [f"u{n}" for n in range(30)], "town": [f"t{n % 20:02}" for n in range(30)]})
    many.to_parquet(folder / "users.parquet", index=False)
    ingest(folder, database(tmp_path))
    store = open_store(database(tmp_path))
    try:
        town = field(store, "users", "town")
        assert (town.values, town.frequent) == (20, tuple((f"t{n:02}", 2) for n in range(FREQUENT)))
        assert field(store, "items", "colour").frequent == (("x", 2), ("y", 1))
    finally:
        store.close()
