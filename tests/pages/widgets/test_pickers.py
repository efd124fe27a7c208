"""What the search boxes find for what is typed: users as they are called, and near misses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from din_core.pages.language.labels import HOUSEHOLDS, Words
from din_core.pages.widgets.pickers import bare_user
from tests.pages.page_contents import boxes
from tests.small_world import BEFORE, MONDAY

Visit = Callable[..., AppTest]
LABELS = {
    "user": "Household",
    "impression": "What this household was shown",
    "candidate": "Candidate: any item of the catalogue",
}


def results(page: AppTest, key: str, typed: str) -> dict[str, Any]:
    """What a box is told once this is typed into it."""
    page.session_state["din_lens"].search_text[key] = typed
    found: dict[str, Any] = boxes(page.run())[LABELS[key]]["results"]
    return found


def ids(found: dict[str, Any]) -> list[str]:
    return [option["id"] for option in found["options"]]


@pytest.mark.parametrize(
    "typed", ["household 7", "Household 7", "HOUSEHOLD 7 · 45-54 · 2 adults, no kids", "7 · 45-54", "household7", "7"]
)
def test_a_user_is_found_as_pages_call_them(visit: Visit, typed: str) -> None:
    found = results(visit(), "user", typed)
    assert (ids(found), found["total"], found["instead"]) == (["7"], 1, "")


def test_the_word_for_users_alone_is_a_text_like_any_other() -> None:
    assert [bare_user(Words(), typed) for typed in ("user", "User 8", " user-8")] == ["user", "8", "-8"]
    assert bare_user(HOUSEHOLDS, "45-54 · no kids") == "45-54 no kids"


def test_a_near_miss_gets_the_matches_of_what_may_have_been_meant(visit: Visit) -> None:
    page = visit()
    found = results(page, "candidate", "chedar")
    assert (ids(found), found["text"], found["instead"]) == (["c1"], "chedar", "cheddar")
    assert results(page, "candidate", "cheddar")["instead"] == ""
    found = results(page, "user", "household adlts")
    assert (ids(found), found["instead"]) == (["7"], "adults")


def test_what_nothing_is_near_to_has_no_match(visit: Visit) -> None:
    found = results(visit(), "candidate", "xylophone")
    assert (found["options"], found["total"], found["instead"]) == ([], 0, "")


def test_impressions_are_found_whatever_their_accents(visit: Visit) -> None:
    assert len(results(visit(), "impression", "Mílk nót bought")["options"]) == 1


def test_impressions_of_the_time_on_screen_come_first(visit: Visit) -> None:
    first = {}
    for day in ("2017-11-20", "2017-10-23"):
        page = visit("", user="7", item=["c1"], at=f"{day}T00:00:00Z")
        first[day] = ids(results(page, "impression", ""))
    assert first == {
        "2017-11-20": [f"{MONDAY} 1 b2", f"{MONDAY} 1 m2", f"{MONDAY} 1 n1", f"{BEFORE} 1 c1"],
        "2017-10-23": [f"{BEFORE} 1 c1", f"{MONDAY} 1 b2", f"{MONDAY} 1 m2", f"{MONDAY} 1 n1"],
    }


@pytest.mark.parametrize("path", ["", "compare-scenarios"])
def test_a_time_after_all_that_the_store_holds_is_told(visit: Visit, path: str) -> None:
    page = visit(path, user="7", item=["b2", "m2"], at="2030-01-01T00:00:00Z")
    told = [caption.value for caption in page.caption if "after the store's last behavior" in caption.value]
    assert told == [
        "As of 1 Jan 2030 00:00 UTC, after the store's last behavior on 19 Nov 2017: what happened between is missing "
        "here, and no outcome is known."
    ]
    page = visit(path, user="7", item=["b2", "m2"], at="2017-11-20T00:00:00Z")  # when they were shown
    assert not [caption for caption in page.caption if "after the store" in caption.value]
