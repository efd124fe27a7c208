"""A brief is copied on any page, opens on a phone and on paper, and leads to the full analysis."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect

from tests.journeys.page_driver import copied_link, query, scrolls_sideways, wait_until_run

NewPage = Callable[..., Page]


def test_the_brief_of_any_page_is_read_by_somebody_else_on_a_phone(page: Page, new_page: NewPage, address: str) -> None:
    page.goto(f"{address}compare-scenarios?user=7&item=m2&item=b2&at=2017-11-20&models=din,base")
    expect(page.get_by_role("heading", name="Compare")).to_be_visible()
    wait_until_run(page)
    link = copied_link(page, "Brief for others")
    given = parse_qs(urlsplit(link).query)
    assert urlsplit(link).path == "/explain-inspect" and given["item"] == ["m2"] and given["view"] == ["brief"]
    assert not {"sort", "by", "columns"} & given.keys()

    phone = new_page(width=390)
    phone.goto(link)
    expect(phone.get_by_role("heading", name="Milk for Household 7")).to_be_visible()
    assert not scrolls_sideways(phone)
    expect(phone.locator(".st-key-header")).to_have_count(0)
    phone.get_by_role("link", name="Open the full analysis").click()
    expect(phone.locator("#title")).to_have_text("Milk · 1 qt · National")
    assert "view" not in query(phone)


def test_a_brief_prints_on_one_page_and_opens_the_analysis_beside_what_embeds_it(page: Page, address: str) -> None:
    page.goto(f"{address}?user=7&item=m2&at=2017-11-20&models=din,base&view=brief&embed=true")
    link = page.get_by_role("link", name="Open the full analysis")
    expect(link).to_have_attribute("target", "_blank")
    assert page.pdf(format="A4").count(b"/Type /Page\n") == 1


def test_where_an_instrument_has_just_gone_is_in_the_copied_link(page: Page, address: str) -> None:
    page.goto(f"{address}?user=7&item=b2&at=2017-11-20&models=din,base")
    expect(page.locator("#title")).to_have_text("Stout · 12 oz · National")  # before, the list is empty
    page.locator("#cases").press("ArrowDown")
    expect(page.locator("#title")).to_have_text("Milk · 1 qt · National")
    assert parse_qs(urlsplit(copied_link(page, "This view")).query)["item"] == ["m2"]


def test_a_link_that_is_too_long_for_chat_is_kept_under_a_short_one_and_its_sender_is_told(
    page: Page, new_page: NewPage, address: str
) -> None:
    edits = ";".join(f"add,m{1 + n % 2},2017-10-{1 + n % 28:02}T00:00:00Z" for n in range(50))
    page.goto(f"{address}explain-what-if?user=7&item=b2&at=2017-11-20&models=din,base&edits={edits}")
    expect(page.get_by_text("Every edit makes a new state")).to_be_visible()
    page.wait_for_url(lambda url: "lang" in url or "sort=" in url)
    page.get_by_role("button", name="Copy link").click()
    page.get_by_role("button", name="This view").click()
    expect(page.get_by_text("This short one is kept on this server")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert len(link) < 100 and "/explain-what-if?s=" in link
    other = new_page()
    other.goto(link)
    expect(other.get_by_text("Every edit makes a new state")).to_be_visible()
    expect(other.locator("#title")).to_have_text("Stout · 12 oz · National")
    assert other.url == link
