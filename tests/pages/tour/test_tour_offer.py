"""The tour offers itself to a first visitor, on the first page, once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from din_core.pages.tour.offer import COOKIE, JS
from tests.pages.conftest import go_to

Visit = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def _new_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """It remembers nothing; AppTest's own seems to remember all."""
    monkeypatch.setattr(type(st.context), "cookies", {})


def offers(page: AppTest) -> bool:
    return "tour_not_now" in [button.key for button in page.button]


def test_a_first_visitor_is_offered_the_tour_until_another_page_is_opened(visit: Visit) -> None:
    page = visit()
    assert offers(page) and offers(page.run())
    (way,) = (e.proto for e in page.get("page_link") if e.proto.label == "Take the tour")
    assert (way.page, "user=7" in way.query_string) == ("tour", True)
    assert not offers(go_to(page, "data"))
    assert not offers(go_to(page, ""))


def test_not_now_takes_the_offer_away(visit: Visit) -> None:
    page = visit()
    assert not offers(page.button(key="tour_not_now").click().run())


def test_a_browser_that_was_offered_it_is_not_offered_it_again(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(st.context), "cookies", {COOKIE: "1"})
    page = visit()
    assert not offers(page)
    assert "New here? Two-minute tour" in [e.proto.label for e in page.get("page_link")]


def test_the_browser_writes_what_the_server_reads() -> None:
    assert f"`{COOKIE}=1; " in JS
