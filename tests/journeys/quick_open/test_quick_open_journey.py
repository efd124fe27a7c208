"""Ctrl K, a name, Enter: anywhere without a mouse, and Back again."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.journeys.held_requests import HeldRequests
from tests.journeys.inspect_page import wait_until_opened
from tests.journeys.page_driver import box, wait_until_rest


def test_a_page_an_item_and_a_user_are_a_name_away(page: Page, address: str) -> None:
    page.goto(f"{address}explain-inspect")
    wait_until_opened(page)
    field = page.get_by_role("combobox", name="Go to")
    page.keyboard.press("Control+k")
    expect(field).to_be_focused()
    page.keyboard.type("trust")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/models-trust"))
    wait_until_rest(page)
    page.keyboard.press("Control+k")
    page.keyboard.type("cheddar")
    rows = page.get_by_role("listbox", name="Go to").get_by_role("option")
    expect(rows).to_have_count(1)
    rows.first.click()
    expect(page).to_have_url(re.compile("item=c1"))
    wait_until_opened(page)
    expect(box(page, "candidate")).to_have_value(re.compile("[Cc]heddar"))
    page.go_back()
    expect(page).to_have_url(re.compile("/models-trust"))


def test_the_key_is_heard_before_the_code_of_the_dialog_has_come(page: Page, address: str) -> None:
    code = HeldRequests(page, "**/_din/script/*.js")
    page.goto(f"{address}data")
    code.wait_for_one()
    page.keyboard.press("Control+k")
    code.release()
    expect(page.get_by_role("combobox", name="Go to")).to_be_focused()


def test_escape_closes_it_and_the_focus_is_where_it_was(page: Page, address: str) -> None:
    page.goto(f"{address}data")
    wait_until_rest(page)
    button = page.locator(".st-key-quick_open").get_by_role("button")
    button.click()
    expect(page.get_by_role("dialog", name="Go to")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Go to")).to_be_hidden()
    expect(button).to_be_focused()
