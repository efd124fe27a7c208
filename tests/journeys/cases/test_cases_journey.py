"""Journeys among cases and cohorts: numbers on screen against the core, and a case opened in Inspect."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from din_core.cases import mean_weights, most_telling, read_cases
from din_core.figures.cohort import number as shown_number
from din_core.scoring import Scorer
from din_core.store import BehaviorStore
from tests.journeys.inspect_page import check_numbers, open_example, wait_until_opened
from tests.journeys.page_driver import has_query, header_link, number, query, wait_until_rest

NewPage = Callable[..., Page]
MONDAY = 1511136000


def grid(page: Page, key: str, rows: int) -> list[list[str]]:
    """The cells of a table that is drawn on a canvas, as its twin for screen readers holds them."""
    lines = page.locator(f".st-key-{key} [role=grid] tbody tr")
    expect(lines).to_have_count(rows)
    cells: list[list[str]] = lines.evaluate_all(
        "lines => lines.map(line => [...line.querySelectorAll('[role=gridcell]')].map(cell => cell.textContent))"
    )
    return cells


def test_a_case_shows_the_cores_numbers_and_opens_in_inspect(
    page: Page, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    open_example(page, address)
    header_link(page, "Find").click()
    expect(page.get_by_role("heading", name="Cases worth seeing")).to_be_visible()
    page.locator(".st-key-case_kind").get_by_text("Largest gap", exact=True).click()
    expect(page.get_by_text("3 of 3 cases, among 3 impressions.")).to_be_visible()
    history = store.history("7", MONDAY)
    expected = []
    for shown in store.impressions("7", "test"):
        p, q = (
            100 * float(scorers[name].score(history, [shown.item], shown.context).probability[0])
            for name in ("din", "base")
        )
        expected.append((shown.item, p, q))
    expected.sort(key=lambda line: -abs(line[1] - line[2]))
    link = page.locator(".st-key-case_link a")
    expect(link).to_have_text(f"arrow_forwardOpen {expected[0][0].label} in Inspect")
    seen = [cell for row in grid(page, "cases", len(expected)) for cell in row]
    for item, p, q in expected:
        place = seen.index(item.label)
        assert number(seen[place + 2]) == pytest.approx(p, abs=0.051)
        assert number(seen[place + 3]) == pytest.approx(q, abs=0.051)
    page.locator(".st-key-cases .dvn-scroller").click(position={"x": 16, "y": 35 * 3 - 17})  # the second row
    expect(link).to_have_text(f"arrow_forwardOpen {expected[1][0].label} in Inspect")
    link.click()
    expect(page.locator("#title")).to_have_text(expected[1][0].label)
    wait_until_opened(page)
    page.wait_for_url(lambda url: f"item={expected[1][0].item_id}" in url)
    assert (query(page)["user"], query(page)["item"]) == (["7"], [expected[1][0].item_id])
    check_numbers(page, store, scorers)


def test_a_case_of_negative_weights_opens_with_its_behavior_singled_out(
    page: Page, address: str, checkpoints: Path, store: BehaviorStore
) -> None:
    cases = read_cases(checkpoints / "cases")
    first = int(most_telling(cases, "negative", np.ones(len(cases.item), dtype=bool), 1)[0][0])
    item_id = cases.item_ids[cases.low_item[first]]
    page.goto(f"{address}find-cases?cases.kind=negative")
    page.locator(".st-key-case_link a").click()
    wait_until_opened(page)
    lit = page.locator("#rows tr.lit")
    expect(lit).to_contain_text(store.item(item_id).label)
    expect(page.locator("#rows tr").first).to_have_class("lit")  # the most negative comes first
    expect(page).to_have_url(has_query("behavior", item_id))
    page.reload()
    expect(lit).to_contain_text(store.item(item_id).label)
    page.locator("#rows tr").nth(1).click()  # another one is of interest now
    page.wait_for_url(lambda url: "behavior=" not in url)
    page.locator("#rows tr").nth(1).click()
    page.mouse.move(0, 0)
    expect(lit).to_have_count(0)


def test_a_cohorts_means_are_those_of_the_stored_sums_and_follow_the_slice(
    page: Page, address: str, checkpoints: Path
) -> None:
    page.goto(f"{address}find-cohorts")
    expect(page.get_by_text("Impressions: 3. Households: 1.")).to_be_visible()
    cases = read_cases(checkpoints / "cases")
    lines = page.locator("details[open] [role=grid] tbody tr")

    def check(rows: np.ndarray) -> None:
        mean = mean_weights(cases, "age", rows)
        for place in np.flatnonzero(mean.count).tolist():
            expect(lines.nth(place).locator("[role=gridcell]").nth(1)).to_have_text(shown_number(mean.value[place]))

    expect(page.get_by_text("On all 3 impressions of the slice")).to_be_visible()  # the last that is drawn
    page.locator(".st-key-cohort_age").locator("xpath=following::summary[1]").click()  # its equal table
    check(np.ones(3, dtype=bool))
    choice = page.get_by_role("combobox", name="Category of the candidate", exact=True)
    choice.scroll_into_view_if_needed()  # a list that is open closes when the page scrolls, and is told a frame later
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    choice.fill("Dairy")
    expect(page.get_by_role("option")).to_have_text(["Dairy"])
    choice.press("Enter")
    expect(page.get_by_text("Impressions: 1. Households: 1.")).to_be_visible()
    check(cases.category == cases.categories.index("Dairy"))
    wait_until_rest(page)  # meanwhile the former slice's chart may stand beside the new one
    expect(page.locator(".st-key-cohort_categories .js-plotly-plot")).to_be_visible()
