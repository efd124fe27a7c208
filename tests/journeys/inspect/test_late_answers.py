"""The lens asks by itself where it goes: late answers, no answers, and what Python says meanwhile."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, Request, Route, WebSocketRoute, expect

from din_core.scoring import Scorer
from din_core.store import BehaviorStore
from tests.journeys.held_requests import HeldRequests
from tests.journeys.inspect_page import check_numbers, model_box, open_example
from tests.journeys.page_driver import box, eventually, has_query, options, query, wait_until_rest

NewPage = Callable[..., Page]
ASKED = "**/_din/inspect?*"
NOTHING = {"status": 204}
"""An answer that says nothing: as good as none, but no error in the browser's console."""


def pick(page: Page, key: str, text: str, option: str) -> None:
    box(page, key).fill(text)
    found = options(page, key).filter(has_text=option).first
    expect(found).to_be_visible()
    found.click()


def test_without_answers_the_page_goes_the_long_way(
    page: Page, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    page.route(ASKED, lambda route: route.fulfill(**NOTHING))
    open_example(page, address)
    check_numbers(page, store, scorers)
    page.locator("#cases").press("ArrowDown")
    expect(page.locator("#title")).to_have_text("Milk · 1 qt · National")
    expect(page).to_have_url(has_query("item", "m2"))
    check_numbers(page, store, scorers)
    model_box(page, 0).select_option(label="DIEN")
    expect(page.locator("#model-line")).to_contain_text("DIEN:")
    page.wait_for_url(lambda url: "models=dien" in url)
    check_numbers(page, store, scorers)
    pick(page, "user", "8", "Household 8")
    expect(page.locator("#history-line")).to_contain_text("Household 8")
    expect(page).to_have_url(has_query("user", "8"))
    expect(page.locator("#model-line")).to_contain_text("DIEN:")


def test_an_answer_that_comes_after_a_newer_choice_is_not_shown(page: Page, address: str) -> None:
    open_example(page, address)
    late: list[Route] = []

    def hold_back(route: Route) -> None:
        late.append(route)

    page.route("**/_din/inspect?*ask.pick=user*", hold_back)
    pick(page, "user", "8", "Household 8")
    expect(box(page, "user")).to_have_value("Household 8")
    pick(page, "candidate", "milk", "Milk · 1 qt · National")
    expect(page.locator("#title")).to_have_text("Milk · 1 qt · National")
    expect(page).to_have_url(has_query("item", "m2"))
    (held_back,) = late
    held_back.continue_()
    page.locator("#cases").press("ArrowDown")
    expect(page.locator("#title")).to_have_text("Nails · 1 lb")
    expect(page).to_have_url(has_query("item", "n1"))
    assert query(page)["user"] == ["7"]
    expect(page.locator("#history-line")).to_contain_text("Household 7")
    expect(box(page, "user")).to_have_value("Household 7 · 45-54 · 2 adults, no kids")


def test_a_choice_in_a_search_box_is_kept_by_back_and_forward(page: Page, address: str) -> None:
    open_example(page, address)
    pick(page, "user", "8", "Household 8")
    expect(page.locator("#history-line")).to_contain_text("Household 8")
    expect(page).to_have_url(has_query("user", "8"))
    page.go_back()
    expect(page.locator("#history-line")).to_contain_text("Household 7")
    expect(box(page, "user")).to_have_value("Household 7 · 45-54 · 2 adults, no kids")
    page.go_forward()
    expect(page.locator("#history-line")).to_contain_text("Household 8")


def test_a_model_chosen_the_instant_others_are_asked_for_is_shown(
    page: Page, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    open_example(page, address)
    for label in ("Dot product", "DIN · softmax", "Time decay pooling", "Sum pooling", "DIN"):
        page.mouse.move(0, 0)
        model_box(page, 0).hover()
        model_box(page, 0).select_option(label=label)
        expect(page.locator("#model-line")).to_contain_text(f"{label}:")
    page.wait_for_url(lambda url: "models=din%40" in url)
    check_numbers(page, store, scorers)
    expect(page.locator("#cases li .number").first).to_have_text(page.locator("#tiles .value").first.inner_text())


def test_quick_steps_and_a_model_chosen_on_the_way_add_up(page: Page, address: str) -> None:
    open_example(page, address)
    page.route("**/_din/inspect?*ask.want=weights*", lambda route: route.fulfill(**NOTHING))
    page.reload()
    expect(page.locator("#title")).to_have_text("Stout · 12 oz · National")
    wait_until_rest(page)
    held = HeldRequests(page, "**/_din/inspect?*ask.want=scores*")
    page.locator("#cases").press("ArrowDown")
    page.locator("#cases").press("ArrowDown")
    model_box(page, 0).select_option(label="DIEN")
    held.wait_for_one()
    expect(page.locator("#title")).to_have_text("Stout · 12 oz · National")
    held.release()
    expect(page.locator("#title")).to_have_text("Nails · 1 lb")
    expect(page.locator("#model-line")).to_contain_text("DIEN:")
    page.wait_for_url(lambda url: "item=n1" in url and "models=dien" in url)


def test_what_is_searched_is_found_though_python_hears_late_of_a_choice_made_before(
    new_page: NewPage, address: str
) -> None:
    """Such a choice forgets what is typed in the boxes."""
    page = new_page(apart=True)  # a route of a socket stays with its page
    held_back: list[bytes | str] = []
    sockets: list[WebSocketRoute] = []
    holding = False

    def relay(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        sockets.append(server)
        socket.on_message(lambda said: held_back.append(said) if holding else server.send(said))

    def holds(messages: int) -> None:
        assert len(held_back) >= messages

    page.route_web_socket(re.compile("_stcore/stream"), relay)
    open_example(page, address)
    holding = True
    box(page, "user").fill("9")
    eventually(page, lambda: holds(1))  # what is asked goes off first
    page.locator("#cases").dispatch_event("keydown", {"key": "ArrowDown"})  # the focus stays where it is
    eventually(page, lambda: holds(2))
    holding = False
    for said in held_back:
        sockets[-1].send(said)
    expect(options(page, "user").filter(has_text="Household 9")).to_be_visible()
    expect(page).to_have_url(has_query("item", "m2"))


def test_an_impression_of_the_time_on_screen_is_shown_at_once(
    page: Page, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    with page.expect_response(lambda response: "ask.want=weights" in response.url):
        open_example(page, address)
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    for text, title, item in [("nails", "Nails · 1 lb", "n1"), ("milk", "Milk · 1 qt · National", "m2")]:
        pick(page, "impression", text, title)
        expect(page.locator("#title")).to_have_text(title)
        expect(page).to_have_url(has_query("item", item))
        expect(box(page, "impression")).to_have_value(f"20 Nov 2017 · {title} · not bought")
        check_numbers(page, store, scorers)
    page.locator("#cases").press("ArrowUp")
    expect(box(page, "impression")).to_have_value("20 Nov 2017 · Stout · 12 oz · National · bought")
    assert not [url for url in asked if "ask.pick" in url]
    page.remove_listener("request", note)
