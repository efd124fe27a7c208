"""Scores by a cluster are those of this machine, and a cluster that is away or wrong is a sentence."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from din_core.domain import Behavior, History, Item, ModelFailure, ServerAway, User
from din_core.model.checkpoint import Checkpoint
from din_core.scoring import BatchingScorer, Scorer
from din_core.scoring.cluster import checkpoint_server
from din_core.scoring.cluster.arrays import array_bytes, wire_arrays
from din_core.scoring.cluster.batch_payload import read_batch, scores_bytes
from din_core.scoring.cluster.served_engine import on_cluster
from din_core.scoring.cluster.settings import ClusterAddress
from tests.model.conftest import FAMILY, SEVERAL, VOCABULARY, toy_vocabulary
from tests.model.several import several_network
from tests.scoring.cluster.cluster_server import ClusterServer, serving
from tests.scoring.family import history, item, member

TOKEN = "a-token-of-these-tests"
PAST, CANDIDATES, CONTEXT = history(1, 2, 1, 6, 3), [item(n) for n in (1, 4, 6)], {"place": "top"}


@pytest.fixture
def server() -> Iterator[ClusterServer]:
    with serving(member("din").checkpoint) as server:
        yield server


@pytest.fixture
def scorer(server: ClusterServer) -> Scorer:
    return on_cluster(member("din"), ClusterAddress(server.url, TOKEN))


def assert_equal(local: Scorer, past: History, candidates: list[Item]) -> None:
    """Logits and all weights to 1e-6."""
    with serving(local.checkpoint) as server:
        found = on_cluster(local, ClusterAddress(server.url)).score(past, candidates, CONTEXT)
        assert len(server.asked) == 1
    wanted = local.score(past, candidates, CONTEXT)
    for name in ("logit", "weight", "probability"):
        np.testing.assert_allclose(getattr(found, name), getattr(wanted, name), rtol=1e-6, atol=1e-6)
    fields = wanted.field_weight or {}
    assert (found.field_weight or {}).keys() == fields.keys()
    for name, weight in fields.items():
        np.testing.assert_allclose((found.field_weight or {})[name], weight, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("past", [PAST, history()], ids=["some", "none"])
@pytest.mark.parametrize("name", FAMILY)
def test_every_model_is_scored_as_on_this_machine(name: str, past: History) -> None:
    assert_equal(Scorer(replace(member(name).checkpoint, fingerprint="one")), past, CANDIDATES)


@pytest.mark.parametrize("name", SEVERAL)
def test_items_with_several_values_are_scored_as_on_this_machine(name: str) -> None:
    network = several_network(**SEVERAL[name]).float()
    known = replace(toy_vocabulary(network.config), several=frozenset({"category"}))
    categories = (("x", "y"), ("y",), (), ("never seen", "x"))
    items = [Item(one, fields={"category": own}) for one, own in zip("abcz", categories, strict=True)]
    past = tuple(Behavior(items[n], 86_400 * (2 * at + 1)) for at, n in enumerate((0, 3, 0, 1)))
    local = Scorer(Checkpoint(Path(name), "several", network.config, known, network, {}, ""))
    assert_equal(local, History(User("u", {next(iter(VOCABULARY.user)): ("old",)}), 86_400 * 9, past), items)


def test_each_checkpoint_is_asked_for_by_its_fingerprint_with_the_token(server: ClusterServer, scorer: Scorer) -> None:
    scorer.score(PAST, CANDIDATES, CONTEXT)
    assert server.asked == [(f"/{member('din').fingerprint}", f"Bearer {TOKEN}")]


def test_nobody_shows_the_token(scorer: Scorer, server: ClusterServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server.answer = lambda *_: (401, b"")
    with pytest.raises(
        ModelFailure, match=r"refuses the token; give this app the one .* DIN_SCORER_TOKEN_FILE"
    ) as told:
        scorer.score(PAST, CANDIDATES, CONTEXT)
    assert TOKEN not in f"{told.value}{vars(scorer.engine)!r}{vars(scorer.engine.server)!r}{caplog.text}"


def test_a_checkpoint_that_the_cluster_does_not_serve_is_named(server: ClusterServer, scorer: Scorer) -> None:
    server.checkpoints = {}
    with pytest.raises(ModelFailure, match=f"does not serve the checkpoint {scorer.fingerprint}; start it there too"):
        scorer.score(PAST, CANDIDATES, CONTEXT)


def test_a_cluster_that_is_away_is_named_by_the_apps_own_scorer_too(server: ClusterServer, scorer: Scorer) -> None:
    server.stop()
    with BatchingScorer(scorer) as batching, pytest.raises(ServerAway, match=f"{server.host} cannot be reached"):
        batching.score(PAST, CANDIDATES, CONTEXT)


def test_a_cluster_that_is_slow_is_waited_for_so_long_and_no_longer(
    server: ClusterServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint_server, "TIMEOUT", 0.2)
    released = threading.Event()
    server.answer = lambda *_: (200 if released.wait() else 503, b"")
    with pytest.raises(ServerAway, match=r"has not answered in 0\.2 seconds"):
        on_cluster(member("din"), ClusterAddress(server.url)).score(PAST, CANDIDATES, CONTEXT)
    released.set()


ANSWERS = [
    (b"<html>", "answered with no scores .it is not in the safetensors format"),
    (scores_bytes(torch.zeros(2), torch.zeros(12)), r"logit is not \(3,\) finite numbers"),
    (scores_bytes(torch.zeros(3), torch.zeros(11)), r"weight is not \(12,\) finite numbers"),
    (scores_bytes(torch.full((3,), torch.nan), torch.zeros(12)), r"logit is not \(3,\) finite numbers"),
    (scores_bytes(torch.zeros(3, dtype=torch.float64), torch.zeros(12)), r"logit is not \(3,\) finite numbers"),
]


@pytest.mark.parametrize(("answer", "sentence"), ANSWERS)
def test_an_answer_that_is_none_is_a_sentence_and_the_next_one_is_read(
    server: ClusterServer, scorer: Scorer, answer: bytes, sentence: str
) -> None:
    server.answer = lambda *_: (200, answer)
    with pytest.raises(ModelFailure, match=sentence):
        scorer.score(PAST, CANDIDATES, CONTEXT)
    server.answer = server.well
    assert scorer.score(PAST, CANDIDATES, CONTEXT).logit.shape == (3,)


def test_a_batch_that_fits_the_checkpoint_not_is_refused_before_it_is_scored() -> None:
    local = member("din")
    batch, config = local.arrays([[local.prepare(PAST, CANDIDATES, CONTEXT)]]), local.config
    n, rows = len(batch.behavior), config.item_fields[0].rows
    wrong = {
        f"behavior holds a code outside 0 to {rows - 1}": {"behavior": batch.behavior + rows},
        "candidate holds a code outside": {"candidate": batch.candidate - 99},
        r"candidate is \(3, 1\)": {"candidate": batch.candidate[:, :1]},
        "behavior_offsets are not whole numbers": {"behavior_offsets": np.array([0, 5, n])},
        r"behavior is .* but must be": {"behavior_offsets": np.array([0, n + 1])},
        "candidate_offsets are of 2 histories, behavior_offsets of 1": {"candidate_offsets": np.array([0, 1, 3])},
        f"age is not {n} finite numbers": {"age": batch.age * np.float32(np.nan)},
        "profile holds the values of other than 1 users": {
            "profile": tuple(own._replace(offsets=np.array([0, 0])) for own in batch.profile)
        },
        "it holds no tensor profile.0.rows": {"profile": ()},
    }
    for sentence, values in wrong.items():
        with pytest.raises(ValueError, match=sentence):
            read_batch(array_bytes(wire_arrays(replace(batch, **values))), config)
    for content in (b"", b"{}", b"\xff" * 64):
        with pytest.raises(ValueError, match="not in the safetensors format"):
            read_batch(content, config)
