"""Several impressions of one item at one time: each is listed, opened and linked as a row of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from din_core.domain import Candidate
from din_core.explain import agreement, leave_one_out, verdict
from din_core.scoring import rescorer_for
from tests.pages.conftest import World
from tests.pages.page_contents import boxes, lens
from tests.small_world import MONDAY
from tests.twice_shown import show_twice

Visit = Callable[..., AppTest]
HERE = {"user": "7", "item": "m2", "at": "2017-11-20"}


@pytest.fixture
def twice(world: World, tmp_path: Path) -> World:
    show_twice(world.store.engine, tmp_path / "again")
    return world


def test_each_is_a_candidate_with_its_own_outcome_and_context(visit: Visit, twice: World) -> None:
    _, body = lens(visit(**HERE))
    assert [(case["title"], case["outcomeText"], dict(case["context"])["Mailer"]) for case in body["cases"]] == [
        ("Milk · 1 qt · National · Mailer: Front page feature", "Bought", "Front page feature"),
        ("Nails · 1 lb · no. 2", "Bought", "Interior page feature"),
        ("Stout · 12 oz · National", "Bought", "Front page feature"),
        ("Milk · 1 qt · National · Mailer: Interior page feature", "Not bought", "Interior page feature"),
        ("Nails · 1 lb · no. 1", "Not bought", "Interior page feature"),
    ]
    assert body["shownThen"] == 5
    history = twice.store.history("7", MONDAY)
    for case, shown in zip(body["cases"], twice.store.impressions("7"), strict=False):
        scores = twice.scorers["din"].score(history, [shown.item], shown.context)
        np.testing.assert_allclose(case["probability"][0], scores.probability[0], rtol=1e-4)


def test_a_link_without_a_number_opens_the_first_and_with_one_that(visit: Visit, twice: World) -> None:
    first, second = lens(visit(**HERE)), lens(visit(**HERE, nth="2"))
    assert (first[0]["selected"], second[0]["selected"]) == ("1 m2", "2 m2")
    for (head, body), label, place in ((first, 0, 3), (second, 1, 0)):
        case = body["cases"][place]
        assert (case["key"], case["outcome"]) == (head["selected"], label)


def test_the_verdict_is_of_the_impression_on_screen(visit: Visit, twice: World) -> None:
    history = twice.store.history("7", MONDAY)
    for nth in (1, 2):
        (own,) = (i for i in twice.store.impressions("7") if i.candidate == Candidate("m2", nth))
        scorer = twice.scorers["din"]
        effects = leave_one_out(rescorer_for(scorer, history, own.item, own.context))
        agreed = verdict(agreement(scorer.score(history, [own.item], own.context), effects))
        head, body = lens(visit(**HERE, nth=str(nth)))
        (place,) = (n for n, case in enumerate(body["cases"]) if case["key"] == head["selected"])
        told = body["models"][0]["effects"][place]
        assert told["verdict"]["level"] == agreed.level
        np.testing.assert_allclose(told["effect"], effects.values, rtol=1e-4, atol=1e-6)


def test_each_candidate_carries_the_link_that_opens_it(visit: Visit, twice: World) -> None:
    _, body = lens(visit(**HERE))
    numbers = [dict(pair.split("=", 1) for pair in case["link"].split("&")).get("nth") for case in body["cases"]]
    assert numbers == ["2", "2", None, None, None]


def test_the_box_of_impressions_tells_them_apart_and_leads_to_each(visit: Visit, twice: World) -> None:
    page = visit(**HERE, nth="2")
    page.session_state["din_lens"].search_text["impression"] = ""
    box = boxes(page.run())["What this household was shown"]
    assert box["selected"]["label"] == ("20 Nov 2017 · Milk · 1 qt · National · Mailer: Front page feature · bought")
    assert page.query_params["nth"] == "2"
    labels = [option["label"] for option in box["results"]["options"]]
    assert len(labels) == len(set(labels)) == 6
