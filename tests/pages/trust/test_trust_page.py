"""The page Trust over untrained networks: stored figures as they stand, commands for those missing, links to cases."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from din_core.cases import kinds as kinds_module
from din_core.cases import most_telling, read_cases
from din_core.domain.trust import CARD_BEGIN, CARD_END, FAITHFULNESS_FILE
from tests.pages.conftest import World
from tests.pages.made_cases import make
from tests.pages.page_contents import read, said, words
from tests.small_board import board
from tests.small_faithfulness import faithfulness, seeds

Visit = Callable[..., AppTest]
ON_SCREEN = {"user": "7", "item": "m2", "models": "din,base"}
MEASURED = {
    "Kendall's τ of weights × repeats and effects": "−0.015",
    "Of all effects, behind the five largest weights": "32.2 %",
    "Behaviors whose weight has their effect's sign": "49.4 %",
    "Change of AUC with equal weights": "−0.1600",
    "Kendall's τ of two seeds' weights": "−0.022",
    "Attention that can lie elsewhere": "75.6 %",
}
"""As `faithfulness()` has them."""


def write(world: World, name: str = "din", **changes: Any) -> Path:
    """What `faithfulness` measured of a checkpoint of the world."""
    path = world.checkpoints / name / FAITHFULNESS_FILE
    path.write_text(json.dumps(faithfulness(world.scorers[name].fingerprint, **changes)), "utf-8")
    return path


def numbers(page: AppTest) -> dict[str, str]:
    """The figures by what they are."""
    return {metric.label: metric.value.replace("\N{NO-BREAK SPACE}", " ") for metric in page.metric}


def cases_linked(page: AppTest) -> list[dict[str, list[str]]]:
    """The queries of the links to cases."""
    return [parse_qs(link.proto.query_string) for link in page.get("page_link") if " — " in link.proto.label]


@pytest.fixture
def measured(world: World) -> World:
    """The small world, whose DIN was measured."""
    write(world)
    return world


def test_figures_stand_as_they_are_stored_below_a_verdict(visit: Visit, measured: World) -> None:
    page = visit("models-trust", **ON_SCREEN)
    assert not page.exception and said(page) == []
    assert page.header[0].value == "Can this model be trusted?"
    assert numbers(page) == MEASURED
    text = words(page)
    assert "**The weights of DIN do not tell what moves its score up or down: read the measured effects instead" in text
    assert "95 %: −0.035 to 0.005 · 199 test impressions · τ without signs 0.544" in text
    assert "Weights: measured on 200 test impressions of 183 users, drawn from all 95,128 with seed 0" in text
    assert "the trained network's AUC goes from 0.7650 to 0.6050." in text
    assert "That was of weights" not in text


def test_beside_weights_that_tell_little_a_model_is_named_whose_weights_tell_more(visit: Visit, family: World) -> None:
    for name in family.scorers:
        write(family, name)
    told = "Of the models here, the weights of"
    assert told not in words(visit("models-trust", **ON_SCREEN))
    path = write(family, "din-softmax")
    found = json.loads(path.read_text("utf-8"))
    for name, mean in (("tau", 0.9), ("same_sign", 0.95), ("covered", 0.3), ("best_covered", 0.31)):
        found["figures"][name]["mean"] = mean
    found["seeds"]["tau_weights"]["mean"] = 0.8
    found["adversary"]["moved"]["mean"] = 0.05
    path.write_text(json.dumps(found), "utf-8")
    assert f"{told} DIN · softmax can be read as reasons, as far as" in words(visit("models-trust", **ON_SCREEN))
    assert told not in words(visit("models-trust", **{**ON_SCREEN, "models": "din-softmax,base"}))


def test_the_page_is_in_chinese_with_the_same_numbers(visit: Visit, measured: World) -> None:
    page = visit("models-trust", **ON_SCREEN)
    page.button(key="language_zh").click().run()
    assert not page.exception
    assert page.header[0].value == "这个模型可信吗？"
    assert list(numbers(page).values()) == list(MEASURED.values())
    assert "**DIN 的权重不能说明是什么让分数升高或降低：" in words(page)
    assert "95 %：−0.035 至 0.005 · 199 次测试曝光 · 不计正负号的 τ 0.544" in words(page)
    assert page.subheader[0].value == "权重说明了是什么在推动分数吗？"


def test_where_nothing_was_measured_each_figure_names_its_command(visit: Visit, world: World) -> None:
    page = visit("models-trust", **ON_SCREEN)
    assert not page.exception and said(page) == []
    assert numbers(page) == {} and len(page.subheader) == 7
    text, folder = words(page), "checkpoints/din"
    assert str(world.checkpoints) not in text
    assert "**Whether the weights of DIN can be read as reasons has not been measured.** Not measured: the" in text
    assert text.count(f"`python -m trainer faithfulness --store URL --checkpoint {folder}` measures it.") == 5
    assert f"faithfulness --store URL --checkpoint {folder} DIR` measures it, where DIR is another seed" in text
    assert f"`python -m trainer calibrate --store URL --checkpoint {folder}`" in text
    assert f"`python -m trainer cases --store URL --checkpoint {folder} --base DIR` finds some" in text


def test_pooling_that_weighs_all_alike_is_asked_for_its_calibration_alone(visit: Visit, measured: World) -> None:
    page = visit("models-trust", user="7", item="m2", models="base,din")
    assert [heading.value for heading in page.subheader] == ["Does a probability of 30 % mean 30 of 100?"]
    assert "Average pooling weighs every behavior of a history the same" in words(page)


def test_a_model_without_a_sum_of_embeddings_is_told_why_no_other_weights_are_searched(
    visit: Visit, family: World
) -> None:
    write(family, "dien", adversary=None)
    text = words(visit("models-trust", user="7", item="m2", models="dien,base"))
    assert "other weights are searched only where the interest vector is a sum of embeddings" in text


def test_the_model_is_that_of_the_address_and_another_choice_is_written_there(visit: Visit, measured: World) -> None:
    page = visit("models-trust", user="7", item="m2", models="base,din")
    assert page.selectbox(key="trust_model").value == "base"
    page.selectbox(key="trust_model").set_value("din").run()
    assert page.query_params["models"].startswith("din@")
    assert numbers(page) == MEASURED
    assert (page.query_params["user"], page.query_params["item"]) == ("7", "m2")


def test_figures_of_other_weights_are_shown_and_told(visit: Visit, world: World) -> None:
    path = write(world)
    own = world.scorers["din"].fingerprint
    path.write_text(json.dumps(faithfulness("f" * 12)), "utf-8")
    page = visit("models-trust", **ON_SCREEN)
    assert numbers(page) == MEASURED
    assert f"That was of weights {'f' * 12}, and those here are {own}" in words(page)
    path.write_text(json.dumps(faithfulness("f" * 12, copy_fingerprint=own)), "utf-8")
    assert "That was of weights" not in words(visit("models-trust", **ON_SCREEN))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (f"din/{FAITHFULNESS_FILE}", "is not what `python -m trainer faithfulness` writes (no 'adversary')"),
        ("leaderboard.json", "is not a leaderboard (no 'rows')"),
    ],
)
def test_a_broken_file_is_one_sentence_and_the_rest_is_shown(
    visit: Visit, measured: World, name: str, sentence: str
) -> None:
    (measured.checkpoints / name).write_text("{}", "utf-8")
    page = visit("models-trust", **ON_SCREEN)
    assert not page.exception
    (told,) = said(page)
    assert sentence in told
    assert len(page.subheader) == 7


def test_the_leaderboard_tells_of_calibration_where_the_checkpoint_does_not(visit: Visit, measured: World) -> None:
    (measured.checkpoints / "leaderboard.json").write_text(json.dumps(board()), "utf-8")
    page = visit("models-trust", **ON_SCREEN)
    assert numbers(page)["ECE, the mean distance from observed shares"] == "0.0200"
    assert "95 %: 0.0100 to 0.0300 · ± 0.0020 over 3 seeds · 1,000 test impressions" in words(page)
    assert "Predicted probabilities lie 2.00 percentage points from the observed shares on average." in words(page)


@pytest.fixture
def with_cases(measured: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Cases of the DIN that was measured; the small world's histories are short."""
    monkeypatch.setattr(kinds_module, "LEAST_BEHAVIORS", 2)
    make(measured, "--effects", "0")
    return measured


