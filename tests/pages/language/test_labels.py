"""What people read."""

from __future__ import annotations

import numpy as np
import pytest

from din_core.domain import Impression, Item, User
from din_core.pages.language.labels import (
    HOUSEHOLDS,
    ODDS_BELOW,
    Words,
    chance,
    day,
    distinctions,
    field_values,
    fixed,
    item_detail,
    item_labels,
    moment,
)
from tests.small_world import MONDAY


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.0, "less than 1 in 1,000"),
        (0.0009, "less than 1 in 1,000"),
        (0.001, "about 1 in 1,000"),
        (0.02, "about 1 in 50"),
        (0.025, "about 1 in 40"),
        (0.05, "about 1 in 20"),
        (0.083, "about 1 in 12"),
        (0.09, "about 1 in 10"),
        (0.232, "about 2 in 10"),
        (0.5, "about 5 in 10"),
        (0.949, "about 9 in 10"),
        (0.96, "almost certain"),
        (1.0, "almost certain"),
    ],
)
def test_a_probability_is_said_in_plain_words(probability: float, words: str) -> None:
    assert chance(probability) == words


def test_odds_are_within_a_fifth_of_the_probability() -> None:
    for probability in np.linspace(0.001, ODDS_BELOW, 1000, endpoint=False).tolist():
        odds = int(chance(probability).removeprefix("about 1 in ").replace(",", ""))
        assert abs(1 / odds - probability) <= 0.201 * probability


def test_a_number_below_zero_has_a_minus() -> None:
    assert [fixed(-0.5124, 3), fixed(2.0, 2), fixed(2.0, 1, "+"), fixed(-2.0, 1, "+")] == [
        "−0.512",
        "2.00",
        "+2.0",
        "−2.0",
    ]


def test_a_household_is_called_by_number_age_and_composition() -> None:
    user = User("7", {"age": ("45-54",), "income": ("$50-74K",), "household_comp": ("2 adults, no kids",), "x": ()})
    assert HOUSEHOLDS.user_label(user) == "Household 7 · 45-54 · 2 adults, no kids"


def shown(nth: int, item: str = "tent", **context: str | None) -> Impression:
    return Impression("u", Item(item), MONDAY, 0, "test", context, nth)


def test_impressions_of_one_item_at_once_are_distinctions_by_what_differs_then_by_number() -> None:
    alone = shown(1, "mug", position="top")
    assert distinctions([alone]) == [""]
    assert distinctions([shown(1, position="top", page="1"), alone, shown(2, position="side", page="1")]) == [
        "Position: top",
        "",
        "Position: side",
    ]
    assert distinctions([shown(1, page="1"), shown(2, page="1"), shown(3, page=None)]) == [
        "Page: 1, no. 1",
        "Page: 1, no. 2",
        "Page: unknown",
    ]
    assert distinctions([shown(2), shown(1)]) == ["no. 2", "no. 1"]


def test_a_user_of_whom_nothing_is_known_is_called_by_id() -> None:
    assert Words().user_label(User("u-1", {"age": (), "city": ()})) == "User u-1"


def test_a_user_of_other_data_is_called_by_the_first_two_fields() -> None:
    user = User("u-1", {"city": ("Leeds",), "likes": ("tea", "jam"), "plan": ("pro",)})
    assert Words().user_label(user) == "User u-1 · Leeds · tea, jam"


@pytest.mark.parametrize(("label", "words"), [(1, "bought"), (0, "not bought"), (None, "outcome not known")])
def test_an_impression_is_called_by_date_title_and_outcome(label: int | None, words: str) -> None:
    impression = Impression("7", Item("b2", "Stout · 12 oz"), MONDAY, label)
    assert HOUSEHOLDS.impression_label(impression) == f"20 Nov 2017 · Stout · 12 oz · {words}"


def test_an_items_detail_leaves_out_what_its_title_says() -> None:
    item = Item("m1", "Milk · 1 gal · Private", {"type": "Milk", "category": "Dairy", "brand": "Private", "shop": None})
    assert item_detail(item) == "Dairy"


def test_fields_are_named_for_people_and_nothing_is_left_blank() -> None:
    assert field_values({"store": "Store 367", "mailer": None}) == [("Store", "Store 367"), ("Mailer", "unknown")]
    assert field_values({"kids_count": ("2", "3"), "age": ()}) == [("Kids count", "2, 3"), ("Age", "unknown")]


def test_times_are_utc() -> None:
    assert (day(MONDAY), day(MONDAY - 1)) == ("20 Nov 2017", "19 Nov 2017")
    assert moment(MONDAY + 3660) == "20 Nov 2017 01:01 UTC"


def test_items_of_one_name_are_told_apart_by_their_ids_and_others_left_alone() -> None:
    items = [Item("1", "White milk"), Item("2", "Beer"), Item("3", "White milk"), Item("4"), Item("2", "Beer")]
    assert item_labels(items) == ["White milk · item 1", "Beer", "White milk · item 3", "4", "Beer"]
