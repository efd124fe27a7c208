"""Every page in both themes and languages, on a screen and a phone: axe finds nothing serious, nothing is too wide.

And none moves while it loads.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.journeys.accessibility import serious
from tests.journeys.layout_shift import layout_shift
from tests.journeys.looks import Look, each_look
from tests.journeys.page_driver import scrolls_sideways
from tests.journeys.screenshots import PAGES

MOVES = 0.2
"""Layout shift from which on a page is one that jumps; good is .1, but a busy machine draws more of the steps."""


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_stands_still_is_accessible_and_no_wider_than_its_window(page: Page, address: str, name: str) -> None:
    path, ready = PAGES[name]
    page.goto(f"{address}{path}?models=din,dien")  # with a DIEN, every page has its link
    ready(page)
    moved = layout_shift(page)
    found: dict[Look, list[object]] = {}
    wide = []
    for look in each_look(page):
        if scrolls_sideways(page):
            wide.append(look)
        if violations := serious(page):
            found[look] = violations
    page.emulate_media(media="print")
    assert not page.locator(".st-key-places, .st-key-quick_open_room").locator("visible=true").count()
    assert page.get_by_test_id("stHeading").first.is_visible()
    page.emulate_media(media="screen")
    assert (found, wide) == ({}, [])
    assert moved < MOVES
