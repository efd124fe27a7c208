"""Every page in both themes and languages, on a screen and a phone: axe finds nothing serious, nothing is too wide."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from din_core.pages.places.places import mode_at, place_of
from tests.journeys.page_driver import scrolls_sideways, wait_until_rest, wait_until_run
from tests.journeys.screenshots import PAGES

NewPage = Callable[..., Page]


def enter(page: Page, path: str) -> None:
    """Go to a page by its links: to load the whole app anew for each takes longer than all that is looked at."""

    def link(leads: str) -> Locator:
        return page.locator(f'.st-key-header a[href^="{leads}?v="]').first

    place = place_of(mode_at(path))
    first = path if place is None else place.modes[0].path
    for leads in [path] if link(path).count() else [first, path]:
        link(leads).click()
        expect(link(leads)).to_have_attribute("aria-current", "page")
        wait_until_run(page)


# Any two of theme, language and width meet; all three at once would take twice as long and say no more.
@pytest.mark.parametrize(
    ("scheme", "locale", "width"),
    [("light", "en-US", 1280), ("dark", "zh-CN", 1280), ("light", "zh-CN", 390), ("dark", "en-US", 390)],
)
def test_no_page_has_a_serious_violation_or_is_wider_than_its_window(
    new_page: NewPage, address: str, scheme: str, locale: str, width: int
) -> None:
    page = new_page(width=width, color_scheme=scheme, locale=locale)
    page.goto(f"{address}explain-inspect?models=din,dien")  # with a DIEN, every page has its link
    found, wide = [], []
    for name, (path, ready) in PAGES.items():
        enter(page, path)
        ready(page)
        expect(page.locator(".st-key-language_" + ("en" if locale == "zh-CN" else "zh"))).to_be_visible()
        wait_until_rest(page)
        if scrolls_sideways(page):
            wide.append(name)
        for rule in Axe().run(page).response["violations"]:
            if rule["impact"] in ("serious", "critical"):
                found += [(name, rule["id"], node["target"], node["failureSummary"]) for node in rule["nodes"]]
    assert (found, wide) == ([], [])
