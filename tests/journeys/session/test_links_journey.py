"""What a page shows goes with the link: another visitor sees it, Back brings it again."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from tests.journeys.page_driver import has_query, wait_until_run

NewPage = Callable[..., Page]


def pick(page: Page, label: str, option: str) -> None:
    """Choose by keyboard: a list that is open closes when the page scrolls."""
    field = page.get_by_role("combobox", name=label, exact=True)
    field.fill(option)
    expect(page.get_by_role("option").first).to_have_text(option)
    field.press("Enter")


def test_a_cohort_is_shared_and_back_brings_the_one_before(page: Page, new_page: NewPage, address: str) -> None:
    page.goto(f"{address}cohorts")
    expect(page.get_by_text("Impressions: 3. Households: 1.")).to_be_visible()
    page.wait_for_url(lambda url: "user=" in url)
    pick(page, "Category of the candidate", "Dairy")
    expect(page).to_have_url(has_query("cohorts.category", "Dairy"))
    expect(page.get_by_text("Impressions: 1. Households: 1.")).to_be_visible()
    other = new_page()
    other.goto(page.url)
    expect(other.get_by_text("Impressions: 1. Households: 1.")).to_be_visible()
    expect(other.get_by_test_id("stAlert")).to_have_count(0)
    page.locator(".st-key-pages").get_by_role("link", name="Data", exact=True).click()
    expect(page.get_by_role("heading", name="What is in the store")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("Impressions: 1. Households: 1.")).to_be_visible()


def test_a_step_to_another_page_is_one_step_back(page: Page, address: str) -> None:
    page.goto(f"{address}cohorts")
    page.wait_for_url(lambda url: "user=" in url)
    pick(page, "Category of the candidate", "Dairy")
    expect(page).to_have_url(has_query("cohorts.category", "Dairy"))
    links = page.locator(".st-key-pages").get_by_role("link")
    steps = [(page.url, page.title())]
    for name in links.all_inner_texts():
        leads = links.and_(page.get_by_role("link", name=name, exact=True))
        expect(leads).to_have_attribute("href", re.compile("user="))
        leads.click()
        title = "DIN Lens" if name == "Inspect" else f"{name} · DIN Lens"
        expect(page).to_have_title(title)
        wait_until_run(page)
        steps.append((page.url, title))
    assert len({urlsplit(url).path for url, _ in steps}) == links.count()
    for url, title in steps[-2::-1]:
        page.go_back()
        expect(page).to_have_url(url)
        expect(page).to_have_title(title)  # its run has begun
        wait_until_run(page)
        expect(page).to_have_url(url)
