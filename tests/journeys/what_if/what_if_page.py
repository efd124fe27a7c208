"""What stands on the What if page, as values a test can hold against the core."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from din_core.domain import Scenario
from din_core.pages.what_if.edit_steps import EditedStates, apply_edits
from din_core.scoring import Scorer
from din_core.sharing import parse
from din_core.store import BehaviorStore
from tests.journeys.inspect_page import wait_until_opened
from tests.journeys.page_driver import eventually, number, query


def open_page(page: Page, address: str) -> None:
    page.goto(f"{address}explain-what-if")
    wait_until_opened(page)
    expect(page.locator("#rows tr").first).to_be_visible()


def steps(page: Page) -> Locator:
    """The states, one an edit after the first."""
    return page.locator("#steps tr")


def row(page: Page, title: str) -> Locator:
    return page.locator("#rows tr").filter(has_text=title)


def edited(page: Page, store: BehaviorStore) -> tuple[Scenario, EditedStates]:
    """The scenario in the address bar and its states, as the core makes them."""
    link, problems = parse(query(page))
    assert problems == () and link.scenario is not None
    return link.scenario, apply_edits(store, link.scenario)


def check_scores(page: Page, store: BehaviorStore, scorers: dict[str, Scorer]) -> EditedStates:
    """Tiles, edits and list come to hold what the core says of the states in the address bar, to the last digit."""
    return eventually(page, lambda: check_drawn(page, store, scorers))


def check_drawn(page: Page, store: BehaviorStore, scorers: dict[str, Scorer]) -> EditedStates:
    """The same, at once."""
    scenario, applied = edited(page, store)
    names = [name.partition("@")[0] for name in scenario.checkpoints]
    scored = [
        [scorers[name].score(state.history, [state.candidate], state.context) for name in names]
        for state in applied.states
    ]
    chances = [[100 * float(scores.probability[0]) for scores in one] for one in scored]
    tiles = page.locator("#tiles .value")
    assert [number(tiles.nth(place).inner_text()) for place in (0, 1)] == pytest.approx(chances[-1], abs=0.051)
    assert number(tiles.nth(2).inner_text()) == pytest.approx(float(scored[-1][0].intensity[0]), abs=0.0051)
    against = [now - then for now, then in zip(chances[-1], chances[scenario.reference], strict=True)]
    if scenario.reference < len(applied.edits):
        changes = page.locator("#tiles .change")
        assert [number(changes.nth(place).inner_text()) for place in (0, 1)] == pytest.approx(against, abs=0.051)
    for place, (now, before) in enumerate(zip(chances, [None, *chances], strict=False)):
        shown = [number(text) for text in steps(page).nth(place).locator(".scored b").all_inner_texts()]
        wanted = now if before is None else [a - b for a, b in zip(now, before, strict=True)]
        assert shown == pytest.approx(wanted, abs=0.051)
    totals = {b.item.label: w * b.count for b, w in zip(scored[-1][0].behaviors, scored[-1][0].weight[0], strict=True)}
    listed = page.locator("#rows tr:not(.gone)").evaluate_all(
        "rows => rows.map(r => ['.text', '.total span'].map(at => r.querySelector(at).textContent))"
    )
    assert {title: number(text) for title, text in listed} == pytest.approx(totals, abs=1e-2)
    return applied
