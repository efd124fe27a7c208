"""What Rank, Item space, Cases and Cohorts show goes with the link: another visitor sees it, Back brings it again."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.page_driver import box, has_query, wait_until_run

NewPage = Callable[..., Page]


@pytest.fixture(scope="module")
def checkpoints(all_pages: Path) -> Path:
    return all_pages


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


def test_cases_are_shared_with_their_kind_and_filter(page: Page, new_page: NewPage, address: str) -> None:
    page.goto(f"{address}cases")
    page.locator(".st-key-case_kind").get_by_text("Largest gap", exact=True).click()
    expect(page).to_have_url(has_query("cases.kind", "gap"))
    pick(page, "Outcome", "Bought")
    expect(page).to_have_url(has_query("cases.outcome", "positive"))
    told = page.get_by_text("cases, among")
    expect(told).to_be_visible()
    other = new_page()
    other.goto(page.url)
    expect(other.get_by_text(told.inner_text())).to_be_visible()
    expect(other.get_by_role("combobox", name="Outcome", exact=True)).to_have_value("Bought")


def test_a_ranking_is_shared_with_its_category_and_order(page: Page, new_page: NewPage, address: str) -> None:
    page.goto(f"{address}rank")
    expect(page.get_by_role("button", name="Score again")).to_be_visible()
    page.get_by_role("radio", name="Average pooling").click()
    expect(page).to_have_url(has_query("rank.by", "second"))
    pick(page, "Show", "Dairy")
    expect(page).to_have_url(has_query("rank.category", "Dairy"))
    cells = page.locator(".st-key-ranking [role=grid] tbody")
    heads = page.locator(".st-key-ranking [role=grid] thead")
    expect(heads).to_contain_text("Rank by DIN")
    other = new_page()
    other.goto(page.url)
    expect(other.locator(".st-key-ranking [role=grid] thead")).to_contain_text("Rank by DIN")
    expect(other.locator(".st-key-ranking [role=grid] tbody")).to_have_text(cells.inner_text().replace("\t", ""))


def test_a_map_is_shared_with_its_colours_and_the_item_looked_at(page: Page, new_page: NewPage, address: str) -> None:
    page.goto(f"{address}items")
    page.get_by_role("radio", name="Predicted probability").click()
    expect(page).to_have_url(has_query("items.colour", "score"))
    box(page, "neighbour").fill("nails")
    page.locator(".st-key-neighbour").get_by_role("option").first.click()
    expect(page).to_have_url(has_query("items.item", "n1"))
    other = new_page()
    other.goto(page.url)
    expect(other.locator(".st-key-item_map .colorbar")).to_be_attached()
    expect(box(other, "neighbour")).to_have_value("Nails · 1 lb")


def test_a_link_with_a_wrong_value_says_so_and_shows_the_default(page: Page, address: str) -> None:
    page.goto(f"{address}cohorts?cohorts.category=Moods")
    expect(page.get_by_test_id("stAlert")).to_contain_text(
        "None of these impressions is of “Moods”, which the link names: all are shown."
    )
    expect(page.get_by_text("Impressions: 3. Households: 1.")).to_be_visible()
