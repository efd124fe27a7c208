"""What stands beside the weights is what the core explains, for every kind of model and by really removing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from din_core.domain import Behavior, FoldedBehavior, History, Item, Scenario, Verdict
from din_core.explain import agreement, leave_one_out, verdict
from din_core.pages.inspect import measured_effects
from din_core.pages.inspect.inspection import read_inputs
from din_core.pages.inspect.measured_effects import measure_effects
from din_core.pages.inspect.payload import effects_text, verdict_sentence
from din_core.pages.language.answer_texts import PURCHASES, AnswerWords, round_percent
from din_core.pages.language.labels import labels_by_id, percent
from din_core.pages.session.visitor import as_visitor
from din_core.scoring import Scorer, rescorer_for
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
    verdict_data = json.loads(effects_text(measure_effects(inputs, family.scorers["base"], 0), AnswerWords()))[
        "verdict"
    ]
    assert verdict_data["level"] == "nothing to rank"
    assert "same weight" in verdict_data["sentence"]


def test_behaviors_of_one_name_on_which_weights_and_effects_disagree_have_ids_or_dates() -> None:
    milks = [Item(name, "Milk") for name in ("m1", "m2")]
    names = (("; they disagree most on {a} and {b}", {"a": "Milk", "b": "Milk"}), (".", {}))
    found = Verdict("do not", 0.1, names, (1, 0))
    with as_visitor("en"):
        of_two = verdict_sentence(
            found, [FoldedBehavior(item, 1, MONDAY, MONDAY) for item in milks], labels_by_id(milks)
        )
        of_one = verdict_sentence(
            found, [FoldedBehavior(milks[0], 1, at, at) for at in (MONDAY, MONDAY - 86400)], {"m1": "Milk"}
        )
    assert of_two == "; they disagree most on Milk · item m2 and Milk · item m1."
    assert of_one == "; they disagree most on Milk · 19 Nov 2017 and Milk · 20 Nov 2017."


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
    said = {"level": found.level, "sentence": found.sentence, "rows": list(found.disagreeing)}
    assert sent["verdict"] == {"tau": pytest.approx(found.tau), **said}


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


def test_the_answer_and_its_parts_are_what_is_left_when_the_rows_are_really_removed(family: World) -> None:
    inputs = read_inputs(family.store, SHOWN, family.store.impressions("7"))
    item, context = inputs.cases[1].item, inputs.cases[1].context
    for name, scorer in family.scorers.items():
        found = measure_effects(inputs, scorer, 1, baseline=family.scorers["base"])
        kept = 8 if name == "dien" else len(inputs.history.behaviors)  # it sees the newest alone

        def probability(gone: Callable[[Behavior], bool], scorer: Scorer = scorer, kept: int = kept) -> float:
            behaviors = tuple(b for b in inputs.history.behaviors[-kept:] if not gone(b))
            history = History(inputs.history.user, MONDAY, behaviors)
            return float(scorer.score(history, [item], context).probability[0])

        for part in found.parts["item"].first:
            assert part.without == pytest.approx(probability(lambda b, p=part: b.item.item_id == p.name), abs=1e-5)
        for part in found.parts["category"].first:
            without = probability(lambda b, p=part: b.item.first("category") == p.name)
            assert part.without == pytest.approx(without, abs=1e-5), name
        answer = found.answer
        assert answer.probability == pytest.approx(probability(lambda _: False), abs=1e-5)
        assert answer.empty == pytest.approx(probability(lambda _: True), abs=1e-5)
        assert (answer.outcome, answer.behaviors) == (0, kept)
        base = family.scorers["base"].score(inputs.history, [item], context)
        assert answer.baseline == pytest.approx(float(base.probability[0]), abs=1e-6)


def test_what_is_beyond_the_first_parts_is_removed_at_once(family: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measured_effects, "LISTED", 1)
    inputs = read_inputs(family.store, SHOWN, family.store.impressions("7"))
    found = measure_effects(inputs, family.scorers["din"], 1)
    (first,), rest = found.parts["item"].first, found.parts["item"].rest
    kept = tuple(b for b in inputs.history.behaviors if b.item.item_id == first.name)
    case = inputs.cases[1]
    alone = family.scorers["din"].score(History(inputs.history.user, MONDAY, kept), [case.item], case.context)
    assert rest is not None and rest.without == pytest.approx(float(alone.probability[0]), abs=1e-5)
    assert found.parts["item"].others == 3
    assert rest.behaviors + first.behaviors == len(inputs.history.behaviors)


def test_the_sentence_and_its_rows_hold_the_cores_numbers(family: World) -> None:
    inputs = read_inputs(family.store, SHOWN, family.store.impressions("7"))
    for scorer in family.scorers.values():
        measured = measure_effects(inputs, scorer, 0, baseline=family.scorers["base"])
        sent = json.loads(effects_text(measured, PURCHASES, "Average pooling"))["answer"]
        told = "".join(sent["reason"])
        assert told.endswith("They did buy it.")
        assert (
            f"Average pooling, which weighs all behaviors alike, says {round_percent(measured.answer.baseline or 0)}."
            in told
        )
        for by, rows in sent["parts"].items():
            assert sum(row["lines"] for row in rows) == measured.answer.behaviors
            for row, part in zip(rows, measured.parts[by].first, strict=True):
                assert (row["name"], row["lines"]) == (part.name, part.behaviors)
                assert row["points"] == pytest.approx(100 * (measured.answer.probability - part.without), rel=1e-5)
                assert row["without"] == percent(part.without)
            assert sum(row["weight"] for row in rows) == pytest.approx(measured.weights.sum(), abs=1e-5)


def test_without_known_categories_the_answer_is_of_items(family: World) -> None:
    inputs = read_inputs(family.store, replace(SHOWN, user_id="9"), [])
    measured = measure_effects(inputs, family.scorers["din"], 0)
    assert list(measured.parts) == ["item"]
    assert json.loads(effects_text(measured, AnswerWords()))["answer"]["by"] == "item"
