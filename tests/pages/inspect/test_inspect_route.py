"""What the lens is told when it asks by itself: the same as the page, and nothing without the page's key."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from starlette.requests import Request
from streamlit.testing.v1 import AppTest

from din_core.domain import StoreError
from din_core.explain import leave_one_out
from din_core.pages.browser.protocol import INSPECT, KEY, KEY_HEADER, LANGUAGE_HEADER
from din_core.pages.inspect.route import answer
from din_core.pages.session import caches, turns
from din_core.pages.session.turns import TURNS, in_turn
from din_core.pages.workers.channel import RouteQuestion
from din_core.pages.workers.pool import POOL, Reply
from din_core.scoring import rescorer_for
from tests.pages.conftest import World
from tests.pages.page_contents import held
from tests.small_world import MONDAY

Ask = Callable[..., tuple[int, Any]]
HERE = {"user": "7", "item": "b2", "at": "2017-11-20"}
"""Where the lens is."""


@pytest.fixture
def ask(world: World, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Ask for `wants`, being where `here` says; the status, and the lines of the answer as values."""
    monkeypatch.setenv("DIN_STORE", world.url)
    monkeypatch.setenv("DIN_CHECKPOINTS", str(world.checkpoints))

    def asked(here: dict[str, str] | None = None, key: str = KEY, language: str = "en", **wants: str) -> Any:
        own = {f"ask.{name}": value for name, value in wants.items()}
        query = urlencode({**(here or {**HERE, "models": "din,base"}), **own})
        headers = [(KEY_HEADER.encode(), key.encode()), (LANGUAGE_HEADER.encode(), language.encode())]
        response = answer(
            Request({"type": "http", "method": "GET", "query_string": query.encode(), "headers": headers})
        )
        body = bytes(response.body).decode()
        return response.status_code, [json.loads(line) if line else None for line in body.split("\n")] if body else []

    return asked


def test_a_payload_is_what_the_page_itself_sends(ask: Ask, visit: Callable[..., AppTest]) -> None:
    head, common, models = held(visit(**HERE))
    status, (first, same, *texts) = ask(want="scores")
    assert status == 200
    assert same == common
    assert texts == [{name: v for name, v in models[link].items() if name != "effects"} for link in head["chosen"]]
    assert (first["revision"], first["chosen"], first["place"]) == (head["revision"], head["chosen"], 0)


@pytest.mark.parametrize(
    ("pick", "choice", "link"),
    [
        ("user", "8", {"user": "8"}),
        ("user", "9", {"user": "9", "item": "b2"}),
        ("impression", f"{MONDAY} 1 n1", {**HERE, "item": "n1"}),
        ("candidate", "m2", {**HERE, "item": "m2"}),
        ("candidate", "c1", {**HERE, "item": "c1"}),
    ],
)
def test_a_choice_leads_where_the_same_link_leads(
    ask: Ask, visit: Callable[..., AppTest], pick: str, choice: str, link: dict[str, str]
) -> None:
    head, common, _ = held(visit(**link))
    status, (first, same, *_) = ask(want="scores", pick=pick, id=choice)
    assert (status, same, first["revision"]) == (200, common, head["revision"])
    assert same["cases"][first["place"]]["key"] == head["selected"]


def test_a_whole_model_comes_with_the_weights_of_every_candidate(ask: Ask, world: World) -> None:
    _, (first, common, model) = ask(want="weights")
    history, shown = world.store.history("7", MONDAY), world.store.impressions("7")[:3]
    assert (common, len(first["models"])) == (None, 1)
    for impression, one in zip(shown, model["scored"], strict=True):
        scores = world.scorers["din"].score(history, [impression.item], impression.context)
        np.testing.assert_allclose(one["weight"], scores.weight[0], rtol=1e-4, atol=1e-6)


