"""`python -m tests.journeys.screenshots [NAME ...]`: pictures of every page of the demo in both themes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page, expect

from din_core.pages.tour.offer import COOKIE
from tests.journeys.charts import chart
from tests.journeys.page_driver import wait_until_rest
from tests.journeys.server import ROOT, running_app, running_browser

FOLDER = ROOT / "assets" / "screenshots"
THEMES = {"": "light", "-dark": "dark"}
"""What a file's name ends in."""
SIZE = {"width": 1280, "height": 1056}
PATIENCE_MS = 180_000

Ready = Callable[[Page], object]
PAGES: dict[str, tuple[str, Ready]] = {
    "inspect": ("explain-inspect", lambda page: expect(page.locator("#rows tr").first).to_be_visible()),
    "what-if": ("explain-what-if", lambda page: expect(page.locator("#steps tr").first).to_be_visible()),
    "compare": ("compare-scenarios", lambda page: chart(page, "heatmap")),
    "rank": ("compare-catalogue", lambda page: expect(page.locator(".st-key-rank_again")).to_be_visible()),
    "two-models": ("compare-models", lambda page: expect(page.get_by_test_id("stTable").nth(1)).to_be_visible()),
    "score-gap": ("compare-gap", lambda page: chart(page, "gap_waterfall")),
    "pinned": ("compare-pinned", lambda page: expect(page.locator(".st-key-pin_scenario")).to_be_visible()),
    "evolution": ("models-evolution", lambda page: chart(page, "path")),
    "item-space": ("models-items", lambda page: expect(page.locator(".js-plotly-plot .points").first).to_be_attached()),
    "cases": ("find-cases", lambda page: expect(page.locator(".st-key-cases tbody a").first).to_be_visible()),
    "cohorts": ("find-cohorts", lambda page: expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()),
    "snapshots": ("find-snapshots", lambda page: expect(page.get_by_test_id("stHeading").nth(1)).to_be_visible()),
    "models": (
        "models-leaderboard",
        lambda page: expect(page.locator(".js-plotly-plot .points").first).to_be_attached(),
    ),
    "trust": ("models-trust", lambda page: expect(page.locator(".st-key-trust_calibration")).to_be_visible()),
    "data": ("data", lambda page: expect(page.locator(".js-plotly-plot .points").first).to_be_attached()),
    "tour": ("tour", lambda page: chart(page, "tour_din")),
}
"""By the file's name: the page's path, and what shows, in any language, that it is there."""

PEAS = "user=42&item=897120&at=2017-11-20T05:00:00Z&models=din,base"
PICTURED = {"pinned": urlencode({"pinned.scenario": [PEAS, f"{PEAS}&edits=drop-item,897120"]}, doseq=True)}
"""What pictures of the demo show where a page alone shows little."""


def main(names: list[str]) -> None:
    """Write one picture a page and theme."""
    expect.set_options(timeout=PATIENCE_MS)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with running_app({}) as address, running_browser() as browser:
        for ending, theme in THEMES.items():
            for name in names or PAGES:
                take(browser, address, name, ending, theme)


def take(browser: Browser, address: str, name: str, ending: str, theme: str) -> None:
    """One page in one theme, by a visitor of its own."""
    path, ready = PAGES[name]
    scale = 1.5 if name == "inspect" else 1.0
    context = browser.new_context(
        viewport=SIZE, device_scale_factor=scale, color_scheme=theme, reduced_motion="reduce", locale="en-US"
    )
    context.add_cookies([{"name": COOKIE, "value": "1", "url": address}])  # without the offer to a first visitor
    page = context.new_page()
    page.goto(f"{address.rstrip('/')}/{path}?{PICTURED.get(name, '')}")
    ready(page)
    wait_until_rest(page)
    page.wait_for_function("() => document.getAnimations().length === 0")  # bars have grown
    page.screenshot(path=FOLDER / f"{name}{ending}.png")
    print(FOLDER / f"{name}{ending}.png")
    context.close()


if __name__ == "__main__":
    main(sys.argv[1:])
