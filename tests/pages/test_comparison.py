"""What the Compare page shows, as an address and back."""

from __future__ import annotations

import pytest

from din_core.pages.comparison import Comparison, parse

FULL = Comparison("users", "item", "time", 40, ("din@1a", "base, old@2b"), "8")


@pytest.mark.parametrize("chosen", [Comparison(fold="item"), FULL, Comparison("models", "category", other="a b&c")])
def test_a_choice_survives_its_address(chosen: Comparison) -> None:
    raw = {name: [value] if isinstance(value, str) else value for name, value in chosen.encode().items()}
    assert parse(raw) == (chosen, ())


def test_defaults_are_written_out() -> None:
    assert Comparison().encode() == {"by": "candidates", "hold": "item", "order": "weight", "columns": "20"}


def test_two_users_are_compared_by_category_unless_the_visitor_says_otherwise() -> None:
    assert Comparison("users").folded == "category"
    assert Comparison("users", fold="item").folded == "item"


def test_an_address_that_says_nothing_of_it_leaves_the_choice_alone() -> None:
    assert parse({"user": ["7"], "sort": ["-weight"], "by": []}) == (None, ())


def test_what_cannot_be_read_is_told_and_falls_back() -> None:
    found, problems = parse({"by": ["moods"], "columns": ["21"], "order": ["time"], "other": ["x" * 900]})
    assert found is not None
    assert (found.by, found.columns, found.order, len(found.other or "")) == ("candidates", 20, "time", 500)
    assert problems == (
        "The link's by “moods” is unknown; known are candidates, models, users.",
        "The link's columns “21” is unknown; known are 10, 20, 40.",
    )


def test_a_link_from_before_columns_had_a_name_of_their_own_is_read() -> None:
    found, problems = parse({"by": ["users"], "fold": ["item"], "order": ["time"]})
    assert (found, problems) == (Comparison("users", "item", "time"), ())


def test_how_inspect_folds_its_rows_is_not_taken_for_what_a_column_holds() -> None:
    assert parse({"fold": ["behavior"], "sort": ["-weight"]}) == (None, ())
    assert parse({"by": ["models"], "fold": ["behavior"]}) == (Comparison("models"), ())
