"""What a link is called before anything is scored."""

from __future__ import annotations

import pytest

from din_core.pages.app.first_paint import WIDE, first_paint
from din_core.pages.app.link_head import head_of
from din_core.pages.app.page_head import DESCRIPTION, TITLE
from din_core.pages.session import caches
from din_core.sharing.frozen_results import to_json
from din_core.sharing.share_store import SharedView, ShareStore
from tests.made_results import RESULTS
from tests.pages.conftest import World

BRIEF = {"user": ["7"], "item": ["m2"], "at": ["2017-11-20"], "view": ["brief"]}


@pytest.fixture(autouse=True)
def started(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIN_STORE", world.url)
    monkeypatch.setenv("DIN_CHECKPOINTS", str(world.checkpoints))
    caches.current_app()


def test_a_brief_is_called_by_its_candidate_and_user_in_the_language_of_the_link() -> None:
    assert head_of(BRIEF).title == "Milk for Household 7"
    assert head_of(BRIEF | {"lang": ["zh"]}).title == "家庭 7：Milk"


def test_a_brief_is_narrow_from_the_first_paint_and_a_page_wide() -> None:
    assert WIDE in first_paint(head_of({}).wide) and WIDE not in first_paint(head_of(BRIEF).wide)


def test_all_else_has_the_apps_own_title() -> None:
    for query in ({}, {"user": ["7"]}, {"view": ["other"]}):
        assert (head_of(query).title, head_of(query).description) == (TITLE, DESCRIPTION)


def test_a_brief_of_what_the_store_lacks_names_nobody() -> None:
    found = head_of(BRIEF | {"user": ["<nobody>"]})
    assert found.title == "What the model expects, and why" and "nobody" not in found.html()


def test_names_are_no_markup_in_the_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("din_core.pages.app.link_head.brief_title", lambda *_: '"><script>')
    assert "<script>" not in head_of(BRIEF).html()


def test_a_snapshot_has_its_title_and_its_answer_and_is_not_counted(shares: ShareStore) -> None:
    slug = shares.keep(SharedView("snapshot", "", title="Why <stout>?", payload=to_json(RESULTS)))
    found = head_of({"snapshot": [slug]})
    assert found.image == f"_din/card.png?snapshot={slug}"
    assert found.title == "Why <stout>?" and found.description.startswith("DIN gives this household a 30")
    assert "<stout>" not in found.html() and shares.get(slug).opened == 0
    assert head_of({"snapshot": ["unknown"]}).title == TITLE


def test_a_short_link_is_called_by_what_it_stands_for(shares: ShareStore) -> None:
    slug = shares.keep(SharedView("link", "user=7&item=m2&at=2017-11-20&view=brief", "explain-inspect"))
    assert head_of({"s": [slug]}).title == "Milk for Household 7"


def test_a_briefs_picture_is_asked_with_the_address_of_the_brief() -> None:
    image = head_of(BRIEF).image
    assert image == "_din/card.png?user=7&item=m2&at=2017-11-20&view=brief"
    assert head_of(BRIEF | {"user": ["nobody"]}).image == head_of({}).image == "_din/card.png"
