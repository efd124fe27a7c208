"""What a Plotly chart of a page shows, as values."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from playwright.sync_api import Locator, Page, expect

Shown = TypeVar("Shown")
PATIENCE = 10.0
"""Seconds within which a chart shows what it is to show."""

TRACES = """chart => chart.data.map(trace => Object.fromEntries(
  ["x", "y", "z", "text"].filter(name => trace[name] != null)
    .map(name => [name, Array.from(trace[name], part => ArrayBuffer.isView(part) ? Array.from(part) : part)])
))"""


def chart(page: Page, key: str) -> Locator:
    """The chart in the container of this key, once it is drawn."""
    found = page.locator(f".st-key-{key} .js-plotly-plot")
    expect(found.locator(".main-svg").first).to_be_visible()
    return found


def traces(page: Page, key: str) -> list[dict[str, Any]]:
    """x, y, z and text of each of its traces."""
    found: list[dict[str, Any]] = chart(page, key).evaluate(TRACES)
    return found


def shows(page: Page, read: Callable[[], Shown], expected: Shown) -> Shown:
    """What `read` finds once it is as expected, or at last: Plotly draws some time after the page has its data."""
    ends = time.monotonic() + PATIENCE
    while (found := read()) != expected and time.monotonic() < ends:
        page.wait_for_timeout(50)
    return found
