"""Above the lens: what would have to be gone, who decided otherwise, and the way to them."""

from __future__ import annotations

import math

import pytest
from playwright.sync_api import Page, expect

from din_core.explain import smallest_removal
from din_core.explain.nearest_opposite import ImpressionWithHistory, nearest
from din_core.scoring import Scorer, rescorer_for
from din_core.sharing import parse
from din_core.store import BehaviorStore
from din_core.store.queries.opposite_outcome import opposite_impressions
from tests.journeys.inspect_page import wait_until_opened
from tests.journeys.page_driver import has_query, query


@pytest.fixture(scope="module")
def store(changed_store: BehaviorStore) -> BehaviorStore:
    return changed_store


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
