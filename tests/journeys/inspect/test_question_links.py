"""What is asked of a scenario is sent with it: the reader of the link sees the answers, and Back takes them away."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect

from tests.journeys.inspect_page import wait_until_opened
from tests.journeys.page_driver import copied_link, has_query, query, scrolls_sideways, wait_until_rest

ANSWERED = re.compile("every set was tried|every smaller set was tried|best at each step")
NewPage = Callable[..., Page]


def test_the_answers_that_are_on_screen_are_in_the_link_that_is_copied(
    page: Page, address: str, new_page: NewPage
) -> None:
    page.goto(f"{address}?user=7&item=b2")
    wait_until_opened(page)
    page.get_by_text("What would flip it?").click()
    asking = page.get_by_role("button", name="Find the fewest behaviors to remove")
    expect(asking).to_be_visible()
    wide = asking.locator("p").evaluate("text => text.parentElement.scrollWidth - text.parentElement.clientWidth")
    assert wide == 0 and scrolls_sideways(page) is False  # all of what it does stands on it
    asking.click()
    questions = page.locator(".st-key-questions")
    expect(questions).to_contain_text(ANSWERED)
    expect(page).to_have_url(re.compile("flip.across="))  # it is written once all is drawn
    (goal,) = query(page)["flip.across"]
    answer = questions.inner_text()

    other = new_page()
    other.goto(copied_link(page, "This view"))
    expect(other.get_by_role("slider")).to_have_value(goal)
    expect(other.locator(".st-key-questions")).to_have_text(answer, use_inner_text=True)

    page.locator("#cases").press("ArrowDown")  # the instrument goes on by itself
    gone = parse_qs(urlsplit(copied_link(page, "This view")).query)
    assert gone["item"] != ["b2"] and "flip.across" not in gone
    wait_until_rest(page)
    assert "flip.across" not in query(page)
    page.go_back()
    expect(page).to_have_url(has_query("flip.across", goal))
    expect(questions).to_have_text(answer, use_inner_text=True)
    page.go_back()
    expect(page.get_by_role("slider")).to_be_visible()  # the box stays open
    expect(questions).not_to_contain_text(ANSWERED)
