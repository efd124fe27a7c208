"""Several impressions of one item at one time: the instrument steps through them, and the address names each."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from din_core.scoring import Scorer
from din_core.store import BehaviorStore
from tests.journeys.inspect_page import check_numbers, wait_until_opened
from tests.journeys.page_driver import box, has_query, options, query

FRONT = "Milk · 1 qt · National · Mailer: Front page feature"
INSIDE = "Milk · 1 qt · National · Mailer: Interior page feature"


@pytest.fixture(scope="module")
def store(changed_store: BehaviorStore) -> BehaviorStore:
    return changed_store


def test_each_impression_is_stepped_to_and_picked_with_its_own_numbers_outcome_and_address(
    page: Page, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    page.goto(f"{address}?user=7&item=m2&at=2017-11-20")
    wait_until_opened(page)
    expect(page.locator("#title")).to_have_text(INSIDE)
    expect(page.locator("#outcome")).to_have_text("Not bought in the week of 20 Nov 2017")
    check_numbers(page, store, scorers)
    assert "nth" not in query(page)

    page.locator("#cases").press("Home")
    expect(page.locator("#title")).to_have_text(FRONT)
    expect(page.locator("#outcome")).to_have_text("Bought in the week of 20 Nov 2017")
    expect(page).to_have_url(has_query("nth", "2"))
    check_numbers(page, store, scorers)
    expect(box(page, "impression")).to_have_value(f"20 Nov 2017 · {FRONT} · bought")

    box(page, "impression").click()
    box(page, "impression").fill("interior milk")
    expect(options(page, "impression")).to_have_text([f"20 Nov 2017 · {INSIDE} · not bought"])
    box(page, "impression").press("Enter")
    expect(page.locator("#title")).to_have_text(INSIDE)
    expect(page).not_to_have_url(re.compile("nth="))
    check_numbers(page, store, scorers)

    page.reload()
    wait_until_opened(page)
    expect(page.locator("#title")).to_have_text(INSIDE)
