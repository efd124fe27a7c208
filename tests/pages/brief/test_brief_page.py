"""A brief says what *Inspect* says, in a sentence and five bars, and nothing else is on the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from din_core.domain import DropItem, Item, Scenario
from din_core.pages.brief import freeze
from din_core.pages.brief.content import content_of
from din_core.pages.brief.freeze import results_of
from din_core.pages.brief.html import brief_html
from din_core.pages.session import caches
from din_core.pages.session.visitor import as_visitor
from tests.made_results import RESULTS
from tests.pages.conftest import World
from tests.pages.page_contents import lens, said

Visit = Callable[..., AppTest]
SHOWN = {"user": "7", "item": "m2", "at": "2017-11-20", "models": "din,base"}


def brief(page: AppTest) -> str:
    """The HTML of the brief."""
    (found,) = (e.proto.body for e in page.get("html") if "<article" in e.proto.body)
    return found


def text_of(html: str) -> str:
    """What a person reads of it."""
    return unescape(re.sub(r"<[^>]+>", " ", html)).replace("\N{NO-BREAK SPACE}", " ")


def test_a_brief_has_a_title_a_sentence_bars_a_caution_facts_and_the_way_to_the_analysis(visit: Visit) -> None:
    page = visit(**SHOWN, view="brief")
    assert not page.exception and said(page) == []
    text = text_of(brief(page))
    for part in ("Milk for Household 7", "DIN gives this household", "Each bar says", "Not bought in the week of"):
        assert part in text
    assert re.search(r"Models\s+DIN [\d.]+ % \(version [0-9a-f]{6}\) · Average pooling [\d.]+ %", text)
    (href,) = re.findall(r'<a href="([^"]+)"', brief(page))
    opened = parse_qs(unescape(href).lstrip("?"))
    assert opened == {name: [value] for name, value in SHOWN.items()}


def test_a_brief_gives_the_numbers_of_inspect(visit: Visit) -> None:
    _, shown = lens(visit(**SHOWN))
    (effects,) = shown["models"][0]["effects"].values()
    by = effects["answer"]["by"]
    strongest = effects["answer"]["parts"][by][0]
    page = visit(**SHOWN, view="brief")
    points = re.findall(r'<td class="number">([+−]?)([\d.]+)</td>', brief(page))
    assert float(points[0][1]) == pytest.approx(abs(strongest["points"]), abs=0.051)
    assert (points[0][0] == "−") == (strongest["points"] <= -0.05)
    answer = "".join(effects["answer"]["reason"])
    assert answer.replace("\N{NO-BREAK SPACE}", " ") in re.sub(r"</?strong>", "", unescape(brief(page))).replace(
        "\N{NO-BREAK SPACE}", " "
    )


def test_a_brief_has_no_picker_no_navigation_and_leaves_the_address_as_it_is(visit: Visit) -> None:
    page = visit(**SHOWN, view="brief")
    assert not page.get("bidi_component") and not page.get("page_link") and not page.button
    assert dict(page.query_params) == {**SHOWN, "view": "brief"}


def test_a_brief_speaks_the_language_of_its_link(visit: Visit) -> None:
    page = visit(**SHOWN, view="brief", lang="zh")
    assert "打开完整分析" in brief(page) and "Open the full" not in brief(page)


def test_a_brief_of_an_unknown_user_is_one_sentence(visit: Visit) -> None:
    page = visit(**{**SHOWN, "user": "nobody"}, view="brief")
    assert said(page) == ['No user "nobody" in the store; search for one by the beginning of its id.']
    assert not any("<article" in e.proto.body for e in page.get("html"))


def results(world: World, monkeypatch: pytest.MonkeyPatch, scenario: Scenario, edited: bool = False):
    monkeypatch.setenv("DIN_STORE", world.url)
    monkeypatch.setenv("DIN_CHECKPOINTS", str(world.checkpoints))
    return results_of(caches.current_app(), scenario, edited=edited)


def test_no_more_than_five_bars_whose_last_is_all_the_rest(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freeze, "BARS", 2)
    caches.payloads.clear()  # equal rows were frozen with five before
    with as_visitor("en"):
        found = results(world, monkeypatch, Scenario("7", 1511136000, ("m2",), ("din", "base"), {}))
        bars = content_of(found).bars
    caches.payloads.clear()
    assert len(bars) == 2 and bars[-1].title.startswith("All ")


def test_what_comes_from_the_store_is_no_markup() -> None:
    evil = replace(RESULTS, candidate=Item("x", "<script>alert(1)</script>"), title="<b>x</b>", edits=("<i>y</i>",))
    with as_visitor("en"):
        html = brief_html(content_of(evil), href='?a="><b>')
    assert "<script" not in html and "<b>" not in html and "<i>" not in html


def test_a_brief_of_what_if_is_computed_from_the_edited_history(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = Scenario("7", 1511136000, ("b2",), ("din", "base"), {}, (DropItem("m1"),))
    with as_visitor("en"):
        before, after = (results(world, monkeypatch, scenario, edited) for edited in (False, True))
        assert content_of(after).changes == ("Dropped all 12 of Milk · 1 gal · Private",)
        assert content_of(before).changes == ()
    assert {b.item.item_id for b in before.behaviors} - {b.item.item_id for b in after.behaviors} == {"m1"}
    assert after.answer.probability != before.answer.probability and after.answer.outcome is None
