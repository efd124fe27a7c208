"""The store grows while the app shows it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from din_core.store import BehaviorStore
from tests.journeys.page_driver import box, options
from tests.small_world import MONDAY


@pytest.fixture(scope="module")
def store(changed_store: BehaviorStore) -> BehaviorStore:
    return changed_store


def test_a_behavior_that_arrives_meanwhile_is_seen_at_the_next_step(
    page: Page, address: str, store: BehaviorStore
) -> None:
    page.goto(f"{address}?user=8")
    expect(page.locator("#rows tr")).to_have_count(2)
    store.append_behaviors("8", [("n1", MONDAY - 5 * 7 * 86400)])
    box(page, "user").fill("8")
    options(page, "user").filter(has_text="Household 8").click()
    expect(page.locator("#rows tr")).to_have_count(3)
