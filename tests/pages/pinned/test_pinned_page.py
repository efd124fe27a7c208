"""Two scenarios that were pinned stand side by side: what each says is what the core says, and so is what differs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qs, urlencode

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from din_core.domain import DropItem, Scenario
from din_core.explain import leave_one_out
from din_core.pages.brief.freeze import results_of
from din_core.pages.language.labels import percent
from din_core.pages.pinned.pins import MOST, pin, pin_text, pinned
from din_core.pages.places.places import INSPECT, WHAT_IF
from din_core.pages.session import caches
from din_core.pages.session.visitor import Session, in_session
from din_core.scoring import rescorer_for
from din_core.sharing.page_choices import LONGEST_SCENARIO, PinnedChoice, read
from tests.pages.conftest import World, go_to
from tests.pages.page_contents import held_records, said, words
from tests.small_world import MONDAY

Visit = Callable[..., AppTest]
ON_SCREEN = {"user": "7", "item": "m2", "at": "2017-11-20T00:00:00Z", "models": "din,base"}
STOUT = urlencode({"v": "1", "user": "7", "item": "b2", "at": "2017-11-20T00:00:00Z", "models": "din"})
OTHER = urlencode({"v": "1", "user": "8", "item": "m1", "at": "2017-10-23T00:00:00Z", "models": "din"})
WITHOUT_MILK = f"{STOUT}&edits=drop-item%2Cm1"


def briefs(page: AppTest) -> list[str]:
    """What stands in the columns."""
    return [e.proto.body for e in page.get("html") if "brief" in e.proto.body and "<article" in e.proto.body]


def on_pinned(visit: Visit, *scenarios: str) -> AppTest:
    return visit("compare-pinned", **ON_SCREEN, **{"pinned.scenario": list(scenarios)})


def test_both_answers_and_their_difference_are_the_cores(visit: Visit, world: World) -> None:
    page = on_pinned(visit, STOUT, WITHOUT_MILK)
    app = caches.current_app()
    history, item = world.store.history("7", MONDAY), world.store.item("b2")
    model = (app.models["din"].link,)
    plain = Scenario("7", MONDAY, ("b2",), model, dict(world.store.impressions("7")[0].context))
    with in_session(Session(language="en")):
        found = [results_of(app, replace(plain, edits=edits), edited=True) for edits in ((), (DropItem("m1"),))]
    chances = [percent(one.models[0].probability) for one in found]
    assert all(chance in text for chance, text in zip(chances, briefs(page), strict=True))
    assert page.table[0].value.iloc[0].tolist()[1:3] == chances
    behaviors = held_records(page, "pinned_behaviors_table").set_index("behavior_id")
    effects = leave_one_out(rescorer_for(world.scorers["din"], history, item, plain.context))
    by_item = {b.item.item_id: v for b, v in zip(effects.behaviors, effects.values.tolist(), strict=True)}
    assert behaviors["first_effect"].to_dict() == pytest.approx(by_item, abs=1e-5)
    assert pd.isna(behaviors.loc["m1", "second_effect"])
    assert behaviors.loc["m1", "effect_difference"] == pytest.approx(-by_item["m1"], abs=1e-5)


def test_scenarios_of_two_users_at_two_times_are_compared(visit: Visit) -> None:
    page = on_pinned(visit, STOUT, OTHER)
    assert ["Household 7" in briefs(page)[0], "Household 8" in briefs(page)[1]] == [True, True]
    assert "What the models read is not the same" in words(page)


def test_the_link_holds_both_and_unpinning_or_turning_round_is_in_it(visit: Visit) -> None:
    page = on_pinned(visit, STOUT, OTHER)
    assert page.query_params["pinned.scenario"] == [STOUT, OTHER]
    page.button(key="pins_turn").click().run()
    assert page.query_params["pinned.scenario"] == [OTHER, STOUT]
    page.button(key="unpin_0").click().run()
    assert page.query_params["pinned.scenario"] == STOUT
    assert "Pin a scenario there" in words(page)
    page.button(key="pin_scenario").click().run()
    (kept, new) = page.query_params["pinned.scenario"]
    assert (kept, parse_qs(new)["item"]) == (STOUT, ["m2"])
    assert page.button(key="pin_scenario").disabled and "What is on screen is pinned." in words(page)


def test_what_is_pinned_on_another_page_is_here_afterwards(visit: Visit) -> None:
    page = visit(**ON_SCREEN)
    with in_session(page.session_state["din_lens"]):
        pin(STOUT)
        pin(OTHER)
    assert len(briefs(go_to(page, "compare-pinned"))) == MOST


def test_the_button_on_inspect_pins_names_what_is_pinned_and_leads_to_both(visit: Visit) -> None:
    page = visit(**ON_SCREEN)
    page.session_state["pin_room"] = True
    page.run().button(key="pin_scenario").click().run()
    assert "1 · Milk for Household 7" in words(page) and "What is on screen is pinned." in words(page)
    page.session_state["pin_room"] = True
    with in_session(page.session_state["din_lens"]):
        pin(f"{OTHER}&edits=drop-item%2Cm2")
    page.run()
    assert "1 · Milk · 1 qt · National for Household 7" in words(page)
    assert "2 · Milk · 1 gal · Private for Household 8, edits: 1" in words(page)
    (link,) = [e.proto for e in page.get("page_link") if e.proto.label == "Side by side"]
    assert len(parse_qs(link.query_string)["pinned.scenario"]) == MOST


def test_a_pinned_scenario_that_this_store_lacks_is_a_sentence(visit: Visit) -> None:
    page = on_pinned(visit, STOUT, STOUT.replace("user=7", "user=nobody"))
    assert len(briefs(page)) == 1
    assert any('No user "nobody"' in sentence for sentence in said(page))


def test_inspect_pins_the_history_as_it_was_and_what_if_after_its_edits() -> None:
    shown = Scenario("7", MONDAY, ("b2",), ("din",), {}, (DropItem("m1"),), 1)
    assert "edits" not in parse_qs(pin_text(shown, INSPECT))
    assert parse_qs(pin_text(shown, WHAT_IF))["edits"] == ["drop-item,m1"]


def test_of_three_the_last_two_stay_and_one_too_long_is_refused() -> None:
    with in_session(Session()):
        assert [pin("a"), pin("b"), pin("c"), pin("b")] == [None] * 4
        assert pinned() == ("c", "b")
        refused = pin("x" * (LONGEST_SCENARIO + 1))
        assert refused is not None and "8001 characters" in refused and pinned() == ("c", "b")


def test_a_link_with_a_pinned_scenario_too_long_to_read_says_so() -> None:
    found, problems = read(PinnedChoice, {"pinned.scenario": [STOUT, "x" * 9000]})
    assert found is not None and found.scenarios == (STOUT,)
    assert "9000 characters" in problems[0]
