"""What a Plotly chart of a page shows, as values."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page, expect

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
