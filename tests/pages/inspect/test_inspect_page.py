"""The Inspect page over a real store and real (untrained) networks, run by Streamlit's AppTest."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from din_core.pages.inspect.attention_chart import JS
from din_core.store import open_store
from tests.pages.conftest import World
from tests.pages.page_contents import boxes, held, lens, read, said, shows_lens, the_lens
from tests.small_world import BEFORE, MONDAY

Visit = Callable[..., AppTest]


def test_an_empty_address_opens_on_a_telling_example_and_says_so_in_the_address(visit: Visit) -> None:
    page = visit()
    head, body = lens(page)
    assert not page.exception
    assert (head["selected"], body["subject"]) == ("1 b2", "Household 7 · 45-54 · 2 adults, no kids")
    assert page.query_params["user"] == "7"
    assert page.query_params["at"] == "2017-11-20T00:00:00Z"
    assert page.query_params["ctx.display"] == "Rear end cap"
    assert (page.query_params["sort"], page.query_params["scale"]) == ("-weight", "each")


def test_the_numbers_on_the_page_are_the_scorers(visit: Visit, world: World) -> None:
    history, shown = world.store.history("7", MONDAY), world.store.impressions("7")[:3]
    for place, impression in enumerate(shown):
        _, body = lens(visit(user="7", item=impression.item.item_id))
        case = body["cases"][place]
        scores = [s.score(history, [impression.item], impression.context) for s in world.scorers.values()]
        assert case["id"] == impression.item.item_id, place
        np.testing.assert_allclose(case["weight"], scores[0].weight[0], rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(case["probability"], [s.probability[0] for s in scores], rtol=1e-4)
        assert case["intensity"] == pytest.approx(float(scores[0].intensity[0]), rel=1e-4)
        assert case["reference"] == pytest.approx(float(scores[1].weight[0, 0]), rel=1e-4)
    assert body["timeline"]["title"] == [b.item.label for b in history.folded()]
    assert len(body["timeline"]["lineRow"]) == len(history.behaviors)


def test_every_candidate_comes_with_its_score_and_the_one_on_screen_with_its_weights(visit: Visit) -> None:
    head, common, models = held(visit(user="7", item="m2"))
    assert common["scene"] == 1
    for link in head["chosen"]:
        scored = models[link]["scored"]
        assert [("probability" in one, "weight" in one) for one in scored] == [
            (True, place == common["scene"]) for place in range(len(common["cases"]))
        ]


def test_the_page_says_which_model_pooling_data_and_time_it_shows(visit: Visit, world: World) -> None:
    page = visit()
    _, body = lens(page)
    din, average = body["models"]
    assert din["name"] == "DIN" and world.scorers["din"].fingerprint.startswith(din["fingerprint"])
    assert "not normalised" in din["pooling"] and "1/H" in average["pooling"]
    assert body["asOf"] == MONDAY
    assert "before 20 Nov 2017 00:00 UTC" in body["historyText"]
    assert "A small world made for tests\\; exposure is inferred\\." in page.caption[0].value
    assert [read(e.label) for e in page.expander[1:]] == [f"Model card: {s.name}" for s in world.scorers.values()]


def test_without_a_named_model_din_and_average_pooling_open(visit: Visit, family: World) -> None:
    head, _, models = held(visit())
    assert [models[link]["name"] for link in head["chosen"]] == ["DIN", "Average pooling"]
    assert len(models) == 2


def test_any_two_models_of_a_link_are_shown_and_their_numbers_are_the_scorers(visit: Visit, family: World) -> None:
    page = visit(user="7", models="dien,base-sum")
    _, body = lens(page)
    history, (first, *_) = family.store.history("7", MONDAY), family.store.impressions("7")
    dien, total = (family.scorers[n].score(history, [first.item], first.context) for n in ("dien", "base-sum"))
    case = body["cases"][0]
    np.testing.assert_allclose(case["weight"], dien.weight[0], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(case["probability"], [dien.probability[0], total.probability[0]], rtol=1e-4)
    assert case["reference"] == pytest.approx(1 / 8)
    assert body["timeline"]["lineTime"] == [b.timestamp for b in history.behaviors[-8:]]
    assert body["timeline"]["lineRow"] == list(range(8))
    assert set(body["timeline"]["count"]) == {1}
    assert "17 older behaviors lie beyond what DIEN keeps" in body["historyText"]
    assert [model["badges"][0] for model in body["models"]] == ["softmax", "1 each"]
    assert [read(e.label) for e in page.expander[1:]] == ["Model card: DIEN", "Model card: Sum pooling"]


def test_sum_pooling_counts_every_behavior_once_and_has_no_line_of_average_pooling(visit: Visit, family: World) -> None:
    _, body = lens(visit(user="7", models="base-sum,din"))
    assert set(body["cases"][0]["weight"]) == {1.0}
    assert (body["cases"][0]["reference"], body["models"][0]["sumsTo"]) == (None, "H")
    assert body["cases"][0]["intensity"] == len(body["timeline"]["lineTime"])


def test_one_model_alone_is_shown_alone(visit: Visit, family: World) -> None:
    page = visit(models="dot")
    head, body = lens(page)
    assert [model["name"] for model in body["models"]] == ["Dot product"]
    assert page.query_params["models"] == head["chosen"][0]
    assert [choice["name"] for choice in body["choices"]] == [s.config.title for s in family.scorers.values()]


def test_true_outcomes_are_told_where_they_are_known(visit: Visit) -> None:
    _, body = lens(visit())
    assert [(c["id"], c["outcomeText"]) for c in body["cases"]] == [
        ("b2", "Bought"),
        ("m2", "Not bought"),
        ("n1", "Not bought"),
    ]


def test_a_candidate_that_was_not_shown_then_has_no_outcome(visit: Visit) -> None:
    page = visit(user="7", item="c1", at="2017-11-20")
    head, body = lens(page)
    assert head["selected"] == "1 c1"
    assert [case["id"] for case in body["cases"]] == ["c1", "b2", "m2", "n1"]
    assert "what would have happened is not known" in body["cases"][0]["outcomeText"]
    assert page.query_params["ctx.store"] == "Store 367"


def test_every_case_carries_the_link_that_shows_it(visit: Visit) -> None:
    _, body = lens(visit())
    for case in body["cases"]:
        query = dict(pair.split("=", 1) for pair in case["link"].split("&"))
        assert (query["item"], query["user"], query["v"]) == (case["id"], "7", "1")


def test_a_link_to_an_earlier_time_shows_the_history_of_then(visit: Visit, world: World) -> None:
    page = visit(user="7", item="c1", at="2017-10-23T00:00:00Z")
    _, body = lens(page)
    history = world.store.history("7", BEFORE)
    assert body["asOf"] == BEFORE
    assert sorted(body["timeline"]["lineTime"]) == [b.timestamp for b in history.behaviors]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"user": "nobody"}, 'No user "nobody" in the store'),
        ({"user": "7", "item": "nothing"}, 'No item "nothing" in the store'),
    ],
)
def test_what_the_store_does_not_hold_gets_a_sentence_and_a_way_on(
    visit: Visit, query: dict[str, str], words: str
) -> None:
    page = visit(**query)
    assert not page.exception
    assert words in said(page)[0]
    assert not shows_lens(page)
    assert len(boxes(page)) == 3
    next(button for button in page.button if button.label == "Show the opening example").click().run()
    assert lens(page)[0]["selected"] == "1 b2"
    assert page.query_params["user"] == "7"
    assert not page.warning


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"models": "dien@123"}, "no model “dien@123” here; at hand are din, base"),
        ({"models": "din@0000"}, "made with version “0000” of the model din"),
        ({"at": "yesterday"}, "“yesterday” is not a date"),
        ({"v": "9"}, "version “9”, but this DIN Lens reads version 1"),
        ({"sort": "importance"}, "sorts by “importance”"),
        ({"ctx.weather": "rain"}, "no context field “weather”"),
    ],
)
def test_what_a_link_gets_wrong_is_said_and_the_rest_is_shown(visit: Visit, query: dict[str, str], words: str) -> None:
    page = visit(**{"user": "7", **query})
    assert not page.exception
    assert any(words in sentence for sentence in said(page))
    assert shows_lens(page)


def test_a_behavior_appended_by_another_connection_is_seen_in_the_next_rerun(visit: Visit, world: World) -> None:
    page = visit()
    first, before = lens(page)
    other = open_store(world.url)
    other.append_behaviors("7", [("x1", MONDAY - 60)])
    other.close()
    second, after = lens(page.run())
    assert first["revision"] != second["revision"]
    assert len(after["timeline"]["lineTime"]) == len(before["timeline"]["lineTime"]) + 1
    assert after["timeline"]["title"] == [*before["timeline"]["title"], "x1"]
    assert after["cases"][0]["probability"] != before["cases"][0]["probability"]


def test_a_rerun_without_news_sends_the_browser_nothing_new(visit: Visit) -> None:
    page = visit()
    first = lens(page)
    assert lens(page.run()) == first


def test_going_back_in_the_browser_shows_what_the_address_says(visit: Visit) -> None:
    page = visit()
    epoch = lens(page)[0]["epoch"]
    page.query_params["item"] = "m2"
    page.run()
    head, _ = lens(page)
    assert (head["selected"], head["epoch"]) == ("1 m2", epoch + 1)


def test_a_user_without_impressions_is_shown_with_the_opening_candidate(visit: Visit) -> None:
    page = visit(user="9")
    head, body = lens(page)
    assert head["selected"] == "1 b2"
    assert [case["shown"] for case in body["cases"]] == [False]
    assert body["timeline"]["title"] == ["x1"]


def test_a_user_without_behaviors_is_scored_all_the_same(visit: Visit) -> None:
    _, body = lens(visit(user="10"))
    assert body["timeline"]["title"] == []
    assert body["historyText"].startswith("no behavior before")
    assert body["cases"][0]["reference"] is None
    assert 0 < body["cases"][0]["probability"][0] < 1


def test_search_boxes_show_what_is_chosen_by_its_name(visit: Visit) -> None:
    found = boxes(visit())
    assert {label: box["selected"]["label"] for label, box in found.items()} == {
        "Household": "Household 7 · 45-54 · 2 adults, no kids",
        "What this household was shown": "20 Nov 2017 · Stout · 12 oz · National · bought",
        "Candidate: any item of the catalogue": "Stout · 12 oz · National",
    }


def test_an_activation_weight_is_never_called_something_else(visit: Visit) -> None:
    page = visit()
    proto = the_lens(page).proto
    words = " ".join([proto.html_content, proto.bytes.decode(), JS]).lower()
    for wrong in ("importance", "attribution", "contribution"):
        assert wrong not in words
    assert "it is not an effect on the score" in words


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DIN_CHECKPOINTS", "", "DIN_CHECKPOINTS is not set"),
        ("DIN_CHECKPOINTS", "/nowhere", "nowhere holds 0 checkpoints"),
        ("DIN_STORE", "sqlite:////nowhere/x.db", "No store at nowhere/x.db"),
        ("DIN_STORE", "what is this", "is not a store URL"),
    ],
)
def test_settings_that_cannot_work_are_told(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    page = visit()
    assert not page.exception
    assert words in said(page)[0]
    assert "Try again" in [button.label for button in page.button]
