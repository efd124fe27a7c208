"""Signing in at a provider: each sees what their role holds, comes back to the link they opened, and leaves again.

Who speaks the websocket's protocol by hand gets no more than a browser.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.access.conftest import COOKIE_SECRET, LINK_SECRET, GuardedApp
from tests.journeys.access.oidc_provider import CLIENT_SECRET
from tests.journeys.access.raw_socket import run_page
from tests.journeys.page_driver import copied_link, wait_until_run

NewPage = Callable[..., Page]
QUERY = "user=7&item=b2&at=2017-11-20&models=din,base"
VIEW = f"explain-inspect?{QUERY}"
STATE = {"$$ID-x-compute_again": True, "$$ID-x-keep_form": True, "$$ID-x-sign_in_default": False}


def sign_in(page: Page, guarded: GuardedApp, email: str) -> None:
    guarded.sign_in_as(email)
    page.get_by_role("button", name="Sign in").click()


@pytest.fixture
def snapshot(page: Page, guarded: GuardedApp) -> str:
    """The link of a snapshot that an analyst has kept."""
    page.goto(guarded.address + VIEW)
    sign_in(page, guarded, "ada@lab.example")
    expect(page.locator("#title")).to_have_text("Stout · 12 oz · National")
    page.get_by_role("button", name="Keep these numbers").click()
    page.get_by_role("button", name="Keep", exact=True).click()
    return page.locator("code", has_text="snapshot=").inner_text().strip()


def test_an_analyst_signs_in_at_the_link_they_opened_and_out_again_and_no_secret_is_seen_or_printed(
    page: Page, guarded: GuardedApp
) -> None:
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    page.goto(guarded.address + VIEW)
    expect(page.get_by_text("Sign in to see this page.")).to_be_visible()
    expect(page.get_by_text("Stout")).to_have_count(0)
    sign_in(page, guarded, "ada@lab.example")
    expect(page.locator("#title")).to_have_text("Stout · 12 oz · National")
    everything = "\n".join([*urls, page.content(), *guarded.said])
    assert "_din/inspect" in everything or "/explain-inspect" in everything
    assert not any(secret in everything for secret in (COOKIE_SECRET, CLIENT_SECRET, LINK_SECRET))
    assert "ada@lab.example" not in "".join(guarded.said)
    page.goto(f"{guarded.address}data")  # where no instrument asks for more just when the visitor leaves
    wait_until_run(page)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("Sign in to see this page.")).to_be_visible()
    page.goto(guarded.address + VIEW)
    expect(page.get_by_text("Sign in to see this page.")).to_be_visible()


def test_a_viewer_sees_the_snapshot_they_were_sent_and_no_page(
    snapshot: str, new_page: NewPage, guarded: GuardedApp
) -> None:
    viewer = new_page()
    viewer.goto(snapshot)
    expect(viewer.get_by_text("Sign in to see this page.")).to_be_visible()
    sign_in(viewer, guarded, "vic@shop.example")
    expect(viewer.get_by_role("heading", name="Stout for Household 7")).to_be_visible()
    wait_until_run(viewer)
    expect(viewer.get_by_role("link", name="Open the full analysis")).to_have_count(0)
    expect(viewer.get_by_role("button", name="Compute again now")).to_have_count(0)
    beside = viewer.context.request  # with the visitor's cookies
    assert beside.get(f"{guarded.address}_din/inspect?user=7").status == 401
    assert {beside.post(f"{guarded.address}_din/{path}").status for path in ("what-if", "short-link")} == {401}
    for path in (VIEW, f"{VIEW}&view=brief", "find-snapshots", "data", ""):
        viewer.goto(guarded.address + path)
        expect(viewer.get_by_text("may open the snapshots and signed briefs")).to_be_visible()
        expect(viewer.get_by_text("Stout")).to_have_count(0)


def test_a_viewer_sees_the_signed_briefs_that_an_analyst_copied_and_nothing_by_another_address(
    page: Page, new_page: NewPage, guarded: GuardedApp
) -> None:
    page.goto(guarded.address + VIEW)
    sign_in(page, guarded, "ada@lab.example")
    expect(page.locator("#title")).to_have_text("Stout · 12 oz · National")
    brief = copied_link(page, "Signed brief, for viewers")
    hiding = copied_link(page, "Signed brief that hides who it is")
    assert brief != hiding
    for link in (brief, hiding):
        assert link.startswith(f"{guarded.address}explain-inspect?signed=one.") and LINK_SECRET not in link

    viewer = new_page()
    viewer.goto(brief)
    sign_in(viewer, guarded, "vic@shop.example")
    expect(viewer.get_by_role("heading", name="Stout for Household 7")).to_be_visible()
    expect(viewer.get_by_text("Open the full analysis")).to_have_count(0)
    viewer.goto(hiding)
    expect(viewer.get_by_role("heading", name="Stout for Household")).to_be_visible()
    expect(viewer.get_by_text("Open the full analysis")).to_have_count(0)
    assert not re.search(r"Household 7\b", viewer.content())
    for link in (brief, hiding):
        viewer.goto(link[:-4])
        expect(viewer.get_by_text("This link was not signed by this server, or was changed")).to_be_visible()


def test_somebody_whom_nobody_named_sees_one_sentence(page: Page, guarded: GuardedApp) -> None:
    page.goto(guarded.address)
    sign_in(page, guarded, "eve@elsewhere.example")
    expect(page.get_by_text("You are signed in as eve@elsewhere.example, and may see nothing here")).to_be_visible()


@pytest.mark.parametrize("page", ["explain-inspect", "explain-what-if", "find-snapshots", "data"])
@pytest.mark.parametrize("query", [QUERY, f"{QUERY}&view=brief"])
def test_a_stranger_gets_the_sentence_and_nothing_of_the_store(guarded: GuardedApp, page: str, query: str) -> None:
    answer = run_page(guarded.address, page, query, STATE)
    assert b"Sign in to see this page." in answer
    assert not any(row in answer for row in (b"Stout", b"Lager", b"Household", b"2 adults", b"din@"))


def test_claims_in_headers_and_a_cookie_that_nobody_signed_are_nothing(guarded: GuardedApp) -> None:
    origin = guarded.address.rstrip("/")
    headers = {
        "Origin": origin,
        "Cookie": '_streamlit_xsrf=x; _streamlit_user={"email":"ada@lab.example","is_logged_in":true}',
        "X-Forwarded-Email": "ada@lab.example",
    }
    answer = run_page(guarded.address, "explain-inspect", QUERY, STATE, headers)
    assert b"Sign in to see this page." in answer and b"Stout" not in answer
