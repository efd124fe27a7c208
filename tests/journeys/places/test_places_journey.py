"""The links above the pages and the folding bar of choices, as a visitor meets them on a screen and on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from din_core.pages.places.places import PLACES
from tests.journeys.inspect_page import wait_until_opened
from tests.journeys.page_driver import box, eventually, header_link, options, scrolls_sideways, wait_until_rest

NewPage = Callable[..., Page]
TOPS = "links => [...new Set(links.map(link => Math.round(link.getBoundingClientRect().top)))]"
OVERFLOWS = "row => row.scrollWidth > row.clientWidth"


def test_screen_readers_hear_which_place_and_mode_is_on_screen(page: Page, address: str) -> None:
    page.goto(f"{address}explain-inspect")
    wait_until_opened(page)
    for place, mode, current in (("Explain", "Inspect", 1), ("Find", "Cohorts", 1), ("Data", "Data", 0)):
        header_link(page, place).click()
        if current:
            header_link(page, mode).click()
        places = page.get_by_role("navigation", name="Places")
        modes = page.get_by_role("navigation", name=f"Modes of {place}")
        expect(places.locator("[aria-current=page]")).to_have_accessible_name(place)
        expect(modes.locator("[aria-current=page]")).to_have_count(current)
        if current:
            expect(modes.locator("[aria-current=page]")).to_have_accessible_name(mode)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_on_a_phone_the_five_places_fit_in_one_line(new_page: NewPage, address: str, language: str) -> None:
    page = new_page(width=390, height=844)
    page.goto(f"{address}compare-scenarios?lang={language}")
    expect(page.locator("html")).to_have_attribute("lang", language)
    wait_until_rest(page)
    row = page.locator(".st-key-places")
    expect(row.locator("a")).to_have_count(len(PLACES))
    assert len(row.locator("a").evaluate_all(TOPS)) == 1
    assert len(page.locator(".st-key-modes a").evaluate_all(TOPS)) == 1
    assert not row.evaluate(OVERFLOWS)
    page.set_viewport_size({"width": 320, "height": 844})
    assert len(row.locator("a").evaluate_all(TOPS)) == 1
    assert not page.locator(".st-key-modes").evaluate(OVERFLOWS)
    eventually(page, lambda: check_width(page))


def check_width(page: Page) -> None:
    """Charts are drawn anew a moment after the window is another."""
    assert not scrolls_sideways(page)


def test_on_a_phone_the_choices_fold_into_one_bar_that_says_what_is_chosen(new_page: NewPage, address: str) -> None:
    page = new_page(width=390, height=844)
    page.goto(f"{address}explain-inspect")
    wait_until_opened(page)
    bar = page.locator(".folded_choices summary")
    expect(bar).to_have_text("Household 7 · 20 Nov 2017 · Stout · 12 oz · NationalChoose")
    expect(box(page, "user")).to_be_hidden()
    bar.press("Enter")
    box(page, "user").fill("8")
    options(page, "user").filter(has_text="Household 8").first.click()
    expect(bar).to_contain_text("Household 8 · ")
    expect(box(page, "user")).to_be_hidden()  # the choice is made
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(box(page, "user")).to_be_visible()
    expect(bar).to_be_hidden()


def test_a_choice_that_its_field_would_cut_stands_whole_in_two_lines_until_it_is_typed_into(
    new_page: NewPage, address: str
) -> None:
    page = new_page(width=700, height=844)
    page.goto(f"{address}explain-inspect")
    wait_until_opened(page)
    field = box(page, "impression")
    whole = page.locator(".st-key-search_box_impression #whole")
    expect(whole).to_have_text(field.input_value())
    expect(whole).to_be_visible()
    assert whole.evaluate("text => text.scrollHeight <= text.clientHeight")
    field.focus()
    expect(whole).to_be_hidden()
    field.blur()
    expect(whole).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 844})
    expect(whole).to_be_hidden()  # the field holds it
