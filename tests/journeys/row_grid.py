"""A table whose rows can be ticked: Streamlit draws it on a canvas, with a twin for screen readers."""

from __future__ import annotations

from playwright.sync_api import Locator, Page

ROW_HEIGHT = 36
"""Pixels of a row of the table, and of its head."""
GRID = """grids => grids.map(grid => [
  [...grid.querySelectorAll("thead th")].map(cell => cell.textContent),
  [...grid.querySelectorAll("tbody tr")].map(
    line => [...line.querySelectorAll("[role=gridcell]")].map(cell => cell.textContent)
  ),
])"""


def grid_lines(page: Page, key: str) -> Locator:
    """The rows of the table in the container of this key, as its twin holds them."""
    return page.locator(f".st-key-{key} [role=grid] tbody tr")


def grid_rows(page: Page, key: str) -> list[dict[str, str]]:
    """The table by its heads, as it stands at one instant; none where it is not there."""
    found = page.locator(f".st-key-{key} [role=grid]").evaluate_all(GRID)
    return [
        dict(zip(names, line[-len(names) :], strict=True))
        for heads, lines in found
        for names in [[head for head in heads if head.strip()]]
        for line in lines
    ]


def tick_row(page: Page, key: str, place: int) -> None:
    """Its box, in the first column; a layer above the canvas takes the clicks."""
    canvas = page.locator(f".st-key-{key} canvas").first
    canvas.click(position={"x": 15, "y": ROW_HEIGHT * (place + 1) + ROW_HEIGHT // 2}, force=True)
