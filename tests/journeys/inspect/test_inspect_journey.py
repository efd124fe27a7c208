"""Journeys through the Inspect page as an analyst makes them: what is on screen is what the core says."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect

from din_core.scoring import Scorer
from din_core.store import BehaviorStore
from tests.journeys.inspect_page import check_numbers, drawing, open_example, weights
from tests.journeys.page_driver import box, copied_link, has_query, options, query

NewPage = Callable[..., Page]
COLUMNS = ["Title", "Category", "Last date", "Repeats", "Weight", "× repeats", "Effect", "Points"]


def test_the_page_opens_on_an_example_whose_numbers_are_the_cores(
    page: Page, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    open_example(page, address)
    expect(page.locator("#outcome")).to_have_text("Bought in the week of 20 Nov 2017")
    expect(page.locator("#model-line")).to_contain_text("not normalised")
    check_numbers(page, store, scorers)
    assert (query(page)["user"], query(page)["item"]) == (["7"], ["b2"])


def test_another_candidate_by_arrow_key_changes_the_bars_and_the_address_follows(
    page: Page, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    open_example(page, address)
    before = weights(page)
    drawn = drawing(page)
    page.locator("#cases").press("ArrowDown")
    expect(page.locator("#title")).to_have_text("Milk · 1 qt · National")
    assert weights(page) != before
    assert drawing(page) != drawn
    expect(page).to_have_url(has_query("item", "m2"))
    check_numbers(page, store, scorers)
    expect(box(page, "impression")).to_have_value("20 Nov 2017 · Milk · 1 qt · National · not bought")
    expect(box(page, "candidate")).to_have_value("Milk · 1 qt · National")


def test_a_user_found_by_words_and_chosen_by_keyboard_is_shown(page: Page, address: str) -> None:
    open_example(page, address)
    box(page, "user").click()
    box(page, "user").press_sequentially("65+ 1 adult")
    expect(page.locator(".st-key-user #count")).to_have_text("1 match for “65+ 1 adult”")
    box(page, "user").press("ArrowDown")
    expect(options(page, "user")).to_have_attribute("aria-selected", "true")
    box(page, "user").press("Enter")
    expect(page.locator("#history-line")).to_contain_text("Household 9 · 65+ · 1 adult, no kids")
    expect(page).to_have_url(has_query("user", "9"))
    expect(box(page, "user")).to_have_value("Household 9 · 65+ · 1 adult, no kids")
    expect(page.locator("#rows tr")).to_have_count(1)


def test_enter_before_the_answer_takes_the_first_match(page: Page, address: str) -> None:
    open_example(page, address)
    box(page, "user").fill("8")
    box(page, "user").press("Enter")
    expect(page.locator("#history-line")).to_contain_text("Household 8")


def test_escape_leaves_the_search_as_it_was(page: Page, address: str) -> None:
    open_example(page, address)
    box(page, "candidate").fill("no such thing")
    expect(page.locator(".st-key-candidate #count")).to_have_text("No match for “no such thing”")
    box(page, "candidate").press("Escape")
    expect(box(page, "candidate")).to_have_value("Stout · 12 oz · National")
    expect(box(page, "candidate")).to_have_attribute("aria-expanded", "false")


def test_any_item_of_the_catalogue_can_be_the_candidate(page: Page, address: str) -> None:
    open_example(page, address)
    box(page, "candidate").fill("cheddar")
    options(page, "candidate").filter(has_text="Cheddar").click()
    expect(page.locator("#title")).to_have_text("Cheddar · 8 oz · National")
    expect(page.locator("#outcome")).to_contain_text("what would have happened is not known")
    expect(page.locator("#cases li").first).to_contain_text("Cheddar")
    expect(page).to_have_url(has_query("item", "c1"))


def test_an_earlier_impression_brings_its_own_time(page: Page, address: str) -> None:
    open_example(page, address)
    box(page, "impression").fill("23 oct bought")
    options(page, "impression").click()
    expect(page.locator("#outcome")).to_have_text("Bought in the week of 23 Oct 2017")
    expect(page.locator("#shown-title")).to_have_text("Candidates of 23 Oct 2017")
    page.wait_for_url(lambda url: "at=2017-10-23T00%3A00%3A00Z" in url)


def test_reloading_and_sharing_show_the_same_page(page: Page, new_page: NewPage, address: str) -> None:
    open_example(page, address)
    page.locator("#cases").press("End")
    expect(page).to_have_url(has_query("item", "n1"))
    page.get_by_role("button", name="Last date").click()
    expect(page).to_have_url(has_query("sort", "-date"))
    seen = page.locator("#lens").inner_text()
    page.reload()
    expect(page.locator("#title")).to_have_text("Nails · 1 lb")
    expect(page.locator("#lens")).to_have_text(seen, use_inner_text=True)  # the table is drawn after the title
    link = copied_link(page, "This view")
    sent = parse_qs(urlsplit(link).query, keep_blank_values=True)
    assert sent == {**query(page), "history": sent["history"]} and sent["history"][0].startswith("25-")
    other = new_page()
    other.goto(link)
    expect(other.locator("#title")).to_have_text("Nails · 1 lb")
    assert query(other) == sent  # it is not written anew, and Back leads away
    expect(other.locator("#lens")).to_have_text(seen, use_inner_text=True)


def test_back_and_forward_go_through_what_was_shown(page: Page, address: str) -> None:
    open_example(page, address)
    page.locator("#cases").press("ArrowDown")
    expect(page).to_have_url(has_query("item", "m2"))
    page.go_back()
    expect(page.locator("#title")).to_have_text("Stout · 12 oz · National")
    expect(page).to_have_url(has_query("item", "b2"))
    page.go_forward()
    expect(page.locator("#title")).to_have_text("Milk · 1 qt · National")


def test_an_unknown_user_in_the_address_gets_a_sentence_and_a_way_on(page: Page, address: str) -> None:
    page.goto(f"{address}?user=nobody&item=b2")
    expect(page.get_by_role("alert")).to_contain_text('No user "nobody" in the store')
    page.get_by_role("button", name="Show the opening example").click()
    expect(page.locator("#title")).to_have_text("Stout · 12 oz · National")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_an_unknown_user_can_be_left_by_search(page: Page, address: str) -> None:
    page.goto(f"{address}?user=nobody")
    box(page, "user").fill("8")
    options(page, "user").filter(has_text="Household 8").click()
    expect(page.locator("#title")).to_have_text("Milk · 1 gal · Private")
    expect(page).to_have_url(has_query("user", "8"))


def test_the_chart_is_read_by_keyboard(page: Page, address: str) -> None:
    open_example(page, address)
    page.locator("#plot").press("End")
    expect(page.locator("#spoken")).to_contain_text("Nails · 1 lb, Hardware, 19 Nov 2017, once in this history")
    expect(page.locator("#tip")).to_be_visible()
    expect(page.locator("#rows tr.lit th")).to_contain_text("Nails")
    page.locator("#plot").press("Home")
    expect(page.locator("#spoken")).to_contain_text("12 times, 28 Aug 2017 to 13 Nov 2017")
    page.locator("#plot").press("Escape")
    expect(page.locator("#tip")).to_be_hidden()


def test_the_bar_under_the_pointer_is_told(page: Page, address: str) -> None:
    open_example(page, address)
    plot = page.locator("#plot")
    area = plot.bounding_box()
    assert area is not None
    plot.hover(position={"x": area["width"] - 20, "y": area["height"] / 2})
    expect(page.locator("#tip")).to_contain_text("Nails · 1 lb")
    plot.click(position={"x": area["width"] - 20, "y": area["height"] / 2})
    page.mouse.move(5, 5)
    expect(page.locator("#rows tr.lit th")).to_contain_text("Nails")


def test_the_table_sorts_by_every_column(page: Page, address: str) -> None:
    open_example(page, address)
    heads = page.locator("#columns th")
    expect(heads.nth(4)).to_have_attribute("aria-sort", "descending")
    shown = [weight for _, weight in weights(page)]
    assert shown == sorted(shown, reverse=True)
    for place, name in enumerate(COLUMNS):
        heads.nth(place).get_by_role("button", name=name, exact=True).press("Enter")
        first = "ascending" if name in ("Title", "Category") else "descending"
        expect(heads.nth(place)).to_have_attribute("aria-sort", first)
    titles_by_repeats = page.locator("#rows tr th").all_inner_texts()
    heads.nth(0).get_by_role("button").click()
    titles = [title for title, _ in weights(page)]
    assert titles == sorted(titles) != titles_by_repeats


def test_one_scale_for_all_candidates_is_kept_in_the_address(page: Page, address: str) -> None:
    open_example(page, address)
    page.get_by_label("Same scale for all 3 candidates").check()
    expect(page).to_have_url(has_query("scale", "shared"))
    page.reload()
    expect(page.get_by_label("Same scale for all 3 candidates")).to_be_checked()


def test_the_lens_stays_in_place_while_users_change(page: Page, address: str) -> None:
    open_example(page, address)
    page.locator("#plot").evaluate("plot => { plot.kept = true; }")
    top = page.locator("#plot").bounding_box()
    box(page, "user").fill("8")
    options(page, "user").filter(has_text="Household 8").click()
    expect(page.locator("#title")).to_have_text("Milk · 1 gal · Private")
    assert page.locator("#plot").evaluate("plot => plot.kept") is True
    assert page.locator("#plot").bounding_box() == top


def test_a_phone_shows_the_candidate_before_it_scrolls(new_page: NewPage, address: str) -> None:
    page = new_page(width=400, height=800)
    open_example(page, address)
    expect(page.locator(".st-key-tagline")).to_be_hidden()
    expect(page.locator("#title")).to_be_in_viewport(ratio=1)
