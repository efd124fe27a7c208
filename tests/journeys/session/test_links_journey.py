"""What a page shows goes with the link: another visitor sees it, Back brings it again."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from tests.journeys.page_driver import has_query, header_link, wait_until_run

NewPage = Callable[..., Page]


WAY: dict[str, str | re.Pattern[str]] = {
    "Explain": re.compile(r"^Stout · Household 7 · \d+.%$"),  # by what is on screen, once it stands
    "What if": "What if · Explain · DIN Lens",
    "Compare": "Scenarios · Compare · DIN Lens",
    "Whole catalogue": "Whole catalogue · Compare · DIN Lens",
    "Two models": "Two models · Compare · DIN Lens",
    "Find": "Cases · Find · DIN Lens",
    "Cohorts": "Cohorts · Find · DIN Lens",
    "Models": "Leaderboard · Models · DIN Lens",
    "Item space": "Item space · Models · DIN Lens",
    "Data": "Data · DIN Lens",
    "New here? Two-minute tour": "Tour · DIN Lens",
}
"""Links to all pages, one after the other, and how each is called in the browser's tab."""


def pick(page: Page, label: str, option: str) -> None:
    """Choose by keyboard: a list that is open closes when the page scrolls."""
    field = page.get_by_role("combobox", name=label, exact=True)
    field.fill(option)
    expect(page.get_by_role("option").first).to_have_text(option)
    field.press("Enter")


def test_a_cohort_is_shared_and_back_brings_the_one_before(page: Page, new_page: NewPage, address: str) -> None:
    page.goto(f"{address}find-cohorts")
    expect(page.get_by_text("Impressions: 3. Households: 1.")).to_be_visible()
    page.wait_for_url(lambda url: "user=" in url)
    pick(page, "Category of the candidate", "Dairy")
    expect(page).to_have_url(has_query("cohorts.category", "Dairy"))
    expect(page.get_by_text("Impressions: 1. Households: 1.")).to_be_visible()
    other = new_page()
    other.goto(page.url)
    expect(other.get_by_text("Impressions: 1. Households: 1.")).to_be_visible()
    expect(other.get_by_test_id("stAlert")).to_have_count(0)
    header_link(page, "Data").click()
    expect(page.get_by_role("heading", name="What is in the store")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("Impressions: 1. Households: 1.")).to_be_visible()


def test_a_step_to_another_page_is_one_step_back(page: Page, address: str) -> None:
    page.goto(f"{address}find-cohorts")
    page.wait_for_url(lambda url: "user=" in url)
    pick(page, "Category of the candidate", "Dairy")
    expect(page).to_have_url(has_query("cohorts.category", "Dairy"))
    steps: list[tuple[str, str | re.Pattern[str]]] = [(page.url, page.title())]
    for name, title in WAY.items():
        leads = header_link(page, name)
        expect(leads).to_have_attribute("href", re.compile("user="))
        leads.click()
        expect(page).to_have_title(title)
        wait_until_run(page)
        steps.append((page.url, title))
    assert len({urlsplit(url).path for url, _ in steps}) == len(WAY)  # the first page comes once more
    for url, title in steps[-2::-1]:
        page.go_back()
        expect(page).to_have_url(url)
        expect(page).to_have_title(title)  # its run has begun
        wait_until_run(page)
        expect(page).to_have_url(url)
