"""A snapshot shows the numbers of then, without store or models; computed again it says what is another."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from din_core.domain import DropItem, Edit, Item, RankedParts, Removal, Scenario, SetProfile
from din_core.pages.places.places import INSPECT, WHAT_IF
from din_core.pages.session import caches, visitor
from din_core.pages.snapshots.differences import differences
from din_core.pages.snapshots.keep import keep
from din_core.sharing.frozen_results import from_json
from din_core.sharing.share_store import SharedView, ShareStore
from tests.made_results import RESULTS
from tests.pages.conftest import World
from tests.pages.page_contents import said, words

Visit = Callable[..., AppTest]
Keep = Callable[..., str]
MINE = SharedView("snapshot", "", title="Why stout?", note="As agreed", author="Ada")


@pytest.fixture
def kept(world: World, monkeypatch: pytest.MonkeyPatch) -> Keep:
    """Keep the numbers of household 7 and its stout; the slug."""

    def keep_one(hidden: bool = False, view: SharedView = MINE, mode=INSPECT, edits: tuple[Edit, ...] = ()) -> str:
        monkeypatch.setenv("DIN_STORE", world.url)
        monkeypatch.setenv("DIN_CHECKPOINTS", str(world.checkpoints))
        app = caches.current_app()
        models = tuple(app.models[name].link for name in ("din", "base"))
        own = visitor.Session(scenario=Scenario("7", 1511136000, ("b2",), models, {}, edits), language="en")
        with visitor.in_session(own):
            return keep(app, mode, view, hidden)

    return keep_one


def html(page: AppTest) -> str:
    (found,) = (e.proto.body for e in page.get("html") if "<article" in e.proto.body)
    return unescape(found).replace("\N{NO-BREAK SPACE}", " ")


def test_a_snapshot_shows_the_same_without_store_and_checkpoints(
    visit: Visit, kept: Keep, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    slug = kept()
    before = html(visit(snapshot=slug))
    world.store.close()
    caches.startup.clear()
    shutil.rmtree(world.checkpoints)
    for file in world.checkpoints.parent.glob("world.db*"):
        file.unlink()
    monkeypatch.setattr(caches, "Startup", lambda *_: pytest.fail("the app was started"))
    page = visit(snapshot=slug)
    assert html(page) == before and not page.exception and said(page) == []
    assert "Why stout?: Kept on " in before and " by Ada. These numbers stay as they were then." in before
    assert "As agreed" in words(page)
    caches.startup.clear()


def test_a_snapshot_holds_every_weight_and_effect_with_all_digits(
    visit: Visit, kept: Keep, shares: ShareStore, world: World
) -> None:
    results = from_json(shares.get(kept()).payload or "")
    scorer = world.scorers["din"]
    history = world.store.history("7", 1511136000)
    scores = scorer.score(history, [world.store.item("b2")], results_context(world))
    counts = [b.count for b in scores.behaviors]
    assert results.weights == pytest.approx([float(w) * n for w, n in zip(scores.weight[0], counts, strict=True)])
    assert results.models[0].probability == pytest.approx(float(scores.probability[0]), abs=1e-6)
    assert len(results.effects) == len(results.behaviors) == len(counts)


def results_context(world: World) -> dict[str, str | None]:
    return dict(next(i.context for i in world.store.impressions("7") if i.item.item_id == "b2"))


def test_each_visit_counts_once(visit: Visit, kept: Keep, shares: ShareStore) -> None:
    slug = kept()
    visit(snapshot=slug).run().run()
    visit(snapshot=slug)
    assert shares.get(slug).opened == 2


def test_a_hidden_snapshot_names_nobody_and_leads_nowhere(visit: Visit, kept: Keep, shares: ShareStore) -> None:
    slug = kept(hidden=True, view=SharedView("snapshot", ""))
    view = shares.get(slug)
    results = from_json(view.payload or "")
    assert (view.query, results.rows, dict(results.user.fields)) == ("", "", {})
    assert results.user.user_id != "7" and not re.search(r"Household 7\b|45-54", (view.payload or "") + view.title)
    page = visit(snapshot=slug)
    assert not re.search(r"Household 7\b", html(page)) and "<a " not in html(page) and not page.button


def test_a_hidden_snapshot_of_what_if_says_nothing_of_the_profile(kept: Keep, shares: ShareStore) -> None:
    edits = (SetProfile("age", ("19-24",)), DropItem("m1"))
    payload = shares.get(kept(hidden=True, mode=WHAT_IF, edits=edits)).payload or ""
    assert from_json(payload).edits[0] == "Age: changed" and "Milk" in from_json(payload).edits[1]
    assert "45-54" not in payload and "19-24" not in payload


def test_computed_again_it_is_the_same_until_the_rows_are_others(visit: Visit, kept: Keep, world: World) -> None:
    slug = kept()
    page = visit(snapshot=slug)
    page.button(key="compute_again").click().run()
    assert "Models and rows are the same." in words(page)
    assert set(page.table[0].value["Points"]) == {"="}
    with world.store.writing() as connection:
        connection.execute(
            text("DELETE FROM behaviors WHERE item_key = (SELECT item_key FROM items WHERE item_id = 'm1')")
        )
    page = visit(snapshot=slug)
    page.button(key="compute_again").click().run()
    assert "The rows of the store are others" in words(page)
    assert set(page.table[0].value["Points"]) != {"="}


def test_what_if_is_kept_with_its_path(kept: Keep, shares: ShareStore) -> None:
    assert shares.get(kept(mode=WHAT_IF)).path == "explain-what-if"


def test_an_unknown_or_revoked_snapshot_is_one_sentence(visit: Visit, kept: Keep, shares: ShareStore) -> None:
    slug = kept()
    shares.revoke(slug)
    for one, why in ((slug, "was revoked"), ("unknown", "there is nothing")):
        page = visit(snapshot=one)
        (sentence,) = said(page)
        assert why in sentence.casefold() and not page.get("page_link")


def test_a_short_link_is_no_snapshot(visit: Visit, shares: ShareStore) -> None:
    page = visit(snapshot=shares.keep(SharedView("link", "user=7", "explain-inspect")))
    assert len(said(page)) == 1 and not page.exception


def test_differences_name_models_rows_and_every_part_of_either() -> None:
    first, again = RESULTS.models[0], replace(RESULTS.models[0], link="din@99999999", probability=0.5)
    kept = replace(RESULTS, edits=())
    other = replace(kept, models=(again,), rows="other")
    with visitor.as_visitor("en"):
        found = differences(kept, other)
        same = differences(RESULTS, RESULTS)
    assert found.causes[0] == "DIN is another version: 1a2b3c, then 999999."
    assert found.causes[1] == "The models are others: DIN, Average pooling, then DIN."
    assert found.causes[2].startswith("The rows of the store are others")
    assert (found.chances[0].name, found.chances[0].change) == (first.name, "+20.0")
    assert (found.chances[1].second, found.chances[1].change) == ("–", "")
    assert same.causes == ("Models and rows are the same.",) and {one.change for one in same.parts} == {"="}


@pytest.mark.parametrize("changes", [{"candidate": Item("x")}, {"as_of": 1}, {"edits": ("Dropped Stout",)}])
def test_of_another_scenario_nothing_is_said_of_the_store(changes: dict[str, Any]) -> None:
    kept = replace(RESULTS, edits=())
    with visitor.as_visitor("en"):
        (cause,) = differences(kept, replace(kept, rows="other", **changes)).causes
    assert cause == "What the models read is not the same: history, profile, candidate or context."


def test_chances_of_two_models_and_hidden_users_are_not_said_to_be_the_same() -> None:
    turned = replace(RESULTS, models=RESULTS.models[::-1], rows="")
    with visitor.as_visitor("en"):
        causes = differences(RESULTS, turned).causes
    assert causes[0].startswith("What is explained is the chance under DIN, then under Average pooling:")
    assert causes[1] == "A user is hidden, so whether the rows are the same is not known." and len(causes) == 2


def test_a_part_of_two_histories_is_one_line_also_where_it_holds_more_behaviors_in_one() -> None:
    lager = Removal("item", "b1", (1,), 3, 1.0, 0.2)
    (beers,) = RESULTS.parts["category"].first
    first = replace(RESULTS, parts={"category": RankedParts((beers,), None, 0)})
    fewer = RankedParts((replace(beers, behaviors=5, without=0.2),), None, 0)
    second = replace(RESULTS, parts={"item": RankedParts((lager,), None, 0), "category": fewer})
    with visitor.as_visitor("en"):
        parts = differences(first, replace(second, answer=replace(RESULTS.answer, decisive=(lager,)))).parts
    assert [(one.name, one.change) for one in parts[1:]] == [
        ("8 earlier purchases of Beers ↔ 5 earlier purchases of Beers", "+10.0")
    ]
