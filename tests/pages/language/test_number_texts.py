"""Numbers on screen."""

from __future__ import annotations

import pytest

from din_core.domain import Item
from din_core.model.fields.number_buckets import NumberBuckets
from din_core.pages.language.labels import field_values, item_detail
from din_core.pages.language.number_texts import NumericFields, category_name, number_words, range_words

PRICES = NumberBuckets((1.0, 6.5, 9.2))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("7.99", "7.99 (6.5 to 9.2)"),
        ("6.5", "6.5 (6.5 to 9.2)"),
        ("-3", "-3 (below 6.5)"),
        ("100", "100 (9.2 or more)"),
        ("cheap", "cheap (no number: read as unknown)"),
    ],
)
def test_a_number_is_shown_with_its_range(text: str, words: str) -> None:
    assert number_words(text, PRICES) == words


def test_one_bucket_holds_any_number() -> None:
    assert range_words(NumberBuckets((1.0,)), 1) == "any number"


def test_edges_are_written_short() -> None:
    assert range_words(NumberBuckets((0.0, 1 / 3, 1234567.0)), 2) == "0.333333 to 1234570"


def test_an_items_numbers_come_last_with_their_names() -> None:
    item = Item("a", "Stout", {"weight_kg": "2.5", "category": "Beer"}, price=7.99)
    assert item_detail(item) == "2.5 · Beer"
    numbers = {"price": PRICES, "weight_kg": NumberBuckets((1.0, 2.0))}
    assert item_detail(item, numbers) == "Beer · Price 7.99 (6.5 to 9.2) · Weight kg 2.5 (2 or more)"
    assert item_detail(Item("a", "Stout", {"weight_kg": None}), numbers) == ""


def test_numeric_values_of_users_and_contexts_have_their_ranges() -> None:
    numbers = {"income": PRICES}
    assert field_values({"income": ("7", "1"), "age": ("20",)}, numbers) == [
        ("Income", "7 (6.5 to 9.2), 1 (below 6.5)"),
        ("Age", "20"),
    ]
    assert field_values({"income": None}, numbers) == [("Income", "unknown")]


def test_categories_are_of_a_field_of_texts() -> None:
    numbers = NumericFields({"weight": PRICES}, {}, {})
    assert category_name(["weight", "brand"], numbers) == "brand"
    assert category_name(["weight", "category"], numbers) == "category"
    assert category_name(["weight"], numbers) is None
