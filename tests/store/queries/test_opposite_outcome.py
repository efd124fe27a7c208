"""Impressions with the opposite outcome, in the small world."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from din_core.domain import Candidate
from din_core.store import BehaviorStore, ingest, open_store
from din_core.store.queries.opposite_outcome import opposite_impressions
from tests.small_world import BEFORE, MONDAY, small_store
from tests.store.input_tables import valid_tables, write
from tests.twice_shown import show_twice


@pytest.fixture
def store(tmp_path: Path) -> Iterator[BehaviorStore]:
    with small_store(tmp_path) as opened:
        yield opened


def test_items_of_the_same_kind_stand_in_where_nobody_was_shown_the_item(store: BehaviorStore) -> None:
    milk = next(i for i in store.impressions("7") if i.item.item_id == "m2")  # not bought; m1 and m2 are milk
    bought = replace(milk, label=1)
    found = opposite_impressions(store, bought, 5)
    assert found.field == "product_type"
    assert [(i.user_id, i.item.item_id, i.timestamp, i.label) for i in found.impressions] == [("8", "m1", BEFORE, 0)]
    assert found.impressions[0].context["store"] == "Store 292"
    assert opposite_impressions(store, milk, 5).total == 0


def test_the_item_itself_comes_first_and_own_impressions_never(store: BehaviorStore) -> None:
    milk = next(i for i in store.impressions("8"))
    found = opposite_impressions(store, replace(milk, user_id="9", label=1), 5)
    assert (found.field, found.total) == (None, 1)
    assert found.impressions[0].user_id == "8"
    assert opposite_impressions(store, replace(milk, label=1), 5).impressions[0].user_id == "7"  # m2, by its kind


def test_one_of_several_impressions_of_an_item_at_once_keeps_its_number_and_context(
    store: BehaviorStore, tmp_path: Path
) -> None:
    show_twice(store.engine, tmp_path / "again")
    milk = store.impressions("8")[0]  # not bought; household 7 bought m2 from the second of two places
    (found,) = opposite_impressions(store, milk, 5).impressions
    assert (found.candidate, found.context["mailer"]) == (Candidate("m2", 2), "Front page feature")


def test_items_that_share_one_of_several_values_are_of_a_kind(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'films.db'}"
    tables = valid_tables()
    tables["items"] = {"item_id": ["a", "b", "c"], "genres": ["Drama|War", "Comedy|Drama", "Sci-Fi"]}
    ingest(write(tmp_path / "in", tables), url)
    store = open_store(url)
    shown = store.impressions("u1")[-1]  # c at 110, not clicked
    drama = replace(shown, item=store.item("b"), user_id="u2", label=0)
    found = opposite_impressions(store, drama, 5)
    assert (found.field, [i.item.item_id for i in found.impressions]) == ("genres", ["a"])
    assert opposite_impressions(store, replace(drama, label=1), 5).field is None  # b itself was not clicked


def test_an_unknown_outcome_has_no_opposite(store: BehaviorStore) -> None:
    shown = next(i for i in store.impressions("7") if i.timestamp == MONDAY)
    with pytest.raises(ValueError, match="is not known"):
        opposite_impressions(store, replace(shown, label=None), 5)


def test_items_of_an_impression_are_found_by_indexes(store: BehaviorStore, tmp_path: Path) -> None:
    bought = replace(next(i for i in store.impressions("7") if i.item.item_id == "m2"), label=1)
    plans = list[str]()

    def explain(connection: Any, _: object, statement: str, parameters: Any, *more: object) -> None:
        if "count(*) OVER" in statement:
            rows = connection.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
            plans.append("; ".join(row[3] for row in rows))

    event.listen(store.engine, "before_cursor_execute", explain)
    assert opposite_impressions(store, bought, 5).total == 1
    assert len(plans) == 2
    assert all("SEARCH impressions USING INDEX ix_impressions_item" in plan for plan in plans)
    assert all("SCAN items" not in plan.replace("SCAN items_search", "") for plan in plans)