def test_figures_lead_to_cases_that_open_with_their_point_made(visit: Visit, with_cases: World) -> None:
    page = visit("models-trust", **ON_SCREEN)
    assert not page.exception
    cases = read_cases(with_cases.checkpoints / "cases")
    found = {kind: most_telling(cases, kind, np.ones(3, dtype=bool), 3)[0] for kind in ("disagree", "negative")}
    linked = cases_linked(page)
    assert 0 < len(linked) <= 3 * 7
    assert all(query["user"] == ["7"] and query["models"][0].startswith("din@") for query in linked)
    first = linked[: len(found["disagree"])]
    assert [query["item"][0] for query in first] == [cases.item_ids[cases.item[row]] for row in found["disagree"]]
    assert all((query["method"], query["sort"]) == (["effect"], ["-effect"]) for query in first)
    named = [query["behavior"][0] for query in linked if query["method"] == ["weight"] and "behavior" in query]
    assert named == [cases.item_ids[cases.low_item[row]] for row in found["negative"]]
    assert "There are no cases of" not in words(page)


def test_cases_of_another_model_are_not_shown_as_this_ones(visit: Visit, family: World) -> None:
    make(family, "--effects", "0")
    write(family, "din-softmax")
    page = visit("models-trust", user="7", item="m2", models="din-softmax,base")
    assert cases_linked(page) == []
    assert "There are no cases of DIN · softmax to show behind these figures" in words(page)


