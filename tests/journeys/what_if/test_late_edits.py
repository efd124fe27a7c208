"""What if asks by itself what an edit leads to: late answers, no answers, and what Python says meanwhile."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from din_core.domain import DropItem
from din_core.scoring import Scorer
from din_core.store import BehaviorStore
from tests.journeys.held_requests import HeldRequests
from tests.journeys.page_driver import box, has_query, options, query
from tests.journeys.what_if.what_if_page import check_scores, open_page, row, steps

ASKED = "**/_din/what-if"
NOTHING = {"status": 204}
"""An answer that says nothing: as good as none, but no error in the browser's console."""


def drop(page: Page, title: str) -> None:
    row(page, title).get_by_role("button", name="Drop").click()


def drop_late(page: Page, address: str) -> HeldRequests:
    """A first edit, whose answer is held back."""
    open_page(page, address)
    held = HeldRequests(page, ASKED)
    drop(page, "Nails")
    held.wait_for_one()
    return held


def test_without_answers_python_does_what_is_done(
    page: Page, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    page.route(ASKED, lambda route: route.fulfill(**NOTHING))
    open_page(page, address)
    page.locator("#rows").evaluate("rows => [...rows.querySelectorAll('.cross')].forEach(cross => cross.click())")
    expect(steps(page)).to_have_count(5)
    page.wait_for_url(lambda url: url.count("drop-item") == 4)
    assert check_scores(page, store, scorers).edits == tuple(map(DropItem, ("n1", "m1", "c1", "b1")))
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(steps(page)).to_have_count(4)
    page.locator("#tiles select").first.select_option(label="Average pooling")
    page.wait_for_url(lambda url: url.count("drop-item") == 3 and "models=base" in url)
    check_scores(page, store, scorers)
    box(page, "user").fill("8")
    options(page, "user").filter(has_text="Household 8").click()
    expect(page.locator("#subject")).to_contain_text("Household 8")
    expect(steps(page)).to_have_count(1)
    expect(page).to_have_url(has_query("user", "8"))


def test_what_is_done_while_an_answer_is_late_waits_for_it(
    page: Page, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    held = drop_late(page, address)
    drop(page, "Lager")
    page.locator("#tiles select").first.select_option(label="Average pooling")
    expect(steps(page)).to_have_count(1)
    held.release()
    expect(steps(page)).to_have_count(3)
    page.wait_for_url(lambda url: url.count("drop-item") == 2 and "models=base" in url)
    check_scores(page, store, scorers)


def test_a_question_that_is_never_answered_is_left_to_python(
    page: Page, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    held = drop_late(page, address)
    held.released = True
    drop(page, "Lager")
    expect(steps(page)).to_have_count(3)
    page.wait_for_url(lambda url: url.count("drop-item") == 2)
    check_scores(page, store, scorers)


def test_the_run_that_follows_an_edit_touches_nothing_that_stands(page: Page, address: str) -> None:
    open_page(page, address)
    drop(page, "Nails")
    expect(steps(page)).to_have_count(2)
    page.locator("#whatif").evaluate(
        """whatif => {
          window.touched = 0;
          const all = { subtree: true, childList: true, characterData: true, attributes: true };
          new MutationObserver((found) => (window.touched += found.length)).observe(whatif, all);
        }"""
    )
    expect(page).to_have_url(has_query("edits", "drop-item%2Cn1"))
    page.get_by_role("button", name="简体中文").click()  # the next run has come, so that one is over
    expect(page.locator("#history-title")).not_to_have_text("History")
    drawn = page.evaluate("touched")
    page.locator("#tiles").evaluate("tiles => tiles.append('')")
    assert page.evaluate("touched") == drawn + 1
    assert drawn > 0


def test_back_and_forward_go_through_the_edits(
    page: Page, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    open_page(page, address)
    drop(page, "Nails")
    expect(page).to_have_url(has_query("edits", "drop-item%2Cn1"))
    drop(page, "Lager")
    expect(page).to_have_url(has_query("edits", "drop-item%2Cn1%3Bdrop-item%2Cb1"))
    page.go_back()
    expect(steps(page)).to_have_count(2)
    check_scores(page, store, scorers)
    page.go_forward()
    expect(steps(page)).to_have_count(3)
    page.go_back()
    expect(steps(page)).to_have_count(2)
    drop(page, "Milk")
    expect(page).to_have_url(has_query("edits", "drop-item%2Cn1%3Bdrop-item%2Cm1"))
    check_scores(page, store, scorers)


def test_two_tabs_have_their_own_edits(page: Page, address: str, store: BehaviorStore) -> None:
    other = page.context.new_page()
    for tab in (page, other):
        open_page(tab, address)
    drop(page, "Nails")
    drop(other, "Lager")
    drop(page, "Milk")
    expect(steps(page)).to_have_count(3)
    expect(steps(other)).to_have_count(2)
    expect(page).to_have_url(has_query("edits", "drop-item%2Cn1%3Bdrop-item%2Cm1"))
    expect(other).to_have_url(has_query("edits", "drop-item%2Cb1"))


def test_an_edit_on_its_way_stays_when_the_language_changes(page: Page, address: str) -> None:
    held = drop_late(page, address)
    page.get_by_role("button", name="简体中文").click()
    expect(page.get_by_role("button", name="English")).to_be_visible()
    held.release()
    expect(steps(page)).to_have_count(2)
    expect(page).to_have_url(has_query("edits", "drop-item%2Cn1"))
    expect(page.locator("#history-title")).not_to_have_text("History")
    expect(steps(page).nth(1)).not_to_contain_text("Dropped")


def test_another_user_chosen_while_an_edit_is_on_its_way_comes_without_it(page: Page, address: str) -> None:
    held = drop_late(page, address)
    box(page, "user").fill("8")
    options(page, "user").filter(has_text="Household 8").click()
    held.release()
    expect(page.locator("#subject")).to_contain_text("Household 8")
    expect(steps(page)).to_have_count(1)
    expect(page).to_have_url(has_query("user", "8"))
    expect(box(page, "user")).to_have_value("Household 8")
    assert "edits" not in query(page)
