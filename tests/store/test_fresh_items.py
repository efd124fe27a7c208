"""Items are parsed once, but read every time: what another program changes is seen at once."""

from __future__ import annotations

from sqlalchemy import text

from din_core.store import BehaviorStore
from tests.small_world import MONDAY


def _change(store: BehaviorStore, statement: str) -> None:
    with store.writing() as connection:
        connection.execute(text(statement))


def test_a_changed_item_is_seen_in_every_read(store: BehaviorStore) -> None:
    old = store.item("m1")
    assert store.history("7", MONDAY).behaviors[0].item == old
    _change(store, "UPDATE items SET title = 'Oat milk', price = 2.5 WHERE item_id = 'm1'")
    _change(store, """UPDATE items SET fields = '{"category": "Oats"}' WHERE item_id = 'm1'""")
    new = store.item("m1")
    assert (new.title, new.price) == ("Oat milk", 2.5)
    assert new.fields == {"product_type": None, "category": "Oats", "manufacturer": None}
    assert {b.item.title for b in store.history("7", MONDAY).behaviors if b.item.item_id == "m1"} == {"Oat milk"}
    assert store.search_items("m1").matches[0] == new
    assert [i.item for i in store.impressions("8")] == [new]


def test_a_new_field_is_seen_on_items_read_before(store: BehaviorStore) -> None:
    assert "shop" not in store.item("m1").fields
    _change(store, "INSERT INTO fields (table_name, name, position) VALUES ('items', 'shop', 9)")
    assert store.item("m1").fields["shop"] is None
    assert all("shop" in b.item.fields for b in store.history("7", MONDAY).behaviors)
