"""A cluster of several processes scores as this machine does, and comes back when processes are killed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Event
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import numpy as np
import pytest

from din_core.domain import ModelFailure, Scores
from din_core.explain import item_space, leave_one_out, path_split
from din_core.scoring import BatchingScorer, Catalogue, Scorer, rescorer_for
from din_core.scoring.cluster.served_engine import on_cluster
from din_core.scoring.cluster.settings import ClusterAddress
from tests.cluster.running_cluster import RunningCluster
from tests.small_world import MONDAY

CONTEXT = {"store": "Store 367"}
USERS = ("7", "8", "10")


def score(cluster: RunningCluster, scorer: Scorer, user: str) -> Scores:
    return scorer.score(cluster.store.history(user, MONDAY), cluster.store.all_items(), CONTEXT)


def assert_local(cluster: RunningCluster, name: str, user: str, found: Scores) -> None:
    wanted = score(cluster, cluster.local[name], user)
    np.testing.assert_allclose(found.logit, wanted.logit, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found.weight, wanted.weight, rtol=1e-6, atol=1e-6)


def wait_until(true: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.5)


@pytest.mark.parametrize("name", ["din", "dien"])
def test_scores_and_weights_of_many_callers_at_once_are_those_of_this_machine(
    cluster: RunningCluster, name: str
) -> None:
    scorer, asked = cluster.scorer(name), USERS * 40
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda user: score(cluster, scorer, user), asked))
    for user, scores in zip(asked, found, strict=True):
        assert_local(cluster, name, user, scores)


def test_each_checkpoint_is_served_by_as_many_processes_as_were_asked_for(cluster: RunningCluster) -> None:
    assert [len(cluster.replicas(name)) for name in ("din", "dien")] == [2, 2]


def test_who_shows_another_token_is_told_so(cluster: RunningCluster) -> None:
    for token in (None, "another-token-of-tests"):
        scorer = on_cluster(cluster.local["din"], ClusterAddress(cluster.address.url, token))
        with pytest.raises(ModelFailure, match="refuses the token"):
            score(cluster, scorer, "7")
    assert cluster.address.token not in cluster.said.read_text()


def test_what_is_no_batch_is_refused_and_the_next_one_is_scored(cluster: RunningCluster) -> None:
    scorer = cluster.scorer("din")
    headers = {"Authorization": f"Bearer {cluster.address.token}"}
    with pytest.raises(HTTPError) as refused:
        urlopen(Request(f"{cluster.address.url}/{scorer.fingerprint}", b"{}", headers))
    assert refused.value.code == 400 and b"this is no batch" in refused.value.read()
    assert_local(cluster, "din", "7", score(cluster, scorer, "7"))


@pytest.mark.parametrize("name", ["din", "dien"])
def test_effects_catalogues_and_embeddings_are_those_of_this_machine(cluster: RunningCluster, name: str) -> None:
    def rescored(scorer: Scorer) -> list[np.ndarray]:
        candidate = cluster.store.all_items()[0]
        rescorer = rescorer_for(scorer, cluster.store.history("7", MONDAY), candidate, CONTEXT)
        effects, paths = leave_one_out(rescorer).values, path_split(rescorer).values
        catalogue = Catalogue(scorer, cluster.store.all_items()).scoring(cluster.store.history("7", MONDAY), CONTEXT)
        vectors = item_space(scorer, cluster.store.all_items()).vectors
        return [effects, paths, rescorer.logits(0 * rescorer.count), catalogue.finish(), vectors]

    for found, wanted in zip(rescored(cluster.scorer(name)), rescored(cluster.local[name]), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-6)


def test_what_is_no_operation_is_refused_with_a_sentence(cluster: RunningCluster) -> None:
    scorer = cluster.scorer("din")
    headers = {"Authorization": f"Bearer {cluster.address.token}"}
    with pytest.raises(HTTPError) as refused:
        urlopen(Request(f"{cluster.address.url}/{scorer.fingerprint}?operation=opening", b"{}", headers))
    assert refused.value.code == 400 and b"this is no operation" in refused.value.read()


def test_one_killed_process_is_replaced(cluster: RunningCluster) -> None:
    before = cluster.replicas("dien")
    os.kill(before[0], signal.SIGKILL)
    wait_until(lambda: len(set(cluster.replicas("dien")) - {before[0]}) == 2)
    wait_until(lambda: answers(cluster, "dien"))


def test_where_all_processes_are_killed_the_app_is_told_why_and_then_has_scores_again(cluster: RunningCluster) -> None:
    before = cluster.replicas("din")
    with none_alive(cluster, "din"), BatchingScorer(cluster.scorer("din")) as app, pytest.raises(ModelFailure) as told:
        score(cluster, app, "7")
    assert f"DIN gives no scores: its server {cluster.address.url.removeprefix('http://')} " in str(told.value)
    wait_until(lambda: answers(cluster, "din"))
    assert not set(before) & set(cluster.replicas("din"))


@contextmanager
def none_alive(cluster: RunningCluster, name: str) -> Iterator[None]:
    """Within, those that serve a checkpoint are killed, and those that come in their place, as some do in seconds."""
    over = Event()

    def kill() -> None:
        while not over.wait(0.05):
            for pid in cluster.replicas(name):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    with ThreadPoolExecutor(1) as pool:
        killing = pool.submit(kill)
        try:
            wait_until(lambda: not cluster.replicas(name))
            yield
        finally:
            over.set()
            killing.result()


def answers(cluster: RunningCluster, name: str) -> bool:
    """Whether it does now, and with the right scores."""
    try:
        found = score(cluster, cluster.scorer(name), "7")
    except ModelFailure:
        return False
    assert_local(cluster, name, "7", found)
    return True
