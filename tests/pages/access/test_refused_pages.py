"""The check stands before every page: what a role does not hold is reached by no address, state or part of a page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest
from streamlit.testing.v1 import AppTest

from din_core.pages.brief.signed_brief import sign
from din_core.pages.places.places import MODES
from din_core.pages.session import caches
from din_core.pages.session.visitor import as_visitor
from din_core.pages.widgets import failures
from din_core.sharing.frozen_results import to_json
from din_core.sharing.share_store import SharedView, ShareStore
from tests.made_results import RESULTS
from tests.pages.access.conftest import ADA, EVE, ROLES, VIC
from tests.pages.conftest import go_to
from tests.pages.page_contents import said

VisitAs = Callable[..., AppTest]
Claims = dict[str, object] | None
SHOWN = {"user": "7", "item": "m2", "at": "2017-11-20", "models": "din,base"}
SIGN_IN = "Sign in to see this page. Whom its operator has named may see it."


def article(page: AppTest) -> list[str]:
    """Briefs on the page."""
    return [e.proto.body for e in page.get("html") if "<article" in e.proto.body]


def sentence_of(page: AppTest) -> str:
    """What the page says in the place of what was asked for."""
    return page.markdown[0].value


def assert_nothing_but(page: AppTest, sentence: str) -> None:
    assert not page.exception
    assert [e.value for e in page.markdown] == [sentence]
    assert not article(page) and not page.get("bidi_component") and not page.selectbox and not page.dataframe
    assert "din_lens" not in page.session_state or page.session_state["din_lens"].scenario is None


@pytest.fixture
def snapshot(shares: ShareStore) -> str:
    return shares.keep(SharedView("snapshot", "user=7&item=m2", "explain-inspect", payload=to_json(RESULTS)))


def test_an_analyst_sees_what_everybody_sees_where_nobody_signs_in(visit_as: VisitAs) -> None:
    page = visit_as(ADA, **SHOWN)
    assert not page.exception and page.get("bidi_component")
    assert page.button(key="sign_out").label == "Sign out"


@pytest.mark.parametrize("query", [{}, SHOWN, SHOWN | {"view": "brief"}, {"snapshot": "x"}, {"s": "x"}])
def test_who_has_not_signed_in_sees_one_sentence_and_a_button(visit_as: VisitAs, query: dict[str, str]) -> None:
    caches.startup.clear()
    page = visit_as(None, **query)
    assert_nothing_but(page, SIGN_IN)
    assert page.button(key="sign_in_default").label == "Sign in"


def test_who_is_not_named_sees_one_sentence(visit_as: VisitAs, snapshot: str) -> None:
    sentence = r"You are signed in as eve\@elsewhere\.example, and may see nothing here; ask whoever sent you the link,"
    for query in (SHOWN, {"snapshot": snapshot}):
        page = visit_as(EVE, **query)
        assert_nothing_but(page, f"{sentence} or runs this server.")
        assert page.button(key="sign_out")


def test_a_short_link_and_a_snapshot_are_not_opened_for_whom_they_are_not(
    visit_as: VisitAs, shares: ShareStore, snapshot: str
) -> None:
    link = shares.keep(SharedView("link", "user=7&item=m2", "explain-inspect"))
    for somebody in (None, EVE):
        visit_as(somebody, snapshot=snapshot)
        visit_as(somebody, s=link)
    assert shares.get(snapshot).opened == shares.get(link).opened == 0


@pytest.mark.parametrize("query", [{}, SHOWN, SHOWN | {"view": "brief"}])
def test_a_viewer_sees_no_page_and_no_brief_by_its_address(visit_as: VisitAs, query: dict[str, str]) -> None:
    page = visit_as(VIC, **query)
    assert_nothing_but(page, sentence_of(page))
    assert sentence_of(page).startswith(r"You are signed in as vic\@shop\.example, and may open the snapshots")


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.path)
def test_a_viewer_sees_no_page_by_navigation(visit_as: VisitAs, mode) -> None:
    page = visit_as(VIC)
    sentence = sentence_of(page)
    assert_nothing_but(go_to(page, mode.path), sentence)


def test_a_viewer_sees_a_snapshot_that_leads_nowhere(visit_as: VisitAs, snapshot: str) -> None:
    page = visit_as(VIC, snapshot=snapshot)
    (html,) = article(page)
    assert "href" not in html
    assert {button.key for button in page.button} == {"sign_out"}
    (html,) = article(visit_as(ADA, snapshot=snapshot))
    assert 'href="explain-inspect?user=7&amp;item=m2"' in html


@pytest.fixture
def token(visit_as: VisitAs, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of a signed brief."""
    monkeypatch.setenv("DIN_LINK_KEYS", "one:a-secret-of-some-forty-characters-and-more")
    with as_visitor("en"):
        return sign(caches.current_app(), "explain-inspect", urlencode(SHOWN), hidden=False)


def test_a_viewer_sees_a_brief_whose_link_was_signed_and_no_changed_one(visit_as: VisitAs, token: str) -> None:
    page = visit_as(VIC, signed=token)
    (html,) = article(page)
    assert "Milk for Household 7" in html and "href" not in html
    assert {button.key for button in page.button} == {"sign_out"}
    other = visit_as(VIC, **{**SHOWN, "user": "8"}, view="brief", signed=token)
    assert article(other) == [html]
    changed = visit_as(VIC, signed=f"{token}x")
    assert not article(changed) and said(changed)[0].startswith("This link was not signed by this server")


def test_a_short_form_of_a_signed_link_opens_for_a_viewer(visit_as: VisitAs, token: str, shares: ShareStore) -> None:
    slug = shares.keep(SharedView("link", urlencode({"signed": token}), "explain-inspect"))
    assert article(visit_as(VIC, s=slug)) == article(visit_as(VIC, signed=token))


@pytest.mark.parametrize("somebody", [None, EVE])
def test_a_signed_link_opens_for_nobody_without_a_role(visit_as: VisitAs, token: str, somebody: Claims) -> None:
    assert not article(visit_as(somebody, signed=token))


def test_state_of_widgets_that_somebody_made_up_reaches_nothing(visit_as: VisitAs) -> None:
    page = visit_as(VIC)
    sentence = sentence_of(page)
    for key, value in {"kept_one": "x", "compute_again": True, "din_lens_role": "analyst", "role": "analyst"}.items():
        page.session_state[key] = value
    assert_nothing_but(page.run(), sentence)


def test_who_loses_the_role_sees_nothing_from_the_next_run_on(visit_as: VisitAs, signing_in: Path) -> None:
    page = visit_as(ADA, **SHOWN)
    signing_in.write_text(ROLES.replace("ada@", "bob@"), "utf-8")
    page.run()
    assert sentence_of(page).endswith("or runs this server.") and not page.get("bidi_component")


def test_a_part_of_a_page_that_runs_by_itself_asks_for_the_whole_page_where_the_role_is_lost(
    signing_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    ran: list[int] = []

    class Stopped(Exception):
        pass

    def rerun(scope: str) -> None:
        asked.append(scope)
        raise Stopped

    monkeypatch.setattr(failures, "is_fragment_run", lambda: True)
    monkeypatch.setattr(failures, "role_of_visit", lambda: None)
    monkeypatch.setattr(failures.st, "rerun", rerun)
    with pytest.raises(Stopped):
        failures.shows_failures(lambda: ran.append(1))()
    assert (asked, ran) == (["app"], [])


def test_the_sentence_is_said_in_the_language_of_the_link(visit_as: VisitAs) -> None:
    assert sentence_of(visit_as(None, lang="zh")) == "请登录后查看本页。只有运营者指定的人可以查看。"
