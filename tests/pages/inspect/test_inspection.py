"""Which candidates a page holds at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from din_core.domain import Scenario
from din_core.pages.inspect import inspection
from din_core.pages.inspect.inspection import read_inputs, score
from din_core.pages.inspect.measured_effects import measure_effects
from din_core.store import open_store
from tests.pages.conftest import World
from tests.small_world import MONDAY

SHOWN = Scenario("7", MONDAY, ("m2",), ("din",), {"store": "Store 367", "mailer": "Interior page feature"})


def ids(inputs: inspection.Inputs) -> list[str]:
    return [case.item.item_id for case in inputs.cases]


def test_all_impressions_of_the_time_are_held_positives_first(world: World) -> None:
    inputs = read_inputs(world.store, SHOWN, world.store.impressions("7"))
    assert (ids(inputs), inputs.shown_then) == (["b2", "m2", "n1"], 3)


def test_each_case_has_the_context_it_was_shown_in(world: World) -> None:
    inputs = read_inputs(world.store, SHOWN, world.store.impressions("7"))
    assert [case.context["mailer"] for case in inputs.cases] == [
        "Front page feature",
        "Interior page feature",
        "Interior page feature",
    ]


def test_the_case_on_screen_has_the_scenarios_context(world: World) -> None:
    moved = replace(SHOWN, context={"store": "Store 1", "mailer": None})
    inputs = read_inputs(world.store, moved, world.store.impressions("7"))
    assert inputs.cases[1].context == {"store": "Store 1", "mailer": None, "display": "Not on display"}


def test_a_candidate_that_was_not_shown_comes_first(world: World) -> None:
    inputs = read_inputs(world.store, replace(SHOWN, candidate_ids=("x1",)), world.store.impressions("7"))
    assert (ids(inputs), inputs.shown_then) == (["x1", "b2", "m2", "n1"], 3)
    assert inputs.cases[0].impression is None


def test_the_candidate_on_screen_is_held_even_beyond_the_limit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "MOST_CANDIDATES", 1)
    inputs = read_inputs(world.store, SHOWN, world.store.impressions("7"))
    assert (ids(inputs), inputs.shown_then) == (["m2", "b2"], 3)
    assert inputs.cases[0].impression is not None


def test_the_key_changes_with_every_row_the_scores_depend_on(world: World) -> None:
    def key(scenario: Scenario = SHOWN) -> str:
        return read_inputs(world.store, scenario, world.store.impressions(scenario.user_id)).key

    first = key()
    assert key() == first
    assert key(replace(SHOWN, candidate_ids=("b2",), context={})) == first
    assert key(replace(SHOWN, context={"store": "Store 1"})) != first
    assert key(replace(SHOWN, as_of=MONDAY + 1)) != first
    world.store.append_behaviors("7", [("x1", MONDAY - 60)])
    assert key() != first


def test_a_history_is_not_read_to_say_that_it_is_the_same(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = open_store(world.url, keep_rows=100)
    known = read_inputs(kept, SHOWN, kept.impressions("7"))
    monkeypatch.setattr(kept, "history", None)
    assert read_inputs(kept, replace(SHOWN, context={}), kept.impressions("7")).key == known.key
    monkeypatch.undo()
    kept.append_behaviors("7", [("x1", MONDAY - 60)])
    assert read_inputs(kept, SHOWN, kept.impressions("7")).key != known.key
    kept.close()


def test_models_that_see_the_history_alike_share_how_it_is_laid_out(family: World) -> None:
    inputs = read_inputs(family.store, SHOWN, family.store.impressions("7"))
    din = score(inputs, family.scorers["din"])
    assert score(inputs, family.scorers["base"]).timeline is din.timeline
    dien = score(inputs, family.scorers["dien"])
    assert len(dien.timeline.behaviors) == len(dien.scores.behaviors) != len(din.timeline.behaviors)


def test_one_case_is_told_as_among_all(world: World) -> None:
    inputs = read_inputs(world.store, SHOWN, world.store.impressions("7"))
    din = score(inputs, world.scorers["din"])
    everybody, (alone,) = din.infos(range(3)), din.infos([2])
    assert [info.candidate.item_id for info in everybody] == ["b2", "m2", "n1"]
    assert (alone.candidate, alone.groups) == (everybody[2].candidate, everybody[2].groups)
    assert alone.weight.tolist() == everybody[2].weight.tolist()


def test_a_category_has_one_colour_whoever_is_on_screen_and_also_where_effects_are_of(world: World) -> None:
    slots, other = {"Dairy": 3, "Beers": 1, "Hardware": 1}, Scenario("8", MONDAY, ("m1",), ("din",))
    for scenario in (SHOWN, other):
        inputs = read_inputs(world.store, scenario, world.store.impressions(scenario.user_id))
        (info,) = score(inputs, world.scorers["din"]).infos([0], slots=slots)
        coloured = {group.category: group.slot for group in info.groups if group.slot is not None}
        assert coloured["Dairy"] == 3 and coloured.items() <= slots.items()
        effects = measure_effects(inputs, world.scorers["din"], 0, slots=slots).effects
        grey = [group for group in info.groups if group.slot is None]
        assert ([] if effects.others is None else [effects.others.lines]) == [group.lines for group in grey]


def test_a_model_is_asked_once_and_each_case_has_its_own_part(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs, din = read_inputs(world.store, SHOWN, world.store.impressions("7")), world.scorers["din"]
    found = score(inputs, din)
    monkeypatch.setattr(din, "score", None)
    assert score(inputs, din) is found
    alone = score(inputs, din).scores.of(2)
    assert [candidate.item_id for candidate in alone.candidates] == ["n1"]
    assert (alone.logit.tolist(), alone.weight.tolist()) == ([found.scores.logit[2]], [found.scores.weight[2].tolist()])
