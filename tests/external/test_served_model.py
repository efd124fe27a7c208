"""A model that a server computes: its scores, what it is sent, and a sentence where it is away, slow or wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from din_core.domain import CheckpointError, ModelFailure, ServerAway
from din_core.explain import leave_one_out
from din_core.model.checkpoint import load_checkpoint
from din_core.model.external.writing import save_served
from din_core.scoring import BatchingScorer, Catalogue, Scorer, load_scorers, rescorer_for
from tests.external.model_server import ModelServer, running
from tests.external.world import MAX_HISTORY, OwnWorld
from tests.small_world import MONDAY
from tests.tiny_checkpoints import write_checkpoints

CONTEXT = {"store": "Store 367"}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    with running() as server:
        monkeypatch.setenv("DIN_SERVED", f"model.example:443, {server.host}")
        yield server


@pytest.fixture
def scorer(own: OwnWorld, server: ModelServer) -> Scorer:
    folder = own.checkpoints / "served"
    url = f"http://{server.host}/score?v=2"
    save_served(folder, url, **own.values, max_history=MAX_HISTORY, timeout=0.5, title="Shop model")
    return Scorer(load_checkpoint(folder))


def scored(own: OwnWorld, scorer: Scorer, user: str = "7"):
    return scorer.score(own.store.history(user, MONDAY), own.store.items(["b2", "m2"]), CONTEXT)


def test_scores_and_weights_are_the_servers(own: OwnWorld, scorer: Scorer) -> None:
    scores = scored(own, scorer)
    assert len(scores.behaviors) == MAX_HISTORY
    for place, category in enumerate(("Beers", "Dairy")):
        want = [1.0 if b.item.first("category") == category else 0.1 for b in scores.behaviors]
        assert scores.weight[place] == pytest.approx(want)
        assert scores.logit[place] == pytest.approx(sum(want) - 1)


def test_it_is_sent_codes_by_the_names_of_fields_without_what_stands_behind_a_history(
    own: OwnWorld, server: ModelServer, scorer: Scorer
) -> None:
    history = own.store.history("8", MONDAY)
    scorer.score(history, [own.store.item("b2")], CONTEXT)
    (row,) = server.asked[-1]["rows"]
    codes = scorer.checkpoint.vocabulary
    assert row["candidate"]["item_id"] == codes.item["item_id"].row("b2")
    assert row["behaviors"]["item_id"] == [codes.item["item_id"].row(b.item.item_id) for b in history.behaviors]
    assert row["behaviors"]["age"] == pytest.approx([(MONDAY - b.timestamp) / 86_400 for b in history.behaviors])
    assert row["profile"] == {"age": [], "household_comp": []}
    assert row["context"] == {"store": codes.context["store"].row("Store 367"), "mailer": 0, "display": 0}


def test_an_empty_history_is_sent_as_one(own: OwnWorld, server: ModelServer, scorer: Scorer) -> None:
    scores = scored(own, scorer, user="10")
    assert scores.weight.shape == (2, 0)
    assert server.asked[-1]["rows"][0]["behaviors"]["item_id"] == []


def test_leaving_a_behavior_out_asks_the_server_for_the_history_without_it(own: OwnWorld, scorer: Scorer) -> None:
    history, item = own.store.history("8", MONDAY), own.store.item("b2")
    effects = leave_one_out(rescorer_for(scorer, history, item, CONTEXT))
    full = scorer.score(history, [item], CONTEXT).logit[0]
    for gone in range(2):
        rest = replace(history, behaviors=tuple(np.delete(np.array(history.behaviors, object), gone)))
        assert effects.values[gone] == pytest.approx(full - scorer.score(rest, [item], CONTEXT).logit[0], abs=1e-6)


def test_the_whole_catalogue_is_ranked_by_the_server(own: OwnWorld, scorer: Scorer) -> None:
    history, items = own.store.history("7", MONDAY), own.store.all_items()
    assert Catalogue(scorer, items).scoring(history, CONTEXT).finish() == pytest.approx(
        scorer.score(history, items, CONTEXT).logit
    )


def answers(text: str, status: int = 200):
    return lambda _: (status, text.encode())


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (answers("", 503), "answered with the status 503"),
        (answers("", 302), "answered with the status 302"),
        (answers("<html>"), "answered with what is not JSON"),
        (answers("[1, 2]"), "answered without logits and weights"),
        (answers('{"logits": [1.0, 2.0]}'), "answered without logits and weights"),
        (answers('{"logits": [1.0], "weights": []}'), "logits that are not a list of 2 numbers"),
        (answers('{"logits": [1.0, "2"], "weights": []}'), "logits that are not a list of 2 numbers"),
        (answers('{"logits": [1.0, 2.0], "weights": [[1.0]]}'), "weights that are not a list of 2 lists"),
        (
            answers('{"logits": [1.0, 2.0], "weights": [[1.0, 1.0], [1.0]]}'),
            "weights of candidate 2 that are not a list of 2 numbers, one a behavior",
        ),
        (answers('{"logits": [1.0, NaN], "weights": [[1.0, 1.0], [1.0, 1.0]]}'), "1 of 2 logits that are NaN"),
        (answers('{"logits": [1.0, 1e999], "weights": [[1.0, 1.0], [1.0, 1.0]]}'), "1 of 2 logits that are NaN"),
    ],
)
def test_an_answer_that_is_none_is_a_sentence_and_the_next_one_is_read(
    own: OwnWorld, server: ModelServer, scorer: Scorer, answer, sentence: str
) -> None:
    before, server.answer = server.answer, answer
    with pytest.raises(ModelFailure, match=sentence) as caught:
        scored(own, scorer, user="8")
    assert "Shop model" in str(caught.value)
    server.answer = before
    assert scored(own, scorer, user="8").logit.shape == (2,)


def test_a_server_that_is_slow_is_waited_for_so_long_and_no_longer(
    own: OwnWorld, server: ModelServer, scorer: Scorer
) -> None:
    server.answer = server.slow
    with pytest.raises(ModelFailure, match=r"has not answered in 0\.5 seconds; see to the server, then try again"):
        scored(own, scorer)
    assert len(server.asked) == 1


def test_a_slow_server_is_asked_once_by_the_apps_own_scorer(own: OwnWorld, server: ModelServer, scorer: Scorer) -> None:
    server.answer = server.slow
    with BatchingScorer(scorer) as batching, pytest.raises(ServerAway, match="has not answered"):
        scored(own, batching)
    assert len(server.asked) == 1


def test_a_server_that_is_away_is_named(own: OwnWorld, server: ModelServer, scorer: Scorer) -> None:
    server.stop()
    with pytest.raises(ModelFailure, match=f"its server {server.host} cannot be reached"):
        scored(own, scorer)


def test_a_server_that_nobody_named_is_sent_nothing_and_other_models_open(
    own: OwnWorld, server: ModelServer, scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DIN_SERVED")
    write_checkpoints(own.checkpoints, own.store.bulk(), kinds=("din",))
    refused: dict[str, CheckpointError] = {}
    assert list(load_scorers(own.checkpoints, unfit=refused.__setitem__)) == ["din"]
    assert f"start with DIN_SERVED={server.host} if it may have them" in str(refused["served"])
    assert not server.asked


def test_opening_asks_the_server_nothing(server: ModelServer, scorer: Scorer) -> None:
    assert not server.asked
    assert scorer.traits is None


@pytest.mark.parametrize(
    ("served", "sentence"),
    [
        ({"url": "ftp://model.example/"}, "must be a URL of http or https without user or password"),
        ({"url": "http://user:secret@model.example/"}, "must be a URL of http or https without user or password"),
        ({"url": "http://model.example:port/"}, "must be a URL of http or https without user or password"),
        ({"url": "http://model.example/", "timeout": 0}, "served.timeout is 0, but must be seconds above 0"),
        ({"url": "http://model.example/", "timeout": True}, "served.timeout is True"),
    ],
)
def test_an_address_or_a_limit_that_is_none_is_refused(
    own: OwnWorld, scorer: Scorer, served: dict[str, object], sentence: str
) -> None:
    path = own.checkpoints / "served" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "served": served}), "utf-8")
    with pytest.raises(CheckpointError, match=sentence):
        load_checkpoint(path.parent)
