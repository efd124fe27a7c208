"""A server that is away for a moment: what is said, and that the page goes on by itself."""

from __future__ import annotations

from playwright.sync_api import Page, Route, expect

from tests.journeys.inspect_page import wait_until_opened
from tests.journeys.page_driver import wait_until_rest
from tests.journeys.visitors import Visitors

THEIRS = "Streamlit server is not responding. Are you connected to the internet?"


def test_code_that_could_not_be_fetched_is_fetched_again(visitors: Visitors, address: str) -> None:
    page = visitors.enter()
    refused: list[str] = []

    def refuse(route: Route) -> None:
        refused.append(route.request.url)
        route.abort()

    page.route("**/_din/script/*.js", refuse, times=3)
    page.goto(f"{address}explain-inspect")
    wait_until_opened(page)
    assert len(refused) == 3
    expect(page.get_by_text("BidiComponent Error")).to_have_count(0)
    seen = visitors.leave()
    assert ["ERR_FAILED" in error for error in seen.errors] == [True] * 3  # the browser says what it could not fetch


def test_a_lost_connection_is_told_in_words_of_this_app(page: Page, address: str) -> None:
    page.goto(f"{address}data")
    wait_until_rest(page)
    page.evaluate(
        "text => { const said = document.createElement('div'); said.setAttribute('role', 'dialog');"
        " said.textContent = text; document.body.append(said); }",
        THEIRS,
    )
    expect(page.get_by_text("The server does not answer.")).to_be_visible()
    expect(page.get_by_text(THEIRS)).to_have_count(0)
