"""Journeys through the What if page: every score on screen is the core's score of the edited history."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from din_core.domain import Add, DropItem
from din_core.scoring import Scorer
from din_core.store import BehaviorStore
from tests.journeys.page_driver import box, has_query, options, scrolls_sideways
from tests.journeys.what_if.what_if_page import check_scores, open_page, row, steps

NewPage = Callable[..., Page]


def test_a_dropped_behavior_is_scored_at_once_and_undone_again(
    page: Page, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    open_page(page, address)
    check_scores(page, store, scorers)
    before = page.locator("#tiles .value").first.inner_text()
    row(page, "Nails").get_by_role("button", name="Drop").click()
    expect(steps(page)).to_have_count(2)
    expect(steps(page).nth(1)).to_contain_text("Dropped Nails · 1 lb, 19 Nov 2017")
    expect(page).to_have_url(has_query("edits", "drop-item%2Cn1"))
    check_scores(page, store, scorers)
    expect(row(page, "Nails")).to_contain_text("dropped")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(steps(page)).to_have_count(1)
    expect(page.locator("#tiles .value").first).to_have_text(before)
    page.wait_for_url(lambda url: "edits=" not in url)
    check_scores(page, store, scorers)


def test_a_behavior_is_added_through_the_search(
    page: Page, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    open_page(page, address)
    box(page, "what_if_add").fill("stout")
    options(page, "what_if_add").filter(has_text="Stout").click()
    expect(steps(page).nth(1)).to_contain_text("Added Stout · 12 oz · National, as the newest")
    expect(page).to_have_url(has_query("edits", "add%2Cb2"))
    applied = check_scores(page, store, scorers)
    assert applied.edits == (Add("b2"),)
    expect(page.locator("#rows tr").first).to_contain_text("new")
    expect(box(page, "what_if_add")).to_have_value("")


def test_after_a_drop_by_a_button_the_next_row_is_selected_as_after_the_key(page: Page, address: str) -> None:
    open_page(page, address)
    selected = page.locator("#rows tr[aria-selected=true]")
    row(page, "Milk").click()
    title = page.locator("#rows tr:not(.gone) .text").nth(1 + row(page, "Milk").evaluate("line => line.rowIndex - 1"))
    follower = title.inner_text()
    page.get_by_role("button", name="Drop all 12", exact=True).click()
    expect(row(page, "Milk")).to_contain_text("dropped")
    expect(selected.locator(".text")).to_have_text(follower)
    assert page.locator("#steps .label").last.evaluate("label => label.scrollHeight - label.clientHeight") <= 1


def test_edits_go_by_keyboard_alone(page: Page, address: str, store: BehaviorStore, scorers: dict[str, Scorer]) -> None:
    open_page(page, address)
    grid = page.get_by_role("grid", name="History")
    grid.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#rows tr[aria-selected=true]")).to_contain_text("Milk · 1 gal")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Delete")
    expect(steps(page).nth(1)).to_contain_text("Dropped Nails")
    page.keyboard.press("Delete")
    expect(steps(page).nth(2)).to_contain_text("Dropped all 12 of Milk · 1 gal · Private")
    expect(page).to_have_url(has_query("edits", "drop-item%2Cn1%3Bdrop-item%2Cm1"))
    check_scores(page, store, scorers)
    page.keyboard.press("Control+z")
    expect(steps(page)).to_have_count(2)
    page.get_by_role("radio", name="Every behavior").check()
    grid.press("Home")
    grid.press("ArrowDown")
    grid.press("Alt+ArrowDown")
    expect(steps(page).nth(2)).to_contain_text("Moved Milk · 1 gal · Private, 13 Nov 2017, before")
    expect(page.locator("#rows tr[aria-selected=true]")).to_contain_text("Milk · 1 gal")
    lines = page.locator("#rows tr:not(.gone)")
    expect(lines.nth(0)).to_contain_text("Cheddar")
    expect(lines.nth(1)).to_have_attribute("aria-selected", "true")


def test_what_is_done_quickly_is_done_in_its_order(
    page: Page, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    open_page(page, address)
    page.locator("#rows").evaluate("rows => [...rows.querySelectorAll('.cross')].forEach(cross => cross.click())")
    expect(steps(page)).to_have_count(5)
    page.wait_for_url(lambda url: url.count("drop-item") == 4)
    applied = check_scores(page, store, scorers)
    assert applied.edits == tuple(map(DropItem, ("n1", "m1", "c1", "b1")))
    expect(page.locator("#tiles .value").nth(3)).to_have_text("0")


def test_repeat_truncate_profile_context_and_candidate_are_scored(
    page: Page, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    open_page(page, address)
    row(page, "Milk · 1 gal").click()
    page.get_by_label("How many times it stands then").fill("3")
    page.get_by_role("button", name="Repeat", exact=True).click()
    expect(steps(page).nth(1)).to_contain_text("Milk · 1 gal · Private, 13 Nov 2017: now 3 times")
    expect(row(page, "Milk · 1 gal").locator(".repeats")).to_have_text("14+2")
    page.get_by_label("Truncate at").fill("2017-10-09")
    page.get_by_role("button", name="Keep from then on").click()
    expect(steps(page).nth(2)).to_contain_text("Kept what came from 9 Oct 2017 on: 12 dropped")
    page.get_by_role("combobox", name="Age", exact=True).select_option("65+")
    expect(steps(page).nth(3)).to_contain_text("Age: 45-54 → 65+")
    page.get_by_role("combobox", name="Store", exact=True).select_option("Store 292")
    expect(steps(page).nth(4)).to_contain_text("Store: Store 367 → Store 292")
    box(page, "what_if_candidate").fill("nails")
    options(page, "what_if_candidate").click()
    expect(page.locator("#title")).to_have_text("Nails · 1 lb")
    expect(page).to_have_url(has_query("item", "b2"))
    page.wait_for_url(lambda url: "candidate%2Cn1" in url)
    check_scores(page, store, scorers)


def test_any_state_is_pinned_and_the_link_shows_others_the_same(
    page: Page, new_page: NewPage, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    open_page(page, address)
    for title in ("Nails", "Lager"):
        row(page, title).get_by_role("button", name="Drop").click()
        expect(row(page, title)).to_contain_text("dropped")
    steps(page).nth(1).get_by_role("radio").check()
    expect(page).to_have_url(has_query("pin", "1"))
    expect(row(page, "Nails")).to_have_count(0)
    expect(page.locator("#tiles .change").first).to_contain_text("against edit 1")
    check_scores(page, store, scorers)
    other = new_page()
    other.goto(page.url)
    expect(steps(other)).to_have_count(3)
    for part in ("#tiles", "#steps", "#rows"):
        expect(other.locator(part)).to_have_text(page.locator(part).inner_text(), use_inner_text=True)
    steps(other).nth(1).get_by_role("button", name="Undo").click()
    expect(steps(other)).to_have_count(2)
    expect(other).to_have_url(has_query("edits", "drop-item%2Cb1"))
    check_scores(other, store, scorers)


def test_an_edit_goes_along_to_another_page_which_says_that_it_shows_the_history_as_it_was(
    page: Page, address: str
) -> None:
    open_page(page, address)
    row(page, "Nails").get_by_role("button", name="Drop").click()
    expect(steps(page)).to_have_count(2)
    page.get_by_role("link", name="Inspect").hover()
    page.mouse.down()  # Python is told before the click is whole
    expect(page).to_have_url(has_query("edits", "drop-item%2Cn1"))
    page.mouse.up()
    expect(page.get_by_text("This page shows the history as it was: the what-if edits (1)")).to_be_visible()
    expect(page.locator("#cases li")).to_have_count(3)
    page.locator("#cases").press("ArrowDown")
    expect(page).to_have_url(has_query("item", "m2"))
    page.get_by_role("link", name="What if").click()
    expect(steps(page)).to_have_count(2)
    expect(page.locator("#title")).to_have_text("Milk · 1 qt · National")


def test_the_list_is_filtered(page: Page, address: str) -> None:
    open_page(page, address)
    page.get_by_label("Filter the history").fill("dairy mil")
    expect(page.locator("#rows tr")).to_have_count(1)
    expect(page.locator("#listed")).to_have_text("1 of 4 items listed.")
    page.get_by_role("radio", name="Every behavior").check()
    expect(page.locator("#rows tr")).to_have_count(12)


def test_a_phone_with_an_edit_on_screen_scrolls_in_one_direction_only(new_page: NewPage, address: str) -> None:
    page = new_page(width=400, height=800)
    open_page(page, address)
    row(page, "Nails").get_by_role("button", name="Drop").click()
    expect(steps(page)).to_have_count(2)
    assert not scrolls_sideways(page)
