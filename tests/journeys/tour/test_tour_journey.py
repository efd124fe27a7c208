"""A journey through the tour: each step's titles, bars and tables against the numbers that were written for it."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from din_core.domain.tour import TourCandidate, read_tour
from din_core.figures.tour import written
from din_core.pages.tour.page import STEPS, TOUR
from tests.journeys.charts import traces
from tests.journeys.page_driver import eventually, has_query, header_link, wait_until_rest, wait_until_run
from tests.journeys.record_table import record_rows

NewPage = Callable[..., Page]


def check_bars(page: Page, candidate: TourCandidate, model: str) -> None:
    """The chart holds every category's weight and effect, once it is drawn anew."""

    def bars() -> dict[str, list[float]]:
        found: dict[str, list[float]] = {}
        for trace in traces(page, f"tour_{model}"):
            for name, value in zip(trace["y"], trace["x"], strict=True):
                if name:
                    found.setdefault(re.sub(r" · \d+×$", "", str(name)), []).append(value)
        return {name: sorted(values) for name, values in found.items()}

    def check() -> None:
        assert bars() == {
            entry.name: sorted([entry.weight[model], entry.effect[model]]) for entry in candidate.categories
        }

    eventually(page, check)


def check_table(page: Page, candidate: TourCandidate, model: str) -> None:
    """So does the table below it, and it names the reasons."""
    fold = page.locator(f".st-key-tour_{model}").locator("xpath=following::details[1]")
    fold.locator("summary").click()
    wanted = {
        (
            entry.name,
            str(entry.lines),
            written(entry.weight[model], "weight"),
            written(entry.effect[model], "effect"),
            "a reason, as the shopper was made" if entry.cause else "not a reason",
        )
        for entry in candidate.categories
    }

    def check() -> None:
        rows = record_rows(page, f"tour_{model}_table")
        assert sorted(tuple(row.values()) for row in rows) == sorted(wanted)

    eventually(page, check)


def test_every_step_shows_what_was_measured_for_it(page: Page, address: str) -> None:
    tour = read_tour(TOUR)
    page.goto(f"{address}tour")
    for place, step in enumerate(STEPS):
        expect(page.get_by_role("heading", name=step.title, level=2)).to_be_visible()
        expect(page.get_by_text(f"Step {place + 1} of {len(STEPS)}")).to_be_visible()
        for title, model in step.shown:
            candidate = tour.candidate(step.user_id, title)
            chance = min(max(100 * candidate.probability[model], 0.1), 99.9)
            head = page.get_by_role("heading", name=f"{candidate.title}, predicted chance {chance:.3g} %")
            expect(head.first).to_be_visible()
            wait_until_run(page)
            check_bars(page, candidate, model)
            check_table(page, candidate, model)
        if place < len(STEPS) - 1:
            page.get_by_role("button", name="Next").press("Enter")  # all of it goes by keyboard
    expect(page.get_by_role("button", name="Next")).to_have_count(0)


def test_the_next_step_begins_with_its_title_in_sight(new_page: NewPage, address: str) -> None:
    page = new_page(width=1280, height=700)
    page.goto(f"{address}tour")
    for step in STEPS[1:3]:
        wait_until_rest(page)
        page.get_by_role("button", name="Next").click()  # at the end of the page
        title = page.get_by_role("heading", name=step.title, level=2)
        expect(title).to_be_in_viewport(ratio=1)
        expect(title).to_be_focused()
        wait_until_rest(page)
        expect(title).to_be_in_viewport(ratio=1)


def test_the_tour_offers_itself_once_to_a_first_visitor(page: Page, new_page: NewPage, address: str) -> None:
    page.goto(f"{address}data")
    offer = page.locator(".st-key-tour_offer")
    expect(offer).to_contain_text("First visit?")
    wait_until_rest(page)
    page.reload()
    expect(page.get_by_role("heading", name="What is in the store")).to_be_visible()
    wait_until_run(page)
    expect(offer).to_have_count(0)
    expect(header_link(page, "New here? Two-minute tour")).to_be_visible()
    other = new_page()
    other.goto(f"{address}data")
    other.get_by_role("button", name="Not now").click()
    expect(other.locator(".st-key-tour_offer")).to_have_count(0)


def test_a_step_is_shared_as_a_link_and_the_browsers_back_goes_one_step_back(
    page: Page, new_page: NewPage, address: str
) -> None:
    page.goto(f"{address}tour")
    expect(page).to_have_url(has_query("tour.step", "1"))
    for step in ("2", "3"):
        page.get_by_role("button", name="Next").click()
        expect(page).to_have_url(has_query("tour.step", step))
    other = new_page()
    other.goto(page.url)
    expect(other.get_by_role("heading", name=STEPS[2].title, level=2)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name=STEPS[1].title, level=2)).to_be_visible()
    page.get_by_role("link", name="Open a real household in Inspect").click()
    expect(page.locator("#title")).to_have_text("Stout · 12 oz · National")
