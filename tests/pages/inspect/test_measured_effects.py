"""What stands beside the weights is what the core explains, for every kind of model and by really removing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from din_core.domain import History, Scenario
from din_core.explain import agreement, leave_one_out, verdict
from din_core.pages.inspect.inspection import read_inputs
from din_core.pages.inspect.measured_effects import measure_effects
from din_core.pages.inspect.payload import effects_text
from din_core.scoring import rescorer_for
from tests.pages.conftest import World
from tests.pages.page_contents import held
from tests.small_world import MONDAY

SHOWN = Scenario("7", MONDAY, ("m2",), ("din",), {})


def test_effects_are_what_the_score_loses_when_the_rows_are_really_removed(family: World) -> None:
    inputs = read_inputs(family.store, SHOWN, family.store.impressions("7"))
    item, context = inputs.cases[1].item, inputs.cases[1].context
    for name, scorer in family.scorers.items():
        if not scorer.config.folds:
            continue
        info = measure_effects(inputs, scorer, 1).effects

        def logit(gone: set[str], scorer=scorer) -> float:
            kept = tuple(b for b in inputs.history.behaviors if b.item.item_id not in gone)
            history = History(inputs.history.user, MONDAY, kept)
            return float(scorer.score(history, [item], context).logit[0])

        ids = [b.item.item_id for b in inputs.history.folded()]
        assert info.effect == pytest.approx([info.logit - logit({one}) for one in ids], abs=1e-5), name
        whole = {entry.category: entry.effect for entry in info.categories}
        assert whole["Dairy"] == pytest.approx(info.logit - logit({"m1", "c1"}), abs=1e-5), name


def test_paths_add_up_to_the_score_for_every_model(family: World) -> None:
    inputs = read_inputs(family.store, SHOWN, family.store.impressions("7"))
    for name, scorer in family.scorers.items():
        found = measure_effects(inputs, scorer, 0)
        assert sum(part.value for part in found.paths.parts) == pytest.approx(found.effects.logit, abs=1e-5), name


def test_an_empty_history_is_explained_all_the_same(family: World) -> None:
    inputs = read_inputs(family.store, replace(SHOWN, user_id="10"), [])
    for scorer in family.scorers.values():
        found = measure_effects(inputs, scorer, 0)
        assert (len(found.effects.effect), found.effects.categories, found.effects.others) == (0, (), None)
        assert "history is empty" in found.verdict.sentence


def test_average_pooling_is_said_to_rank_nothing(family: World) -> None:
    inputs = read_inputs(family.store, SHOWN, family.store.impressions("7"))
    verdict_data = json.loads(effects_text(measure_effects(inputs, family.scorers["base"], 0)))["verdict"]
    assert verdict_data["level"] == "nothing to rank"
    assert "same weight" in verdict_data["sentence"]


def test_the_page_sends_the_effects_and_the_verdict_of_the_case_on_screen(
    visit: Callable[..., AppTest], world: World
) -> None:
    head, common, models = held(visit(item="m2", user="7"))
    first, second = (models[link] for link in head["chosen"])
    (place,) = first["effects"]
    assert (common["cases"][place]["id"], second["effects"]) == ("m2", {})
    inputs = read_inputs(world.store, SHOWN, world.store.impressions("7"))
    case, scorer = inputs.cases[place], world.scorers["din"]
    effects = leave_one_out(rescorer_for(scorer, inputs.history, case.item, case.context))
    found = verdict(agreement(scorer.score(inputs.history, [case.item], case.context), effects))
    sent = first["effects"][place]
    np.testing.assert_allclose(sent["effect"], effects.values, rtol=1e-6)
    assert sent["verdict"] == {"level": found.level, "sentence": found.sentence, "rows": list(found.disagreeing)}


def test_another_model_first_brings_its_own_effects_alone(visit: Callable[..., AppTest]) -> None:
    page = visit(user="7", models="din,base")
    page.query_params["models"] = "base,din"
    head, _, models = held(page.run())
    assert [len(models[link]["effects"]) for link in head["chosen"]] == [1, 0]


def test_the_method_is_in_the_address_and_an_old_link_opens_on_weights(visit: Callable[..., AppTest]) -> None:
    page = visit(user="7", sort="-weight")
    assert (held(page)[0]["view"]["method"], page.query_params["method"]) == ("weight", "weight")
    page = visit(user="7", method="effect", sort="-effect")
    assert (held(page)[0]["view"]["method"], page.query_params["method"]) == ("effect", "effect")
