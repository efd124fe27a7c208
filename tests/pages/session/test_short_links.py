"""A short link opens what it stands for, stays short while nothing else is chosen, and says why it does not open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from streamlit.testing.v1 import AppTest

from din_core.pages.browser.protocol import Payload
from din_core.pages.session import caches
from din_core.pages.widgets.copy_link.route import reply
from din_core.sharing.share_store import SharedView, ShareStore
from tests.pages.page_contents import lens, said

Visit = Callable[..., AppTest]
SHOWN = {"user": "7", "item": "m2", "at": "2017-11-20", "models": "din,base"}


def whole(visit: Visit) -> str:
    """The query string that the page itself writes."""
    return urlencode(dict(visit(**SHOWN).query_params), doseq=True)


def test_a_short_link_shows_the_same_and_stays_short(visit: Visit, shares: ShareStore) -> None:
    slug = shares.keep(SharedView("link", whole(visit), "explain-inspect"))
    page = visit(s=slug)
    assert not page.exception and said(page) == []
    assert lens(page)[1]["cases"][lens(page)[1]["scene"]]["title"] == "Milk · 1 qt · National"
    assert dict(page.query_params) == {"s": slug} or dict(page.query_params) == {"s": [slug]}
    page.run()
    assert shares.get(slug).opened == 1


def test_another_choice_is_written_whole(visit: Visit, shares: ShareStore) -> None:
    page = visit(s=shares.keep(SharedView("link", whole(visit), "explain-inspect")))
    page.button(key="language_zh").click().run()
    assert "s" not in page.query_params and page.query_params["user"] in ("7", ["7"])


def test_a_short_link_may_stand_for_a_brief(visit: Visit, shares: ShareStore) -> None:
    slug = shares.keep(SharedView("link", urlencode({**SHOWN, "view": "brief", "lang": "zh"}), "explain-inspect"))
    page = visit(s=slug)
    assert any("打开完整分析" in e.proto.body for e in page.get("html"))


@pytest.mark.parametrize("why", ["there is nothing", "was revoked", "has expired"])
def test_a_short_link_that_does_not_open_says_why(visit: Visit, shares: ShareStore, why: str) -> None:
    slug = shares.keep(SharedView("link", whole(visit), "explain-inspect", expires=1 if "expired" in why else None))
    if "revoked" in why:
        shares.revoke(slug)
    page = visit(s="unknown" if "nothing" in why else slug)
    (sentence,) = said(page)
    assert why in sentence.casefold() and "ask its sender" in sentence


def test_only_links_of_pages_are_kept(shares: ShareStore) -> None:
    found = reply({"path": "explain-what-if", "query": "user=7"})
    assert isinstance(found, Payload)
    kept = shares.get(str(found.head["slug"]))
    assert (kept.kind, kept.path, kept.query) == ("link", "explain-what-if", "user=7")
    wrongs: list[dict[str, Any]] = [{}, {"path": "http://evil", "query": "x"}, {"path": "data", "query": 3}]
    for wrong in (*wrongs, {"path": "data"}, {"path": {"a": 1}, "query": "x"}, {"path": [], "query": "x"}):
        assert reply(wrong) is None
    assert len(caches.shares().listed()) == 1
