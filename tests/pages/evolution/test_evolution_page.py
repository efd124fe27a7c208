"""The Evolution page over real (untrained) networks: the state's path in numbers, and what there is without one."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import parse_qs

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from din_core.explain import evolution_path
from din_core.pages.evolution.page import GATES, with_model
from din_core.sharing.values import seconds_of
from tests.pages.conftest import World, go_to
from tests.pages.page_contents import held_records, sent_records, words

Visit = Callable[..., AppTest]


@pytest.fixture
def evolving(visit: Visit, family: World) -> AppTest:
    """The page where DIN and average pooling are on screen."""
    return visit("evolution")


def drawn(page: AppTest, place: int) -> list[dict[str, object]]:
    """The traces of one of the page's charts."""
    found: list[dict[str, object]] = json.loads(page.get("plotly_chart")[place].proto.spec)["data"]
    return found


def test_where_no_dien_is_on_screen_the_one_at_hand_is_shown_and_the_pair_stays(evolving: AppTest) -> None:
    assert not evolving.exception and not evolving.warning
    assert "Neither model on screen is a DIEN, the one whose interests evolve; this is DIEN." in words(evolving)
    assert len(evolving.get("plotly_chart")) == 2
    models = evolving.session_state["din_lens"].scenario.checkpoints
    assert [name.partition("@")[0] for name in models] == ["din", "base"]


def test_inspect_opens_with_dien_beside_the_first_model_on_screen(evolving: AppTest) -> None:
    scenario = evolving.session_state["din_lens"].scenario
    din, base = scenario.checkpoints
    assert with_model(scenario, "dien@1").checkpoints == ("dien@1", din)
    assert with_model(scenario, base).checkpoints == (din, base)


def test_where_none_is_at_hand_one_sentence_says_how_to_train_one(visit: Visit) -> None:
    page = visit("evolution")
    assert not page.exception and not page.get("plotly_chart")
    assert "python -m trainer train --store URL --model dien --out DIR/dien" in words(page)


def test_a_dien_in_the_second_place_is_shown_too(visit: Visit, family: World) -> None:
    page = visit("evolution", models="din,dien")
    assert len(page.get("plotly_chart")) == 2
    assert words(page).count("DIEN · Household 7") == 1


def test_table_and_words_say_what_the_core_says(evolving: AppTest, family: World) -> None:
    scenario = evolving.session_state["din_lens"].scenario
    history = family.store.history(scenario.user_id, scenario.as_of)
    candidate = family.store.item(scenario.candidate_ids[0])
    path = evolution_path(family.scorers["dien"], history, candidate, scenario.context)
    assert len(path.behaviors) == 8 < len(history.behaviors)
    table = held_records(evolving, "steps")
    assert list(table["step"]) == [8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert list(table["behavior"])[:-1] == [b.item.label for b in reversed(path.behaviors)]
    assert list(table["behavior_id"])[:-1] == [b.item.item_id for b in reversed(path.behaviors)]
    assert [seconds_of(at) for at in table["date"][:-1]] == [b.last_timestamp for b in reversed(path.behaviors)]
    moved = np.linalg.norm(np.diff(path.states, axis=0), axis=1)
    left = np.linalg.norm(path.states - path.states[-1], axis=1)
    np.testing.assert_allclose(table["attention"][:-1], path.attention[::-1])
    np.testing.assert_allclose(table["moved"][:-1], moved[::-1])
    np.testing.assert_allclose(table["left"], left[::-1])
    np.testing.assert_allclose(table["probability"], path.probability[::-1])
    text = words(evolving)
    assert f"Probability {100 * path.probability[-1]:.1f} %" in text
    assert f"It sees the 8 newest of {len(history.behaviors)} behaviors." in text
    assert GATES["augru"] in text


def test_the_charts_hold_the_same_numbers_as_the_table(evolving: AppTest) -> None:
    score, moved, attention = drawn(evolving, 0)
    table = held_records(evolving, "steps")
    assert [len(trace["x"]) for trace in (score, moved, attention)] == [10, 8, 8]
    assert values(moved)[::-1] == list(table["moved"])[:-1]
    assert values(attention)[::-1] == list(table["attention"])[:-1]
    (path,) = drawn(evolving, 1)
    assert len(values(path)) == 9


def test_a_step_leads_to_its_behavior_on_inspect_and_the_address_holds_how_the_table_is_read(
    visit: Visit, family: World
) -> None:
    page = visit("evolution", models="dien", **{"evolution.table": "steps;sort,-moved"})
    head, body = sent_records(page, "steps")
    assert head["state"]["sort"] == "-moved" and not page.warning
    ids = held_records(page, "steps")["behavior_id"]
    path, _, query = body["links"][0].partition("?")
    assert (path, parse_qs(query)["behavior"]) == ("explain-inspect", [ids[0]])
    assert body["links"][-1] == ""  # the start


def values(trace: dict[str, object]) -> list[float]:
    found = trace["y"]
    assert isinstance(found, list)
    return found


def test_a_user_without_behaviors_has_no_path(visit: Visit, family: World) -> None:
    page = visit("evolution", user="10", item="b2", models="dien")
    assert not page.exception and not page.get("plotly_chart")
    assert "There is no behavior before that time" in words(page)


def test_a_user_that_is_not_there_is_told(visit: Visit, family: World) -> None:
    page = visit("evolution", user="nobody", models="dien")
    assert not page.exception
    assert len(page.warning) == 1
    assert "There is no scenario on screen" in words(page)


def test_the_scenario_goes_along_to_inspect_and_back(evolving: AppTest) -> None:
    before = evolving.session_state["din_lens"].scenario
    back = go_to(go_to(evolving, ""), "evolution")
    assert back.session_state["din_lens"].scenario == before
    assert len(back.get("plotly_chart")) == 2
