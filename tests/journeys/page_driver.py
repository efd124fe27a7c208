"""What a visitor does on any page and waits for: boxes, the address, a page at rest."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, expect

Checked = TypeVar("Checked")
PATIENCE = 60.0
"""Seconds within which a page shows what it is to show, on a busy machine."""
REST_MS = 90_000
REST = """(patience) => new Promise((done, fail) => {
  const still = 300, begun = performance.now();
  let moved = performance.now();
  const watcher = new MutationObserver(() => { moved = performance.now(); });
  watcher.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  const look = () => {
    const busy = !document.querySelector("[data-testid=stApp][data-test-script-state=notRunning]")
      || document.querySelector("[data-testid=stSkeleton], [data-testid=stStatusWidget]")
      || document.fonts.status !== "loaded";
    if (busy) moved = performance.now();
    if (performance.now() - begun > patience) return fail(new Error("the page does not come to rest"));
    if (performance.now() - moved < still) return setTimeout(look, 50);
    watcher.disconnect();
    return done();
  };
  look();
})"""


def box(page: Page, key: str) -> Locator:
    """The search box `user`, `impression` or `candidate`."""
    return page.locator(f".st-key-{key}").get_by_role("combobox")


def options(page: Page, key: str) -> Locator:
    """What that search box lists."""
    return page.locator(f".st-key-{key}").get_by_role("option")


def header_link(page: Page, name: str) -> Locator:
    """The link above the page to a place, to a mode of the place on screen, or to the tour."""
    return page.locator(".st-key-header").get_by_role("link", name=name, exact=True)


def query(page: Page) -> dict[str, list[str]]:
    """The address bar's parameters."""
    return parse_qs(urlsplit(page.url).query, keep_blank_values=True)


def copied_link(page: Page, choice: str) -> str:
    """The link that this entry of the menu *Copy link* puts on the clipboard."""
    page.get_by_role("button", name="Copy link").click()
    page.get_by_role("button", name=choice).click()
    expect(page.get_by_role("button", name="Link copied")).to_be_visible()
    link: str = page.evaluate("navigator.clipboard.readText()")
    return link


def wait_until_run(page: Page) -> None:
    """Until the run that draws the page is over; for a page of which something new stands already."""
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible()


def wait_until_rest(page: Page) -> None:
    """Until no run draws any more, every part is loaded and nothing has moved for a while: what has the focus stays."""
    page.evaluate(REST, REST_MS)


def eventually(page: Page, check: Callable[[], Checked]) -> Checked:
    """What `check` gives, once it holds: addresses and data come some time before what is drawn of them.

    A row that is not there yet is waited for too, not only a wrong one.
    """
    ends = time.monotonic() + PATIENCE
    while True:
        try:
            return check()
        except (AssertionError, LookupError):
            if time.monotonic() > ends:
                raise
            page.wait_for_timeout(50)


def has_query(name: str, value: str) -> re.Pattern[str]:
    """Matches an address with this parameter."""
    return re.compile(rf"[?&]{re.escape(name)}={re.escape(value)}(&|$)")


def number(text: str) -> float:
    """`−1.5 points` as -1.5."""
    return float(text.replace("−", "-").replace("+", "").replace(",", "").strip("<> ").split()[0])


def scrolls_sideways(page: Page) -> bool:
    """Whether the page is wider than its window."""
    wide: bool = page.evaluate(
        """() => [document.documentElement, document.querySelector("[data-testid=stMain]")]
          .some(part => part.scrollWidth > part.clientWidth)"""
    )
    return wide
