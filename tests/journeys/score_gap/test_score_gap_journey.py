"""A journey to why this one is above that one: ticked in a list, explained, and on to a behavior that makes it."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page, expect

from din_core.explain import score_gap
from din_core.scoring import Scorer, rescorer_for
from din_core.store import BehaviorStore
from tests.journeys.charts import traces
from tests.journeys.inspect_page import check_numbers
from tests.journeys.page_driver import eventually, number, query, scrolls_sideways, wait_until_rest
from tests.journeys.record_table import record_lines, record_rows, tick_record
from tests.small_world import MONDAY

NewPage = Callable[..., Page]


def test_two_ticked_candidates_are_explained_and_a_behavior_opens_in_inspect(
    page: Page, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    page.goto(f"{address}compare-scenarios")
    expect(record_lines(page, "compare_ranking")).to_have_count(3)
    wait_until_rest(page)
    names = [row["Candidate"] for row in record_rows(page, "compare_ranking")]
    tick_record(page, "compare_ranking", 0)
    tick_record(page, "compare_ranking", 2)
    page.get_by_role("link", name=f"Why {names[0]} above {names[2]}").click()
    expect(page.get_by_role("heading", name="Why this one above that one")).to_be_visible()
    page.wait_for_url(lambda url: "/compare-gap" in url and "gap.between=candidates" in url)

    shown = {i.item.label: i for i in store.impressions("7") if i.timestamp == MONDAY}
    pair = [shown[names[0]], shown[names[2]]]
    assert query(page)["item"][:2] == [impression.item.item_id for impression in pair]
    history = store.history("7", MONDAY)
    found = score_gap(*(rescorer_for(scorers["din"], history, i.item, i.context) for i in pair), "category")

    def check_drawn() -> None:
        (bars,) = [trace for trace in traces(page, "gap_waterfall") if "x" in trace]
        assert bars["x"][-1] == pytest.approx(100 * found.gap, abs=1e-3)
        assert sum(bars["x"][:-1]) == pytest.approx(bars["x"][-1], abs=1e-3)

    eventually(page, check_drawn)
    tiles = page.get_by_test_id("stMetricValue").all_inner_texts()
    assert [number(tile) for tile in tiles] == pytest.approx([100 * found.first, 100 * found.second], abs=0.051)
    expect(page.locator(".st-key-gap_sentence")).to_contain_text(re.compile(r"DIN puts .* points above "))
    assert not scrolls_sideways(page)

    first = found.by_item.parts[0]
    assert first.item is not None
    page.locator(".st-key-gap_behavior_0").get_by_role("link", name=first.item.label).click()
    page.wait_for_url(lambda url: "/explain-inspect" in url and f"behavior={first.name}" in url)
    expect(page.locator("#title")).to_have_text(names[0] if abs(first.first) >= abs(first.second) else names[2])
    check_numbers(page, store, scorers)
    page.go_back()
    eventually(page, check_drawn)


def test_the_parts_are_sorted_in_their_box_which_stays_open_with_the_sum_last(
    page: Page, new_page: NewPage, address: str
) -> None:
    page.goto(f"{address}compare-gap")
    expect(page.get_by_role("heading", name="What makes the gap")).to_be_visible()
    wait_until_rest(page)
    page.get_by_text("The parts as a table", exact=True).click()
    head = page.get_by_role("columnheader", name="Difference, points", exact=True)

    def shown() -> list[float]:
        *parts, gap = record_rows(page, "gap_table")
        assert gap["Part"] == "The gap"
        return [number(row["Difference, points"]) for row in parts]

    before = shown()
    for order, then in (("descending", sorted(before, reverse=True)), ("ascending", sorted(before)), ("none", before)):
        head.get_by_role("button").click()
        expect(head).to_have_attribute("aria-sort", order)
        wait_until_rest(page)
        assert shown() == then
    head.get_by_role("button").click()
    page.wait_for_url(lambda url: "gap.table=gap;sort,-" in unquote(url))  # not the address of the order before
    other = new_page()
    other.goto(page.url)
    expect(record_lines(other, "gap_table").first).to_be_visible()  # its box is open
    assert record_rows(other, "gap_table") == record_rows(page, "gap_table")
