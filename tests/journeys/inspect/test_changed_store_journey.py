"""Journeys in a store of their own: items shown twice, an opposite outcome, a behavior that arrives meanwhile."""

from __future__ import annotations

import math
import re

import pytest
from playwright.sync_api import Page, expect

from din_core.explain import smallest_removal
from din_core.explain.nearest_opposite import ImpressionWithHistory, nearest
from din_core.scoring import Scorer, rescorer_for
from din_core.sharing import parse
from din_core.store import BehaviorStore
from din_core.store.queries.opposite_outcome import opposite_impressions
from tests.journeys.inspect_page import check_numbers, wait_until_opened
from tests.journeys.page_driver import box, has_query, options, query
from tests.small_world import MONDAY

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


def test_the_fewest_behaviors_and_the_nearest_opposite_are_the_cores_and_can_be_opened(
    page: Page, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    page.goto(f"{address}?user=8&item=m1")
    wait_until_opened(page)
    scenario = parse(query(page))[0].scenario
    assert scenario is not None
    history = store.history(scenario.user_id, scenario.as_of)
    shown = next(
        i
        for i in store.impressions(scenario.user_id)
        if (i.timestamp, i.item.item_id) == (scenario.as_of, scenario.candidate_ids[0])
    )
    page.get_by_text("What would flip it?").click()

    page.get_by_role("button", name="Find the fewest behaviors to remove").click()
    opened = rescorer_for(scorers["din"], history, shown.item, scenario.context)
    goal = round(float(f"{100 / (1 + math.exp(-opened.full)):.1f}") / 2)
    expect(page.get_by_role("slider")).to_have_value(str(goal))
    found = smallest_removal(opened, threshold=math.log(goal / (100 - goal)))
    said = page.locator(".st-key-questions")
    if found.chosen is None:
        expect(said).to_contain_text(f"takes it across {goal} %")
    else:
        expect(said).to_contain_text(f"Without these {len(found.chosen)}, the chance is")

    page.get_by_role("button", name="with the opposite outcome").click()
    others = opposite_impressions(store, shown, 24).impressions
    own, *seen = (ImpressionWithHistory(one, store.history(one.user_id, one.timestamp)) for one in (shown, *others))
    other = nearest(scorers["din"], own, seen)
    assert other is not None
    expect(said).to_contain_text(f"{100 * other.own:.1f} % on screen and {100 * other.other:.1f} % there")
    expect(said).to_contain_text(f"takes it across {goal} %" if found.chosen is None else "the chance is")
    page.get_by_role("button", name="Open this scenario").click()
    expect(page).to_have_url(has_query("user", other.seen.impression.user_id))
    expect(page).to_have_url(has_query("item", other.seen.impression.item.item_id))


def test_a_behavior_that_arrives_meanwhile_is_seen_at_the_next_step(
    page: Page, address: str, store: BehaviorStore
) -> None:
    page.goto(f"{address}?user=8")
    expect(page.locator("#rows tr")).to_have_count(2)
    store.append_behaviors("8", [("n1", MONDAY - 5 * 7 * 86400)])
    box(page, "user").fill("8")
    options(page, "user").filter(has_text="Household 8").click()
    expect(page.locator("#rows tr")).to_have_count(3)
