"""`python -m tests.journeys.pictures.shared_pictures`: what others get of the demo: a brief, kept numbers, a report."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from din_core.pages.tour.offer import COOKIE
from tests.journeys.page_driver import wait_until_rest
from tests.journeys.screenshots import FOLDER, PATIENCE_MS, SIZE
from tests.journeys.server import running_app, running_browser

KEPT = ("Green peas, week of 20 November", "The same, with DIN · counts")
"""Titles of the snapshots."""


def main() -> None:
    """Write the pictures."""
    expect.set_options(timeout=PATIENCE_MS)
    with running_app({}) as address, running_browser() as browser:
        context = browser.new_context(viewport=SIZE, reduced_motion="reduce", locale="en-US", accept_downloads=True)
        context.add_cookies([{"name": COOKIE, "value": "1", "url": address}])
        take_brief(context, address)
        take_shelf(context, address)
        take_report(context, address)


def take_brief(context: BrowserContext, address: str) -> None:
    """The brief of the opening example."""
    page = context.new_page()
    page.goto(f"{address}?view=brief")
    expect(page.get_by_role("link", name="Open the full analysis")).to_be_visible()
    save(page, "brief")


def take_shelf(context: BrowserContext, address: str) -> None:
    """Two snapshots, listed and side by side."""
    for title, query in zip(KEPT, ("", "?models=din-counts,base"), strict=True):
        page = context.new_page()
        page.goto(f"{address}{query}")
        expect(page.locator("#rows tr").first).to_be_visible()
        wait_until_rest(page)
        page.get_by_role("button", name="Keep these numbers").click()
        page.get_by_label("Title (empty: product and user)").fill(title)
        page.get_by_role("button", name="Keep", exact=True).click()
        expect(page.get_by_test_id("stCode")).to_be_visible()
        page.close()
    page = context.new_page()
    page.goto(f"{address}find-snapshots")
    expect(page.get_by_role("button", name="Revoke", exact=True)).to_be_visible()
    save(page, "snapshots")


def take_report(context: BrowserContext, address: str) -> None:
    """The file that *Keep these numbers* saves, opened from the disk."""
    page = context.new_page()
    page.goto(address)
    expect(page.locator("#rows tr").first).to_be_visible()
    wait_until_rest(page)
    page.get_by_role("button", name="Keep these numbers").click()
    page.get_by_role("tab", name="As a file").click()
    with tempfile.TemporaryDirectory() as folder:
        with page.expect_download() as download:
            page.get_by_role("button", name="Report (HTML)").click()
        path = Path(folder) / "report.html"
        download.value.save_as(path)
        report = context.new_page()
        report.goto(path.as_uri())
        save(report, "report")


def save(page: Page, name: str) -> None:
    """The window as it is, once nothing moves any more."""
    if page.url.startswith("http"):
        wait_until_rest(page)
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path)
    print(path)
    page.close()


if __name__ == "__main__":
    main()