def test_effects_come_for_the_candidates_that_are_asked_for(ask: Ask, world: World) -> None:
    found: dict[int, Any] = {}
    while len(found) < 2:  # one answer brings as many as there is time for
        missing = [place for place in (2, 0) if place not in found]
        _, (first, _, *texts) = ask(want="effects", places=",".join(map(str, missing)))
        found |= {place: text for (_, place), text in zip(first["effects"], texts, strict=True)}
    history, shown = world.store.history("7", MONDAY), world.store.impressions("7")[:3]
    for place, text in found.items():
        opened = rescorer_for(world.scorers["din"], history, shown[place].item, shown[place].context)
        np.testing.assert_allclose(text["effect"], leave_one_out(opened).values, rtol=1e-6)


def test_it_is_told_in_the_visitors_language(ask: Ask) -> None:
    _, (english, *_) = ask(want="scores")
    _, (chinese, common, *_) = ask(want="scores", language="zh")
    assert english["revision"] != chinese["revision"]
    assert common["cases"][0]["outcomeText"] != "Bought"


def test_another_row_is_another_revision(ask: Ask, world: World) -> None:
    _, (before, *_) = ask(want="scores")
    world.store.append_behaviors("7", [("x1", MONDAY - 60)])
    _, (after, *_) = ask(want="scores")
    assert before["revision"] != after["revision"]


@pytest.mark.parametrize("key", ["", "guessed", "é"])
def test_without_the_key_nothing_is_told(ask: Ask, key: str) -> None:
    assert ask(want="scores", key=key) == (403, [])


@pytest.mark.parametrize(
    "wants",
    [
        {"want": "scores", "pick": "user", "id": "nobody"},
        {"want": "scores", "pick": "candidate", "id": "nothing"},
        {"want": "scores", "pick": "impression", "id": "yesterday"},
        {"want": "weights", "pick": "impression", "id": "99999999999999 1 m1"},
        {"want": "scores", "pick": "weather", "id": "rain"},
        {"want": "effects", "places": "3"},
        {"want": "effects", "places": "-1"},
        {"want": "effects", "places": ""},
        {"want": "everything"},
        {"want": "scores", "language": "tlh"},
    ],
)
def test_what_cannot_be_told_is_left_to_the_page_and_is_no_failure(
    ask: Ask, wants: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    assert ask(**wants) == (404, [])
    assert [record for record in caplog.records if record.name == "din_lens"] == []


@pytest.fixture
def turns_taken() -> Iterator[None]:
    """Others are at it."""
    with ExitStack() as held_turns:
        for _ in range(TURNS):
            held_turns.enter_context(in_turn())
        yield


@pytest.mark.usefixtures("turns_taken")
def test_while_others_are_at_it_a_worker_process_is_asked(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[tuple[RouteQuestion, str]]()

    def answer_of_worker(question: RouteQuestion, *, language: str, app: str) -> Reply:
        asked.append((question, language))
        return Reply(b'{"by": "a worker"}')

    monkeypatch.setattr(POOL, "ask", answer_of_worker)
    assert ask(want="scores", language="zh") == (200, [{"by": "a worker"}])
    ((question, language),) = asked
    assert (question.route, language) == (INSPECT, "zh")
    assert dict(question.asked) == {**HERE, "models": "din,base", "ask.want": "scores"}


@pytest.mark.usefixtures("turns_taken")
def test_a_worker_that_has_nothing_to_say_is_believed(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(POOL, "ask", lambda *_, **__: Reply(None))
    assert ask(want="scores") == (404, [])


@pytest.mark.usefixtures("turns_taken")
def test_what_nobody_waits_for_is_put_off_while_others_wait(ask: Ask) -> None:
    assert ask(want="weights", ahead="1") == (204, [])


def test_what_nobody_waits_for_is_answered_otherwise(ask: Ask) -> None:
    status, (first, *_) = ask(want="weights", ahead="1")
    assert (status, len(first["models"])) == (200, 1)


@pytest.mark.usefixtures("turns_taken")
def test_an_app_that_could_not_start_answers_nothing_also_while_others_are_at_it(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise StoreError("no store")

    monkeypatch.setattr(caches, "current_app", refuse)
    monkeypatch.setattr(turns, "PATIENCE", 0.01)
    assert ask(want="scores") == (404, [])
