"""`python -m tests.journeys.layout_shift [NAME ...]`: how far each page of the demo moves while it loads.

A page's cumulative layout shift, as browsers count it: of each shift the share of the window that moved times how far,
summed up. Of new visitors, on a screen and on a phone, in each language.
"""

from __future__ import annotations

import sys

from playwright.sync_api import Browser, Page, expect

from din_core.pages.language.translate import DEFAULT, LANGUAGES
from tests.journeys.screenshots import PAGES
from tests.journeys.server import running_app, running_browser

WIDTHS = (1280, 390)
HEIGHT = 900
PATIENCE_MS = 60_000
REST_MS = 1000
"""So long after a page stands, it is looked at again: something may still be on the way."""
SUM = """() => new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(sum), 50);
})"""


def layout_shift(page: Page) -> float:
    """What has moved since the page was opened; what moved by the visitor's own doing is left out."""
    return float(page.evaluate(SUM))


def of_new_visitor(browser: Browser, address: str, name: str, width: int, language: str) -> float:
    """The shift of one page that nobody has opened before in this browser, whose language is this one."""
    path, ready = PAGES[name]
    context = browser.new_context(viewport={"width": width, "height": HEIGHT}, locale=language)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{address}{path}")
    ready(page)
    page.wait_for_timeout(REST_MS)
    found = layout_shift(page)
    context.close()
    return found


def main(names: list[str]) -> None:
    """Print a line a page; the first visit, which the server's start delays, is not told."""
    expect.set_options(timeout=PATIENCE_MS)
    columns = [(language, width) for language in LANGUAGES for width in WIDTHS]
    titles = (f"{width} px, {language}" for language, width in columns)
    print(f"| layout shift | {' | '.join(titles)} |\n|---|{'--:|' * len(columns)}")
    with running_app({}) as address, running_browser() as browser:
        of_new_visitor(browser, address, "data", WIDTHS[0], DEFAULT)
        for name in names or PAGES:
            shifts = (f"{of_new_visitor(browser, address, name, width, code):.3f}" for code, width in columns)
            print(f"| {name} | {' | '.join(shifts)} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
