"""What is pointed at on Inspect lights up wherever it is told of, and a category is looked at alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from din_core.pages.browser.sources import source
from tests.journeys.inspect_page import drawing, open_example
from tests.journeys.page_driver import has_query

NewPage = Callable[..., Page]


def chip(page: Page, name: str) -> Locator:
    """The category's button below the chart."""
    return page.locator("#legend").get_by_role("button", name=name)


def lit(page: Page) -> dict[str, list[str]]:
    """What stands out: rows of the table, parts under "Why", and categories."""
    places = {"rows": "#rows tr.lit th", "parts": "#parts tr.lit button", "chips": "#legend .lit"}
    return {name: [text.split("\n")[0] for text in page.locator(at).all_inner_texts()] for name, at in places.items()}


def above_bars(page: Page) -> str:
    """What is drawn above the bars."""
    found: str = page.locator("#lit").evaluate("canvas => canvas.toDataURL()")
    return found


def test_a_behavior_lights_up_in_chart_table_parts_and_categories_from_wherever_it_is_pointed_at(
    page: Page, address: str
) -> None:
    open_example(page, address)
    expect(page.locator("#parts tr:visible")).not_to_have_count(0)
    page.get_by_label("by item").check(force=True)
    unlit = above_bars(page)
    page.locator("#plot").press("End")
    expect(page.locator("#parts tr.lit")).to_have_count(1)
    found = lit(page)
    assert (found["rows"], found["parts"]) == (["Nails · 1 lb"], ["Nails · 1 lb"])
    assert [text.startswith("Hardware") for text in found["chips"]] == [True]
    page.locator("#plot").press("Escape")
    assert lit(page) == {"rows": [], "parts": [], "chips": []} and above_bars(page) == unlit
    for pointed in ("#parts tr", "#rows tr"):
        page.locator(pointed).filter(has_text="Nails").hover()
        expect(page.locator("#legend .lit")).to_have_count(1)
        assert lit(page) == found and above_bars(page) != unlit
    chip(page, "Dairy").focus()
    expect(page.locator("#rows tr.lit")).to_have_count(2)
    assert sorted(lit(page)["rows"]) == ["Cheddar · 8 oz · National", "Milk · 1 gal · Private"]
    page.locator("#scroller").focus()
    expect(page.locator("#rows tr.lit")).to_have_count(0)


def test_a_tap_on_a_bar_tells_of_it_until_the_next_tap(new_page: NewPage, address: str) -> None:
    page = new_page(width=390, has_touch=True)
    open_example(page, address)
    page.locator("#plot").press("End")
    tip = page.locator("#tip")
    expect(tip).to_contain_text("Nails · 1 lb")
    spot = tip.evaluate(
        "tip => ({ x: tip.offsetLeft + tip.offsetWidth + 16, y: tip.offsetTop + tip.offsetHeight / 2 })"
    )
    page.locator("#plot").press("Escape")
    expect(tip).to_be_hidden()
    page.locator("#plot").tap(position=spot)
    expect(tip).to_contain_text("Nails · 1 lb")
    assert lit(page)["rows"] == ["Nails · 1 lb"]
    page.locator("#plot").tap(position=spot)
    expect(tip).to_be_hidden()
    assert lit(page)["rows"] == []


def test_the_table_is_read_by_arrow_keys_and_a_row_that_is_kept_lit_is_let_go_by_escape(
    page: Page, address: str
) -> None:
    open_example(page, address)
    table = page.locator("#scroller")
    table.press("ArrowDown")
    first = page.locator("#rows tr").first
    expect(first).to_have_class("lit")
    table.press("End")
    last = page.locator("#rows tr").last
    expect(last).to_have_class("lit")
    expect(first).not_to_have_class("lit")
    title = (last.locator("th").inner_text()).split("\n")[0]
    expect(page.locator("#spoken")).to_contain_text(f"{title}, ")
    table.press("Enter")
    page.locator("#before").focus()
    expect(last).to_have_class("lit")
    page.locator("#before").evaluate("button => button.getRootNode().activeElement.blur()")
    page.keyboard.press("Escape")
    expect(last).not_to_have_class("lit")


def test_a_pressed_category_is_drawn_to_its_own_scale_and_listed_alone_until_escape(page: Page, address: str) -> None:
    open_example(page, address)
    drawn, all_rows = drawing(page), page.locator("#rows tr").count()
    chip(page, "Hardware").click()
    expect(chip(page, "Hardware")).to_have_attribute("aria-pressed", "true")
    expect(chip(page, "Hardware")).to_be_focused()
    expect(page.locator("#rows tr")).to_have_count(1)
    expect(page.locator("#type-line")).to_have_text(
        "Only Hardware is drawn and listed: 1 of 25 behaviors. Score, Σw and effects are of all."
    )
    alone = drawing(page)
    assert alone != drawn
    expect(page).to_have_url(has_query("only", "Hardware"))
    page.reload()
    expect(page.locator("#rows tr")).to_have_count(1)
    chip(page, "Beers").click()
    expect(page.locator("#rows tr")).to_have_count(2)
    page.wait_for_url(lambda url: url.count("only=") == 2)
    page.keyboard.press("Escape")
    expect(page.locator("#rows tr")).to_have_count(all_rows)
    expect(page.locator("#all-categories")).to_be_hidden()
    page.wait_for_url(lambda url: "only=" not in url)


@pytest.fixture(scope="module")
def call(browser: Browser) -> Any:
    """Call a function of `shown_case.js`."""
    page = browser.new_page()
    page.add_script_tag(content=source("browser/say.js", "browser/format.js", "inspect/browser/shown_case.js"))
    yield lambda name, *values: page.evaluate(f"values => {name}(...values)", list(values))
    page.close()


@pytest.mark.parametrize(
    ("values", "towers"),
    [
        ([9, 1, -2], 1),
        ([1, -8, 2], 1),
        ([7, 2, 1], 0),
        ([-9, 8, 1], 0),
        ([9, 8, *[1] * 18], 2),
        ([5], 0),
        ([4, 0, 0], 0),
        ([], 0),
    ],
)
def test_values_tower_that_are_a_tenth_of_all_and_four_times_as_large(
    call: Any, values: list[float], towers: int
) -> None:
    assert call("towersOf", values) == towers
