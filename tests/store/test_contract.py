"""What every backend must do alike."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from din_core.domain import Item, StoreError, UnknownItem, UnknownUser
from din_core.store import BehaviorStore
from din_core.store.queries import search
from tests.small_world import BEFORE, IMPRESSIONS, ITEMS, MONDAY, USERS, WEEK, behaviors
from tests.twice_shown import show_twice

LINES_OF_7 = [(item, time) for user, item, time in behaviors() if user == "7"]


def test_a_user_comes_with_its_profile_values(store: BehaviorStore) -> None:
    assert store.user("7").fields == {"age": ("45-54",), "household_comp": ("2 adults, no kids",)}
    assert store.user("8").fields == {"age": (), "household_comp": ()}


def test_an_item_comes_with_all_fields_of_the_table_none_where_missing(store: BehaviorStore) -> None:
    assert store.item("m1") == Item(
        "m1",
        "Milk · 1 gal · Private",
        {"product_type": "Milk", "category": "Dairy", "manufacturer": "Manufacturer 69"},
    )
    assert store.item("x1") == Item("x1", None, {"product_type": None, "category": None, "manufacturer": None})


def test_users_come_by_id_without_those_that_are_not_there(store: BehaviorStore) -> None:
    assert store.users(["7", "gone", "8", "7"]) == {"7": store.user("7"), "8": store.user("8")}
    assert store.users([]) == {}


def test_impressions_of_moments_are_those_of_their_user_and_time_and_no_others(
    store: BehaviorStore, tmp_path: Path
) -> None:
    show_twice(store.engine, tmp_path / "again")
    times = {i.timestamp for i in store.impressions("7")}
    wanted = [("7", time) for time in times] + [("8", MONDAY), ("gone", MONDAY), ("7", 5)]
    expected = {
        (user, time): [i for i in (store.impressions(user) if user != "gone" else []) if i.timestamp == time]
        for user, time in wanted
    }
    assert store.impressions_at(wanted) == expected
    assert len(expected["7", MONDAY]) == 5  # two of the three items twice
    assert store.impressions_at([]) == {}


def test_items_come_in_the_order_asked_for_with_repeats(store: BehaviorStore) -> None:
    assert [i.item_id for i in store.items(["n1", "b1", "n1", "c1"])] == ["n1", "b1", "n1", "c1"]
    assert store.items([]) == []


def test_the_catalogue_comes_whole_or_in_part_in_the_order_of_ingest(store: BehaviorStore) -> None:
    everything = store.all_items()
    assert [item.item_id for item in everything] == [row[0] for row in ITEMS]
    assert everything == store.items([item.item_id for item in everything])
    assert store.all_items(2) == everything[:2]
    assert store.count_items() == len(everything)


def test_more_items_than_one_query_may_name_are_found(store: BehaviorStore) -> None:
    assert len(store.items(["m1", "m2", "b1"] * 700)) == 2100


@pytest.mark.parametrize("nobody", ["", "77", "7 ", "'", "\0", "\ud800", "%"])
def test_an_unknown_user_is_named(store: BehaviorStore, nobody: str) -> None:
    for read in (store.user, store.impressions, lambda u: store.history(u, MONDAY)):
        with pytest.raises(UnknownUser, match="no user"):
            read(nobody)


def test_the_first_unknown_item_is_named(store: BehaviorStore) -> None:
    with pytest.raises(UnknownItem, match='no item "nope"'):
        store.items(["m1", "nope", "neither"])
    with pytest.raises(UnknownItem):
        store.item("\ud800")


@given(
    before=st.sampled_from([time + shift for _, time in LINES_OF_7 for shift in (-1, 0, 1)])
    | st.integers(-(2**70), 2**70),
    limit=st.none() | st.integers(0, 40),
)
def test_a_history_is_the_most_recent_lines_strictly_before_its_time(
    shared_store: BehaviorStore, before: int, limit: int | None
) -> None:
    earlier = [line for line in LINES_OF_7 if line[1] < before]
    wanted = earlier if limit is None else earlier[len(earlier) - min(limit, len(earlier)) :]
    history = shared_store.history("7", before, limit)
    assert [(b.item.item_id, b.timestamp) for b in history.behaviors] == wanted
    assert history.user == shared_store.user("7")


def test_behaviors_of_one_second_keep_the_order_of_ingestion(store: BehaviorStore) -> None:
    basket = [(item, MONDAY + 5) for item in ("n1", "b1", "m1", "b1", "c1")]
    store.append_behaviors("10", basket)
    found = store.history("10", MONDAY + 6)
    assert [b.item.item_id for b in found.behaviors] == ["n1", "b1", "m1", "b1", "c1"]
    assert [b.item.item_id for b in store.history("10", MONDAY + 6, limit=2).behaviors] == ["b1", "c1"]


def test_a_user_without_behaviors_has_an_empty_history(store: BehaviorStore) -> None:
    assert store.history("10", MONDAY).behaviors == ()


def test_impressions_are_newest_first_then_positives_then_by_title(store: BehaviorStore) -> None:
    found = store.impressions("7")
    assert [(i.item.item_id, i.timestamp, i.label, i.split) for i in found] == [
        ("b2", MONDAY, 1, "test"),
        ("m2", MONDAY, 0, "test"),
        ("n1", MONDAY, 0, "test"),
        ("c1", BEFORE, 1, "train"),
    ]
    assert found[2].context == {"store": "Store 367", "mailer": "Interior page feature", "display": None}
    assert [i.item.item_id for i in store.impressions("7", split="train")] == ["c1"]
    assert store.impressions("10") == []


def test_each_impression_of_an_item_shown_twice_at_once_is_a_row_of_its_own(
    store: BehaviorStore, tmp_path: Path
) -> None:
    show_twice(store.engine, tmp_path / "again")
    found = store.impressions("7")
    assert [(i.item.item_id, i.nth, i.label, i.context["mailer"]) for i in found if i.timestamp == MONDAY] == [
        ("m2", 2, 1, "Front page feature"),
        ("n1", 2, 1, "Interior page feature"),
        ("b2", 1, 1, "Front page feature"),
        ("m2", 1, 0, "Interior page feature"),
        ("n1", 1, 0, "Interior page feature"),
    ]
    bulk = store.bulk()
    assert bulk.impression_nth.tolist() == [1, 1, 1, 1, 2, 2, 1]
    assert bulk.impression_label.tolist() == [1, 1, 0, 0, 1, 1, 0]


def test_the_number_of_an_impression_counts_those_of_other_splits(store: BehaviorStore, tmp_path: Path) -> None:
    other = ("7", "m2", MONDAY, 0, "valid", "Store 1", None, None)
    show_twice(store.engine, tmp_path / "again", [other])
    assert [(i.item.item_id, i.nth) for i in store.impressions("7", split="valid")] == [("m2", 2)]


def test_searched_items_hold_every_word_wherever_it_stands(store: BehaviorStore) -> None:
    def found(text: str) -> list[str]:
        return [item.item_id for item in store.search_items(text).matches]

    assert found("MILK") == ["m1", "m2"]
    assert found("national dairy") == ["m2", "c1"]
    assert found("ager") == ["b1"]  # inside a word
    assert found("manufacturer 2") == ["m2", "c1"]  # a short word begins a word: 69 does not hold one
    assert found("oz · na") == ["c1", "b1", "b2"]
    assert found("milk beer") == []
    assert found("ud") == []  # inside "stout" only


def test_an_exact_id_comes_first_then_titles_that_begin_so(store: BehaviorStore) -> None:
    assert [item.item_id for item in store.search_items("b2").matches] == ["b2"]
    assert [item.item_id for item in store.search_items("m").matches] == ["m1", "m2", "c1", "b1", "b2", "n1"]
    assert [item.item_id for item in store.search_items("manufacturer").matches][:2] == ["m1", "m2"]
    assert [user.user_id for user in store.search_users("1").matches] == ["10", "9"]


def test_a_search_counts_all_matches_and_returns_the_first(store: BehaviorStore) -> None:
    page = store.search_items("dairy", limit=2)
    assert [item.item_id for item in page.matches] == ["m1", "m2"]
    assert page.total == 3
    assert store.search_items("dairy", limit=0).total == 3
    assert store.search_items("dairy", limit=-1).matches == []


@given(text=st.sampled_from(["m", "dairy", "milk", "manufacturer", "national", "oz", "b2", "b", "1", "", "none such"]))
def test_a_shorter_list_is_the_beginning_of_a_longer_one(shared_store: BehaviorStore, text: str) -> None:
    for ask in (shared_store.search_items, shared_store.search_users):
        whole = ask(text, limit=100)
        assert len(whole.matches) == whole.total
        for limit in range(whole.total + 2):
            assert ask(text, limit=limit) == replace(whole, matches=whole.matches[:limit])


def test_many_matches_come_in_the_order_of_few(store: BehaviorStore, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["m", "dairy", "manufacturer", "oz", "b2", "", "none such"]
    few = [store.search_items(text, limit=100) for text in texts]
    monkeypatch.setattr(search, "FEW", -1)
    assert [store.search_items(text, limit=100) for text in texts] == few


def test_an_empty_search_lists_the_first_ones(store: BehaviorStore) -> None:
    page = store.search_users(" ", limit=3)
    assert ([user.user_id for user in page.matches], page.total) == (["7", "8", "9"], 4)
    assert [item.item_id for item in store.search_items("", limit=2).matches] == ["m1", "m2"]


def test_users_are_found_by_profile_values(store: BehaviorStore) -> None:
    assert [user.user_id for user in store.search_users("adults kids").matches] == ["7"]
    assert [user.user_id for user in store.search_users("65+").matches] == ["9"]


SYNTAX = st.lists(
    st.sampled_from([*"\"'*-+^()%_\\:{}[]?.,;&|~#@/ aéßİ", "\0", "\ud83d", " AND ", " NOT ", " NEAR(", "milk"])
).map("".join)


@given(text=st.text(max_size=250) | SYNTAX | st.text(alphabet=st.characters(), max_size=20))
def test_nothing_typed_is_syntax(shared_store: BehaviorStore, text: str) -> None:
    assert shared_store.search_items(text).total >= 0
    assert shared_store.search_users(text).total >= 0


@given(item=st.sampled_from(ITEMS), data=st.data())
def test_every_part_of_a_title_that_holds_three_characters_finds_its_item(
    shared_store: BehaviorStore, item: tuple[str, str | None], data: st.DataObject
) -> None:
    words = (item[1] or item[0] + "___").split()
    word = data.draw(st.sampled_from(words))
    start = data.draw(st.integers(0, max(0, len(word) - 3)))
    part = word[start : start + data.draw(st.integers(3, 12))] if len(word) >= 3 else word
    if item[1] is None:
        part = item[0]
    assert item[0] in [found.item_id for found in shared_store.search_items(part).matches]


def test_a_summary_counts_what_is_there(store: BehaviorStore) -> None:
    summary = store.summary()
    assert (summary.n_users, summary.n_items) == (len(USERS), len(ITEMS))
    assert (summary.n_behaviors, summary.n_impressions) == (len(behaviors()), len(IMPRESSIONS))
    assert summary.impressions_by_split == {"train": 2, "test": 3}
    assert summary.item_fields == ("product_type", "category", "manufacturer")
    assert summary.user_fields == ("age", "household_comp")
    assert summary.context_fields == ("store", "mailer", "display")
    assert summary.first_timestamp == behaviors()[0][2]
    assert summary.last_timestamp == behaviors()[-1][2]
    assert summary.provenance == "A small world made for tests; exposure is inferred."


def test_appended_behaviors_are_seen_by_the_next_read(store: BehaviorStore) -> None:
    before = len(store.history("9", MONDAY + WEEK).behaviors)
    store.append_behaviors("9", [("m1", MONDAY), ("c1", MONDAY + 1)])
    assert len(store.history("9", MONDAY + WEEK).behaviors) == before + 2
    assert store.summary().last_timestamp == MONDAY + 1
    store.append_behaviors("9", [])


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        ([("m1", MONDAY), ("nope", MONDAY)], UnknownItem),
        ([("m1", MONDAY), ("m1", -1)], StoreError),
        ([("m1", MONDAY), ("m1", MONDAY * 1000)], StoreError),
    ],
)
def test_of_behaviors_that_cannot_be_appended_none_is(
    store: BehaviorStore, rows: list[tuple[str, int]], error: type[Exception]
) -> None:
    with pytest.raises(error):
        store.append_behaviors("10", rows)
    assert store.history("10", 2**40).behaviors == ()
    with pytest.raises(UnknownUser):
        store.append_behaviors("nobody", [("m1", MONDAY)])


def test_bulk_tables_hold_the_same_as_point_reads(store: BehaviorStore) -> None:
    bulk = store.bulk()
    assert list(bulk.items.columns) == ["item_id", "product_type", "category", "manufacturer"]
    assert [row[0] for row in ITEMS] == bulk.items["item_id"].tolist()
    assert bulk.items["category"].tolist() == [row[3] for row in ITEMS]
    assert bulk.users["age"].tolist() == [("45-54",), (), ("65+",), ()]
    for position, user_id in enumerate(bulk.users["user_id"]):
        lines = bulk.behavior_user == position
        found = zip(bulk.items["item_id"][bulk.behavior_item[lines]], bulk.behavior_time[lines], strict=True)
        history = store.history(user_id, 2**40)
        assert list(found) == [(b.item.item_id, b.timestamp) for b in history.behaviors]


def test_bulk_behaviors_have_their_types(store: BehaviorStore) -> None:
    assert (store.bulk().behavior_types, store.bulk().behavior_type) == ((), None)
    with store.writing() as connection:
        for kind in ("view", "100 % 'buy'"):
            first = "(SELECT min(item_key) FROM behaviors WHERE behavior_type IS NULL)"
            set_type = text(f"UPDATE behaviors SET behavior_type = :kind WHERE item_key = {first}")
            connection.execute(set_type, {"kind": kind})
    bulk = store.bulk()
    assert bulk.behavior_types == ("100 % 'buy'", "view")
    assert bulk.behavior_type is not None
    names = [None if code < 0 else bulk.behavior_types[code] for code in bulk.behavior_type]
    histories = [store.history(user_id, 2**40) for user_id in bulk.users["user_id"]]
    assert names == [b.behavior_type for history in histories for b in history.behaviors]
    assert len(set(names)) == 3


def test_bulk_impressions_are_sorted_by_user_and_time_with_their_context(store: BehaviorStore) -> None:
    bulk = store.bulk()
    assert bulk.users["user_id"][bulk.impression_user].tolist() == ["7", "7", "7", "7", "8"]
    assert bulk.items["item_id"][bulk.impression_item].tolist() == ["c1", "b2", "m2", "n1", "m1"]
    assert bulk.impression_time.tolist() == [BEFORE, MONDAY, MONDAY, MONDAY, BEFORE]
    assert bulk.impression_label.tolist() == [1, 1, 0, 0, 0]
    assert bulk.impression_split.tolist() == ["train", "test", "test", "test", "train"]
    assert bulk.impression_context["display"].tolist()[1:4] == ["Rear end cap", "Not on display", None]
    assert bulk.impression_label.dtype == np.int8
    assert bulk.behavior_item.dtype == bulk.impression_user.dtype == np.int64


def test_many_threads_share_one_store(store: BehaviorStore) -> None:
    """Each reader gets its own user's answer while a writer appends."""
    lengths = {user: len(store.history(user, MONDAY).behaviors) for user, *_ in USERS}

    def read(turn: int) -> bool:
        user = USERS[turn % len(USERS)][0]
        if turn % 10 == 0:
            store.append_behaviors(user, [("m1", MONDAY + turn)])
        history = store.history(user, MONDAY)
        found = store.search_items("milk").total
        return history.user.user_id == user and len(history.behaviors) == lengths[user] and found == 2

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(200)))
    assert store.summary().n_behaviors == len(behaviors()) + 20
