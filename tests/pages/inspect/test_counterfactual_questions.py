"""Who decided otherwise, and what would have to be gone: the fragments by themselves, on the small world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from din_core.domain import Candidate, FoldedBehavior, Item, Scenario
from din_core.explain import smallest_removal
from din_core.explain.nearest_opposite import ImpressionWithHistory, nearest
from din_core.pages.inspect.counterfactual_questions import removal_names
from din_core.pages.session.visitor import as_visitor
from din_core.scoring import rescorer_for
from din_core.store.queries.opposite_outcome import opposite_impressions
from tests.pages.conftest import World
from tests.pages.page_contents import records
from tests.small_world import MONDAY
from tests.twice_shown import show_twice

Open = Callable[[Scenario], AppTest]


def small_script() -> None:
    import streamlit as st

    from din_core.pages.inspect.counterfactual_questions import show_counterfactuals, show_nearest
    from din_core.pages.session import caches, visitor

    app = caches.current_app()
    own = visitor.session()
    if own.scenario is None:
        own.scenario = st.session_state["given"]
    show_nearest(app, own.scenario)
    show_counterfactuals(app, own.scenario)


@pytest.fixture
def opened(world: World, monkeypatch: pytest.MonkeyPatch) -> Open:
    monkeypatch.setenv("DIN_STORE", world.url)
    monkeypatch.setenv("DIN_CHECKPOINTS", str(world.checkpoints))

    def run(scenario: Scenario) -> AppTest:
        page = AppTest.from_function(small_script, default_timeout=60)
        page.session_state["given"] = scenario
        page.run()
        assert not page.exception
        return page

    return run


def scenario(user: str = "7", item: str = "n1", at: int = MONDAY) -> Scenario:
    return Scenario(user, at, (item,), ("din",), {})


def text(page: AppTest) -> str:
    return "\n".join(part.value for part in (*page.markdown, *page.caption)).replace("\\", "")


def test_the_nearest_is_found_on_demand_named_and_opened(world: World, opened: Open) -> None:
    at = next(i for i in world.store.impressions("8") if i.item.item_id == "m1")  # not bought
    with world.store.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO impressions (user_key, item_key, timestamp, label, split) "
            "SELECT u.user_key, i.item_key, ?, 1, 'train' FROM users u, items i "
            "WHERE u.user_id = '7' AND i.item_id = 'm1'",
            (at.timestamp,),
        )
    page = opened(replace(scenario("8", "m1", at.timestamp), context=at.context))
    assert "Household 7" not in text(page)
    page.button(key="find_nearest").click().run()
    found = opposite_impressions(world.store, at, 5)
    own, *others = (
        ImpressionWithHistory(i, world.store.history(i.user_id, i.timestamp)) for i in (at, *found.impressions)
    )
    want = nearest(world.scorers["din"], own, others)
    assert want is not None
    assert "Household 7 · 45-54 · 2 adults, no kids" in text(page)
    assert f"{100 * want.own:.1f} % on screen and {100 * want.other:.1f} % there" in text(page)
    assert f"Distance {want.distance:.2f}" in text(page)
    assert "Compared were impressions of this item with that outcome: all 1." in text(page)
    assert records(page, "nearest_different")["Behavior"].tolist() == [b.item.label for b in want.different]
    page.button(key="open_nearest").click().run()
    assert not page.exception
    shown = page.session_state["din_lens"].scenario
    assert (shown.user_id, shown.candidate_ids, shown.as_of) == ("7", ("m1",), at.timestamp)


def test_of_several_impressions_of_an_item_at_once_the_one_on_screen_is_asked_about(
    world: World, opened: Open, tmp_path: Path
) -> None:
    show_twice(world.store.engine, tmp_path / "again")
    page = opened(scenario(item="m2"))  # not bought, and nobody else bought milk
    page.button(key="find_nearest").click().run()
    assert "No other households were shown this item, or one of its kind, with that outcome." in text(page)
    page = opened(scenario().with_candidates([Candidate("m2", 2)], {}))  # bought
    page.button(key="find_nearest").click().run()
    assert "Household 8" in text(page)


def test_the_impression_found_is_opened_not_another_of_its_item_then(
    world: World, opened: Open, tmp_path: Path
) -> None:
    show_twice(world.store.engine, tmp_path / "again")
    at = world.store.impressions("8")[0]  # milk, not bought
    page = opened(scenario("8", "m1", at.timestamp))
    page.button(key="find_nearest").click().run()
    page.button(key="open_nearest").click().run()
    shown = page.session_state["din_lens"].scenario
    assert (shown.candidates, shown.context["mailer"]) == ((Candidate("m2", 2),), "Front page feature")


def test_it_is_said_where_nobody_decided_otherwise_or_no_outcome_is_known(opened: Open) -> None:
    page = opened(scenario())
    page.button(key="find_nearest").click().run()
    assert "No other households were shown this item, or one of its kind, with that outcome." in text(page)
    page = opened(scenario(item="x1"))
    assert "only of an impression whose outcome is known" in text(page)
    assert [button.key for button in page.button] == ["find_removal"]


def test_the_fewest_behaviors_to_remove_are_those_of_the_core(world: World, opened: Open) -> None:
    history = world.store.history("7", MONDAY)
    one = rescorer_for(world.scorers["din"], history, world.store.item("n1"), {})
    full, empty = (100 / (1 + np.exp(-logit)) for logit in (one.full, one.empty))
    goal = round((full + empty) / 2)
    page = opened(scenario())
    page.slider[0].set_value(goal).run()
    page.button(key="find_removal").click().run()
    found = smallest_removal(one, threshold=float(np.log(goal / (100 - goal))))
    assert found.chosen
    for place in found.chosen:
        assert f"- {found.players[place]}" in text(page)
    without = "Without this one," if len(found.chosen) == 1 else f"Without these {len(found.chosen)},"
    assert without in text(page)
    assert "Exact: every smaller set was tried, and none will do." in text(page)


def test_what_would_be_gone_is_named_with_its_repeats_and_by_its_id_where_names_are_alike() -> None:
    items = (Item("m1", "Milk"), Item("m2", "Milk"), Item("n1", "Nails"))
    behaviors = [FoldedBehavior(item, count, 0, 0) for item, count in zip(items, (9, 1, 2), strict=True)]
    with as_visitor("en"):
        names = removal_names(behaviors)
    assert names == ["Milk · item m1 (all 9 times)", "Milk · item m2", "Nails (all 2 times)"]


def test_what_no_removal_reaches_is_said(opened: Open) -> None:
    page = opened(scenario())
    page.slider[0].set_value(99).run()
    page.button(key="find_removal").click().run()
    assert "No removal takes it across 99 %: every set was tried." in text(page)


def test_an_empty_history_has_nothing_to_remove(opened: Open) -> None:
    page = opened(scenario(at=1))
    assert "The history is empty" in text(page)


def test_inspect_offers_both_questions_once_they_are_opened(visit: Callable[..., AppTest]) -> None:
    page = visit()
    assert "find_removal" not in {button.key for button in page.button}
    page.session_state["questions"] = True
    page.run()
    assert not page.exception
    assert {"find_removal", "find_nearest"} <= {button.key for button in page.button}
