"""A signed brief shows the one scenario that was signed, whatever else stands in its address, and leads nowhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from urllib.parse import parse_qsl, urlencode

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from din_core.domain import LinkError
from din_core.pages.app.launch import middleware
from din_core.pages.app.link_head import head_of
from din_core.pages.brief import signed_brief
from din_core.pages.brief.signed_brief import DAY, DAYS
from din_core.pages.browser.protocol import Payload
from din_core.pages.session import caches
from din_core.pages.session.visitor import as_visitor
from din_core.pages.widgets.copy_link.route import signed
from din_core.sharing.share_store import ShareStore
from din_core.sharing.signed_links import link_keys, read_keys
from tests.pages.conftest import World
from tests.pages.page_contents import said
from tests.small_world import MONDAY

Visit = Callable[..., AppTest]
Sign = Callable[..., str]
SHOWN = {"user": "7", "item": "m2", "at": "2017-11-20", "models": "din,base"}
PROFILE = {**SHOWN, "edits": "profile,age,19-24;drop-item,m1"}
SECRET = "the-secret-of-the-first-key-of-this-server"
REFUSED = "This link was not signed by this server, or was changed; ask its sender for another one."
GONE = "What this link shows is not in the store any more; ask its sender for another one."


@pytest.fixture
def sign(world: World, monkeypatch: pytest.MonkeyPatch) -> Sign:
    """The token of a brief of these query parameters."""
    monkeypatch.setenv("DIN_STORE", world.url)
    monkeypatch.setenv("DIN_CHECKPOINTS", str(world.checkpoints))
    monkeypatch.setenv("DIN_LINK_KEYS", f"one:{SECRET}")

    def sign_one(query: dict[str, str] = SHOWN, path: str = "explain-inspect", hidden: bool = False) -> str:
        with as_visitor("en"):
            caches.current_app()
            found = signed({"path": path, "query": urlencode(query), "hidden": hidden})
        assert isinstance(found, Payload)
        return str(found.head["token"])

    return sign_one


def article(page: AppTest) -> str:
    """The brief as text with its markup; nothing where there is none."""
    found = [e.proto.body for e in page.get("html") if "<article" in e.proto.body]
    return unescape("".join(found)).replace("\N{NO-BREAK SPACE}", " ")


def test_it_is_the_brief_of_its_scenario_without_a_way_on(visit: Visit, sign: Sign) -> None:
    page = visit(signed=sign())
    brief, plain = article(page), article(visit(**SHOWN, view="brief"))
    assert not page.exception and said(page) == [] and "<a " not in brief and "<a " in plain
    assert "Milk for Household 7" in brief and "The link opens until " in brief
    assert re.findall(r"<strong>(.*?)</strong>", brief) == re.findall(r"<strong>(.*?)</strong>", plain)
    assert not page.button and not page.get("page_link") and not page.get("bidi_component")


def test_nothing_else_of_the_address_counts(visit: Visit, sign: Sign) -> None:
    token = sign()
    other = visit(signed=token, **{**SHOWN, "user": "8", "item": "b2"}, view="other", edits="drop-item,m1")
    assert article(other) == article(visit(signed=token))


def test_edits_are_part_of_what_was_signed_on_what_if_alone(visit: Visit, sign: Sign) -> None:
    edited = {**SHOWN, "edits": "drop-item,m1"}
    assert "Dropped all 12 of Milk" in article(visit(signed=sign(edited, "explain-what-if")))
    assert "Dropped" not in article(visit(signed=sign(edited)))


def test_what_is_signed_leaves_nothing_open_and_says_no_language(sign: Sign) -> None:
    query = link_keys().read(sign(), 0).query
    assert "item=m2" in query and "at=2017-11-20" in query and "models=din%40" in query and "lang" not in query


@pytest.mark.parametrize("path", ["explain-inspect", "explain-what-if"])
def test_where_it_hides_its_user_neither_link_nor_page_names_them(visit: Visit, sign: Sign, path: str) -> None:
    token = sign(PROFILE, path, hidden=True)
    brief = link_keys().read(token, 0)
    assert brief.query == "" and len(brief.slug) == 22
    page = visit(signed=token)
    shown = article(page)
    assert re.search(r"Milk for Household [0-9a-f]{6}\b", shown)
    assert not re.search(r"Household 7\b|45-54|2 adults|19-24", shown)
    assert ("Age: changed" in shown) == (path == "explain-what-if")
    assert article(visit(signed=token)) == shown


def test_what_is_kept_of_a_hidden_one_opens_by_no_other_link_and_can_be_revoked(
    visit: Visit, sign: Sign, shares: ShareStore
) -> None:
    token = sign(hidden=True)
    slug = link_keys().read(token, 0).slug
    for address in ({"s": slug}, {"snapshot": slug}):
        page = visit(**address)
        assert "There is nothing under this short link" in said(page)[0]
    assert shares.get(slug).kind == "brief" and shares.get(slug).opened == 0
    shares.revoke(slug)
    page = visit(signed=token)
    assert article(page) == "" and "was revoked" in said(page)[0]


def test_of_what_is_no_more_as_it_was_signed_nothing_else_is_shown(visit: Visit, sign: Sign, world: World) -> None:
    token, hidden = sign(), sign(hidden=True)
    with world.store.writing() as connection:
        connection.execute(text("UPDATE users SET user_id = 'seven' WHERE user_id = '7'"))
    for one in (token, hidden):
        page = visit(signed=one)
        assert article(page) == "" and said(page) == [GONE]


def test_a_model_that_is_gone_is_not_replaced_by_another(visit: Visit, sign: Sign) -> None:
    brief = link_keys().read(sign(), 0)
    query = urlencode({**dict(parse_qsl(brief.query)), "models": "gone@abc"})
    page = visit(signed=link_keys().sign(replace(brief, query=query)))
    assert article(page) == "" and said(page) == [GONE]


def test_a_model_that_was_trained_anew_is_shown_and_said(visit: Visit, sign: Sign) -> None:
    brief = link_keys().read(sign(), 0)
    query = urlencode({**dict(parse_qsl(brief.query)), "models": "din@abc"})
    page = visit(signed=link_keys().sign(replace(brief, query=query)))
    assert article(page) and said(page)[0].startswith("This link was made with version")


@pytest.mark.parametrize("token", ["", "x", "one.x", "two.x"])
def test_a_link_that_was_not_signed_is_one_sentence(visit: Visit, sign: Sign, token: str) -> None:
    page = visit(signed=token or sign()[:-3])
    assert article(page) == "" and said(page) == [REFUSED]


def test_a_link_ends_after_its_days(visit: Visit, sign: Sign, monkeypatch: pytest.MonkeyPatch) -> None:
    token = sign()
    now = signed_brief.time.time()
    monkeypatch.setattr(signed_brief.time, "time", lambda: now + DAYS * DAY - 60)
    assert "Milk for Household 7" in article(visit(signed=token))
    monkeypatch.setattr(signed_brief.time, "time", lambda: now + DAYS * DAY + 60)
    assert said(visit(signed=token)) == ["This signed link has expired; ask its sender for another one."]


def test_another_key_comes_first_and_links_of_the_old_one_open_until_it_is_taken_out(
    visit: Visit, sign: Sign, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = sign()
    other = "two:another-secret-of-some-forty-characters"
    monkeypatch.setenv("DIN_LINK_KEYS", f"{other} one:{SECRET}")
    assert article(visit(signed=token)) and link_keys().sign(link_keys().read(token, 0)).startswith("two.")
    monkeypatch.setenv("DIN_LINK_KEYS", other)
    assert said(visit(signed=token)) == [REFUSED]


def test_without_keys_nothing_is_signed_opened_or_offered(
    visit: Visit, sign: Sign, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    token = sign()
    monkeypatch.setenv("DIN_LINK_KEYS", "one:short-secret")
    assert said(visit(signed=token)) == [REFUSED] and "no signed link opens" in caplog.text
    assert signed({"path": "explain-inspect", "query": urlencode(SHOWN), "hidden": False}) is None
    assert SECRET not in caplog.text and "short-secret" not in caplog.text
    with pytest.raises(SystemExit, match="error: the keys of DIN_LINK_KEYS cannot be used: the secret of key 1 has 12"):
        middleware()


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"path": "explain-inspect", "query": urlencode(SHOWN)},
        {"path": "explain-inspect", "query": urlencode(SHOWN), "hidden": 1},
        {"path": 1, "query": urlencode(SHOWN), "hidden": False},
    ],
)
def test_what_is_no_question_is_answered_nothing(sign: Sign, asked: dict[str, object]) -> None:
    assert signed(asked) is None


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("data", SHOWN),
        ("explain-inspect", {**SHOWN, "user": "nobody"}),
        ("explain-inspect", {**SHOWN, "models": "none"}),
        ("explain-inspect", {**SHOWN, "at": "soon"}),
        ("explain-what-if", {**SHOWN, "edits": "drop,none,2017-11-20"}),
    ],
)
def test_only_a_whole_scenario_of_this_store_is_signed(sign: Sign, path: str, query: dict[str, str]) -> None:
    with as_visitor("en"), pytest.raises(LinkError):
        caches.current_app()
        signed({"path": path, "query": urlencode(query), "hidden": False})


def test_chat_tools_are_told_that_it_is_a_brief_and_no_name(sign: Sign) -> None:
    for hidden in (False, True):
        found = head_of({"signed": [sign(hidden=hidden)]})
        assert found.title == "What the model expects, and why" and not found.wide
        assert "Household" not in found.html() and "Milk" not in found.html()


def test_no_secret_is_in_a_link(sign: Sign) -> None:
    assert SECRET not in sign() and read_keys(f"one:{SECRET}").read(sign(), 0).path == "explain-inspect"


def test_it_says_where_the_history_has_changed_since_it_was_signed(visit: Visit, sign: Sign, world: World) -> None:
    tokens = [sign(), sign(hidden=True)]
    world.store.append_behaviors("7", [("x1", MONDAY - 60)])
    for token in tokens:
        (told,) = said(visit(signed=token))
        assert told.startswith("When this link was made the history held 25 behaviors, here it holds 26, so")