def test_another_seed_at_hand_is_shown_beside_this_one(visit: Visit, family: World, monkeypatch: Any) -> None:
    monkeypatch.setattr(kinds_module, "LEAST_BEHAVIORS", 2)
    make(family, "--effects", "0")
    prints = (family.scorers["din"].fingerprint, family.scorers["din-paper"].fingerprint)
    write(family, seeds=seeds(fingerprints=prints))
    page = visit("models-trust", **ON_SCREEN)
    pairs = [query["models"][0] for query in cases_linked(page) if "din-paper@" in query["models"][0]]
    assert len(pairs) == 3 and all(pair.startswith("din@") for pair in pairs)
    assert {link.proto.page for link in page.get("page_link") if "din-paper%40" in link.proto.query_string} == {
        "compare-models"
    }


def test_the_section_of_the_card_is_here_and_no_longer_on_the_leaderboard(visit: Visit, measured: World) -> None:
    card = measured.checkpoints / "din" / "README.md"
    section = f"{CARD_BEGIN}\n## Can the weights be believed?\n\nOver 200 impressions.\n{CARD_END}\n"
    card.write_text(f"{card.read_text('utf-8')}\n{section}", "utf-8")
    trust = visit("models-trust", **ON_SCREEN)
    assert "All that `faithfulness` measured" in [box.label for box in trust.expander]
    assert "#### Can the weights be believed?" in words(trust)
    board_page = visit("models-leaderboard", **ON_SCREEN)
    assert "Over 200 impressions." not in words(board_page)
    assert "What was measured of its weights is on the page *Trust*." in words(board_page)
    leads = {read(link.proto.label): link.proto.page for link in board_page.get("page_link")}
    assert leads["Can this model be trusted? One model at a time"] == "models-trust"


def test_impressions_of_the_sample_are_linked_where_the_file_names_them(visit: Visit, world: World) -> None:
    known = [
        {"user_id": "7", "item_id": item, "timestamp": 1511136000, "nth": 1, "value": value}
        for item, value in (("b2", -0.5), ("m2", 0.1), ("n1", 0.25))
    ]
    elsewhere = [{**known[0], "user_id": "of another store", "value": value} for value in (-0.9, 0.2, 0.7)]
    write(world, examples={"tau": [elsewhere[0], known[0], known[1], elsewhere[1], known[2], elsewhere[2]]})
    page = visit("models-trust", **ON_SCREEN)
    assert not page.exception
    labels = [read(link.proto.label) for link in page.get("page_link") if " — " in link.proto.label]
    assert labels == [
        "least: τ −0.500 — Stout · 12 oz · National",
        "middling: τ 0.100 — Milk · 1 qt · National",
        "most: τ 0.250 — Nails · 1 lb",
    ]
    query = cases_linked(page)[0]
    assert (query["item"], query["method"], query["sort"]) == (["b2"], ["effect"], ["-effect"])
    assert query["models"] == [page.query_params["models"]]
    assert query["ctx.display"] == ["Rear end cap"]
    assert "Impressions of the sample among those where it is least, middling and most:" in words(page)
    assert "There are no cases of" not in words(page)
    assert "holds none" not in words(page)


def test_thirds_that_a_set_of_users_lacks_are_told(visit: Visit, world: World) -> None:
    known = {"user_id": "7", "item_id": "b2", "timestamp": 1511136000, "nth": 1}
    others = [{**known, "user_id": "8", "value": value} for value in (-0.2, 0.1)]
    write(world, examples={"tau": [*others, {**known, "value": 0.5}]})
    page = visit("models-trust", **ON_SCREEN, set="One,7")
    assert "Of those where it is least and middling, none is of these users." in words(page)


def test_a_third_of_which_the_store_holds_nobody_is_left_out(visit: Visit, world: World) -> None:
    known = {"user_id": "7", "item_id": "b2", "timestamp": 1511136000, "nth": 1, "value": 0.7}
    elsewhere = [{**known, "user_id": "of another store", "value": value} for value in (0.1, 0.2, 0.4)]
    write(world, examples={"covered": [*elsewhere, {**known, "value": 0.5}, {**known, "value": 0.6}, known]})
    page = visit("models-trust", **ON_SCREEN)
    labels = [read(link.proto.label) for link in page.get("page_link") if " — " in link.proto.label]
    assert labels == [  # two of one title, and so with their users
        "middling: 50.0\N{NO-BREAK SPACE}% of the most possible — Stout · 12 oz · National · Household 7",
        "most: 70.0\N{NO-BREAK SPACE}% of the most possible — Stout · 12 oz · National · Household 7",
    ]
    assert "Of those where it is least, this store holds none." in words(page)
    page.button(key="language_zh").click().run()
    assert "其中最小之处的曝光，此行为库中没有。" in words(page)
