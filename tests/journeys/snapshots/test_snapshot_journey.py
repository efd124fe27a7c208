"""Numbers are kept on Inspect, seen by somebody else, and found again among the snapshots."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.journeys.page_driver import scrolls_sideways, wait_until_run

NewPage = Callable[..., Page]


def test_numbers_are_kept_opened_by_somebody_else_and_revoked(page: Page, new_page: NewPage, address: str) -> None:
    page.goto(f"{address}?user=7&item=m2&at=2017-11-20&models=din,base")
    expect(page.locator("#title")).to_have_text("Milk · 1 qt · National")
    page.get_by_role("button", name="Keep these numbers").click()
    page.get_by_label("Title (empty: product and user)").fill("Milk in November")
    page.get_by_role("button", name="Keep", exact=True).click()
    link = page.get_by_test_id("stCode").inner_text().strip()
    assert link.startswith(f"{address}explain-inspect?snapshot=")

    phone = new_page(width=390)
    phone.goto(link)
    expect(phone.get_by_text("Milk in November: Kept on")).to_be_visible()
    expect(phone.get_by_role("heading", name="Milk for Household 7")).to_be_visible()
    assert not scrolls_sideways(phone)
    phone.get_by_role("button", name="Compute again now").click()
    expect(phone.get_by_text("Models and rows are the same.")).to_be_visible()

    page.goto(f"{address}find-snapshots")
    page.get_by_role("button", name="Revoke", exact=True).click()
    page.get_by_role("button", name="Revoke for good").click()
    wait_until_run(page)
    expect(page.get_by_role("button", name="Revoke", exact=True)).to_have_count(0)
    other = new_page()
    other.goto(link)
    expect(other.get_by_role("alert")).to_contain_text("was revoked")
