"""Links to Compare, older than the other pages' choices: no prefix, and what they once said is read."""

from __future__ import annotations

import pytest

from din_core.sharing.page_choices import CompareChoice, read, write

FULL = CompareChoice("users", "item", "time", 40, ("din@1a", "base, old@2b"), "8")


@pytest.mark.parametrize(
    "chosen", [CompareChoice(fold="item"), FULL, CompareChoice("models", "category", other="a b&c")]
)
def test_a_choice_survives_its_address(chosen: CompareChoice) -> None:
    raw = {name: [value] if isinstance(value, str) else value for name, value in write(chosen).items()}
    assert read(CompareChoice, raw) == (chosen, ())


def test_defaults_are_written_out() -> None:
    assert write(CompareChoice()) == {"by": "candidates", "hold": "item", "order": "weight", "columns": "20"}


def test_two_users_are_compared_by_category_unless_the_visitor_says_otherwise() -> None:
    assert CompareChoice("users").folded == "category"
    assert CompareChoice("users", fold="item").folded == "item"


def test_an_address_that_says_nothing_of_it_leaves_the_choice_alone() -> None:
    assert read(CompareChoice, {"user": ["7"], "sort": ["-weight"], "by": []}) == (None, ())


def test_what_cannot_be_read_is_told_and_falls_back() -> None:
    found, problems = read(CompareChoice, {"by": ["moods"], "columns": ["21"], "order": ["time"], "other": ["x" * 900]})
    assert found == CompareChoice(order="time")
    assert problems == (
        "The link's by “moods” is unknown; known are candidates, models, users.",
        "The link's columns “21” is unknown; known are 10, 20, 40.",
        "The link's other is left out: it has 900 characters, and 1 to 500 are read.",
    )


def test_a_link_from_before_columns_had_a_name_of_their_own_is_read() -> None:
    found, problems = read(CompareChoice, {"by": ["users"], "fold": ["item"], "order": ["time"]})
    assert (found, problems) == (CompareChoice("users", "item", "time"), ())


def test_how_inspect_folds_its_rows_is_not_taken_for_what_a_column_holds() -> None:
    assert read(CompareChoice, {"fold": ["behavior"], "sort": ["-weight"]}) == (None, ())
    assert read(CompareChoice, {"by": ["models"], "fold": ["behavior"]}) == (CompareChoice("models"), ())
