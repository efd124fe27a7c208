"""A journey through the item space: the map, how well categories part, neighbours, and this user's scores."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from din_core.explain import item_space, neighbours, separation
from din_core.scoring import Scorer
from din_core.store import BehaviorStore
from tests.journeys.page_driver import box, eventually, number, options, wait_until_rest
from tests.journeys.record_table import record_lines, record_rows

NewPage = Callable[..., Page]
WHERE = """(plot, title) => {
  const trace = plot._fullData.find((one) => (one.text ?? []).some?.((text) => text.includes(title)));
  const i = [...trace.text].findIndex((text) => text.includes(title));
  const { xaxis, yaxis } = plot._fullLayout;
  const box = plot.getBoundingClientRect();
  return [box.x + xaxis._offset + xaxis.d2p(trace.x[i]), box.y + yaxis._offset + yaxis.d2p(trace.y[i])];
}"""
"""Where a point of the map is on the screen, by its title."""


def open_map(page: Page, address: str) -> None:
    """The small world's opening example on the map."""
    page.goto(f"{address}models-items")
    expect(page.get_by_role("heading", name="Items as the model sees them")).to_be_visible()
    expect(page.locator(".st-key-item_map .scatterlayer .point").first).to_be_attached()
    page.wait_for_url(re.compile(r"[?&]user=.*[?&]item="))


def drawn(page: Page) -> dict[str, str]:
    """What each point of the map says when it is pointed at, by title."""
    chart = page.locator(".st-key-item_map .js-plotly-plot")
    expect(chart).to_have_count(1)  # the one before has gone
    traces: list[Any] = chart.evaluate("plot => plot.data.filter(t => t.customdata).map(t => Array.from(t.text))")
    lines = [text.split("<br>") for trace in traces for text in trace]
    return {first.removeprefix("<b>").removesuffix("</b>"): " | ".join(rest) for first, *rest in lines}


def listed(page: Page) -> list[tuple[str, float]]:
    """Title and cosine of each row of the neighbours' table."""
    return [(row["Item"], number(row["Similarity (cosine)"])) for row in record_rows(page, "neighbours_table")]


def test_the_map_its_numbers_and_its_neighbours_are_the_cores(
    page: Page, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    open_map(page, address)
    items = store.all_items()
    space = item_space(scorers["din"], items)
    found = separation(space, [item.fields["category"] for item in items])
    assert found is not None
    metrics = page.get_by_test_id("stMetricValue")
    expect(metrics).to_have_count(2)  # the browser loads what draws them by itself
    shown = [number(text) for text in metrics.all_inner_texts()]
    assert shown == [pytest.approx(100 * found.share, abs=0.051), pytest.approx(100 * found.chance, abs=0.051)]
    texts = drawn(page)
    assert set(texts) == {item.label for item in items}
    assert texts["Milk · 1 gal · Private"] == "Dairy | 12× in the history"

    def wanted(item_id: str) -> list[tuple[str, float]]:
        place = int(space.place[[item.item_id for item in items].index(item_id)])
        near, cosine = neighbours(space, place, 12)
        return [(items[space.first[u]].label, pytest.approx(c, abs=0.00051)) for u, c in zip(near, cosine, strict=True)]

    def check_neighbours(item_id: str) -> None:
        assert listed(page) == wanted(item_id)

    eventually(page, lambda: check_neighbours("b2"))
    box(page, "neighbour").fill("nails")
    expect(options(page, "neighbour")).to_have_count(1)
    options(page, "neighbour").first.click()
    expect(box(page, "neighbour")).to_have_value("Nails · 1 lb")
    eventually(page, lambda: check_neighbours("n1"))


def test_a_point_of_the_map_is_looked_at_by_a_click(page: Page, address: str) -> None:
    open_map(page, address)
    expect(box(page, "neighbour")).to_have_value("Stout · 12 oz · National")
    traces = page.locator(".st-key-item_map .js-plotly-plot")
    place = traces.evaluate("plot => plot.data.filter(t => t.customdata).findIndex(t => t.name === 'Hardware')")
    point = page.locator(".st-key-item_map .scatterlayer .trace").nth(place).locator(".point").first
    point.click(force=True)  # a layer above all points takes the clicks
    expect(box(page, "neighbour")).to_have_value("Nails · 1 lb")


def test_a_neighbour_leads_to_inspect_and_back_leads_to_the_same_neighbours(page: Page, address: str) -> None:
    open_map(page, address)
    expect(record_lines(page, "neighbours_table").first).to_be_visible()
    wait_until_rest(page)
    before = record_rows(page, "neighbours_table")
    record_lines(page, "neighbours_table").first.click()
    expect(page.locator("#title")).to_have_text(before[0]["Item"])
    page.go_back()

    def check_same() -> None:
        assert record_rows(page, "neighbours_table") == before

    eventually(page, check_same)


def test_a_row_pointed_at_has_a_ring_on_the_map_and_a_point_its_row(page: Page, address: str) -> None:
    open_map(page, address)
    rows, ring = page.locator(".st-key-neighbours_table tbody tr"), page.locator("#marked_point")
    first = rows.first
    first.get_by_role("link").focus()
    expect(ring).to_be_visible()
    chart = page.locator(".st-key-item_map .js-plotly-plot")
    title = first.get_by_role("link").inner_text()
    place: list[float] = chart.evaluate(WHERE, title)
    drawn_at = ring.bounding_box()
    assert drawn_at is not None
    middle = [drawn_at["x"] + drawn_at["width"] / 2, drawn_at["y"] + drawn_at["height"] / 2]
    assert middle == [pytest.approx(place[0], abs=1), pytest.approx(place[1], abs=1)]
    page.keyboard.press("Escape")
    expect(ring).to_have_count(0)
    chart.scroll_into_view_if_needed()
    place = chart.evaluate(WHERE, title)
    page.mouse.move(place[0] - 40, place[1] - 40)
    page.mouse.move(*place)
    expect(rows.first).to_have_class("lit")
