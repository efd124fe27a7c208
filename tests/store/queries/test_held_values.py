"""The values of a store's fields, counted by hand from the tables that filled it; the same on every backend."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import text

from din_core.store import BehaviorStore
from din_core.store.queries import held_values
from tests.small_world import IMPRESSIONS, ITEMS, USERS, behaviors


def test_each_field_holds_its_values_and_the_rows_that_carry_them(store: BehaviorStore) -> None:
    held = store.held_values()
    assert set(held.item) == {"item_id", "product_type", "category", "manufacturer"}
    assert set(held.item["item_id"]) == {row[0] for row in ITEMS}
    assert held.item["category"] == Counter(row[3] for row in ITEMS if row[3])
    assert held.user["age"] == Counter(row[1] for row in USERS if row[1])
    assert set(held.context["mailer"]) == {row[6] for row in IMPRESSIONS}


def test_behaviors_and_impressions_are_counted_by_item(store: BehaviorStore) -> None:
    held = store.held_values()
    assert held.behaviors == Counter(item for _, item, _ in behaviors())
    assert held.impressions == Counter(row[1] for row in IMPRESSIONS)


def test_too_many_rows_are_not_counted(store: BehaviorStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_values, "MOST_ROWS", len(IMPRESSIONS))
    held = store.held_values()
    assert held.behaviors is None
    assert held.impressions is not None


def test_types_of_behaviors_are_counted_where_there_are_any(
    store: BehaviorStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert store.held_values().behavior == {}
    with store.writing() as connection:
        first = "(SELECT behavior_key FROM behaviors ORDER BY behavior_key LIMIT 3)"
        connection.execute(text(f"UPDATE behaviors SET behavior_type = 'buy' WHERE behavior_key IN {first}"))
    assert store.held_values().behavior == {"behavior_type": {"buy": 3}}
    monkeypatch.setattr(held_values, "MOST_ROWS", 5)
    assert store.held_values().behavior is None
