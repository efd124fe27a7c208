"""Histories rescored by a cluster have the numbers of this machine, and what is no question gets a sentence alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from din_core.domain import ModelFailure, ServerAway
from din_core.explain import (
    evolution_path,
    integrated_gradients,
    leave_one_out,
    path_split,
    shapley,
    smallest_removal,
)
from din_core.scoring import Rescorer, Scorer, rescorer_for, rescorers_for
from din_core.scoring.cluster import rescoring, rescoring_operations
from din_core.scoring.cluster.arrays import ADDED, BATCH, MOST_ADDED, array_bytes, read_arrays, wire_arrays
from din_core.scoring.cluster.operations import CheckpointOperations
from din_core.scoring.cluster.served_engine import on_cluster
from din_core.scoring.cluster.settings import ClusterAddress
from tests.explain.scenes import FAMILY, history, item, scorer
from tests.model.conftest import SEVERAL
from tests.scoring import test_several_values as several
from tests.scoring.cluster.cluster_server import ClusterServer, serving

CONTEXT = {"place": "top"}
PAST = history("abacdab")


@contextmanager
def served(local: Scorer) -> Iterator[tuple[Scorer, ClusterServer]]:
    named = Scorer(replace(local.checkpoint, fingerprint="one"))
    with serving(named.checkpoint) as server:
        yield on_cluster(named, ClusterAddress(server.url)), server


def operations_asked(server: ClusterServer) -> list[str]:
    return [path.partition("=")[2] for path, _ in server.asked]


def numbers_of(rescorer: Rescorer) -> list[np.ndarray]:
    """What every method asks of a rescorer, additions too."""
    count = rescorer.count
    t, seen = len(count), count > 0
    players = np.zeros((2, t))
    players[0, ::2], players[1, 1::2] = count[::2], count[1::2]
    mixes = [{name: bool((row >> n) & 1) for n, name in enumerate(rescorer.paths)} for row in (0, 1, 2, 5)]
    found = [
        np.array([rescorer.full, rescorer.empty, rescorer.row_budget]),
        *map(np.asarray, rescorer.leave_one_out_logits()),
        rescorer.logits(np.stack([count, np.where(seen, 0, 1), np.ones(t), np.zeros(t)])),
        rescorer.logits(np.array([[0, 1], [1, 0], [1, 1.0]]), players),
        rescorer.logits_with_inputs(mixes),
    ]
    if seen.any():
        found += rescorer.line(np.array([0, 0.4, 1.0]))
    return [*found, *rescorer.path()] if rescorer.counts.has_path else found


def assert_same_numbers(local: Scorer, ask: Callable[[Scorer], Rescorer]) -> None:
    wanted = ask(local)
    with served(local) as (remote, server):
        found = ask(remote)
        for mine, own in zip(numbers_of(found), numbers_of(wanted), strict=True):
            np.testing.assert_allclose(mine, own, rtol=1e-6, atol=1e-6)
        assert (found.paths, found.behaviors, found.shown.times) == (wanted.paths, wanted.behaviors, wanted.shown.times)
        assert found.counts.has_line and server.asked


@pytest.mark.parametrize("past", ["abacdab", ""])
@pytest.mark.parametrize("name", FAMILY)
def test_every_model_is_rescored_as_on_this_machine(name: str, past: str) -> None:
    assert_same_numbers(
        scorer(name), lambda own: rescorer_for(own, history(past), item("c"), CONTEXT, added=[item("a"), item("e")])
    )


@pytest.mark.parametrize("name", SEVERAL)
def test_items_with_several_values_are_rescored_as_on_this_machine(name: str) -> None:
    assert_same_numbers(
        several.scorer(name), lambda own: rescorer_for(own, several.PAST, several.ITEMS[2], CONTEXT, several.ITEMS[3:5])
    )


def test_many_candidates_have_each_their_own_numbers() -> None:
    local, candidates = scorer("din"), [item(name) for name in "cab"]
    wanted = rescorers_for(local, PAST, candidates, [CONTEXT] * 3)
    with served(local) as (remote, _):
        for mine, own in zip(rescorers_for(remote, PAST, candidates, [CONTEXT] * 3), wanted, strict=True):
            assert mine.full == pytest.approx(own.full, abs=1e-6)
            assert mine.leave_one_out_logits().without == pytest.approx(own.leave_one_out_logits().without, abs=1e-6)


@pytest.mark.parametrize("name", ["din", "augru", "tin"])
def test_what_explains_finds_the_same(name: str) -> None:
    def explained(own: Scorer) -> list[np.ndarray]:
        rescorer = rescorer_for(own, PAST, item("c"), CONTEXT)
        found = [method(rescorer).values for method in (leave_one_out, path_split, shapley, integrated_gradients)]
        removal = smallest_removal(rescorer, threshold=rescorer.full - 0.05)
        return [*found, np.array([removal.before, removal.after])]

    with served(scorer(name)) as (remote, _):
        for mine, own in zip(explained(remote), explained(scorer(name)), strict=True):
            np.testing.assert_allclose(mine, own, rtol=1e-6, atol=1e-6)


def test_interest_states_come_from_the_cluster() -> None:
    with served(scorer("augru")) as (remote, _):
        found, wanted = (evolution_path(own, PAST, item("c"), CONTEXT) for own in (remote, scorer("augru")))
    for name in ("attention", "states", "logit"):
        np.testing.assert_allclose(getattr(found, name), getattr(wanted, name), rtol=1e-6, atol=1e-6)


def test_what_is_always_asked_of_a_history_is_one_question() -> None:
    with served(scorer("din")) as (remote, server):
        rescorer = rescorer_for(remote, PAST, item("c"), CONTEXT)
        leave_one_out(rescorer)
        assert rescorer.full != rescorer.empty and rescorer.row_budget and rescorer.paths
        assert operations_asked(server) == ["opening"]
        rescorer.logits(rescorer.count)
        assert operations_asked(server) == ["opening", "logits"]


def test_a_history_is_made_ready_once_for_several_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    plain = rescoring_operations.count_rescorers
    monkeypatch.setattr(rescoring_operations, "count_rescorers", lambda *own: made.append(1) or plain(*own))
    with served(scorer("din")) as (remote, _):
        for candidate in "ca":
            rescorer = rescorer_for(remote, PAST, item(candidate), CONTEXT)
            rescorer.logits(rescorer.count)
            rescorer.line(np.ones(1))
    assert len(made) == 2


def test_more_changed_histories_than_one_question_may_hold_are_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rescoring, "MOST_NUMBERS", 10)
    with served(scorer("din")) as (remote, server):
        rescorer = rescorer_for(remote, PAST, item("c"), CONTEXT)
        kept = np.random.default_rng(0).uniform(0, 2, (7, len(rescorer.count)))  # two rows of four behaviors each time
        wanted = rescorer_for(scorer("din"), PAST, item("c"), CONTEXT).logits(kept)
        np.testing.assert_allclose(rescorer.logits(kept), wanted, rtol=1e-6, atol=1e-6)
        assert operations_asked(server).count("logits") == 4
        assert rescorer.logits(kept[:0]).shape == (0,)


def test_a_model_to_which_order_matters_is_asked_for_fewer_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rescoring, "ORDERED_NUMBERS", 14)
    with served(scorer("augru")) as (remote, server):
        rescorer = rescorer_for(remote, PAST, item("c"), CONTEXT)
        players = np.eye(7)[:2]
        kept = np.array([[0, 1], [1, 1], [1, 0]])  # two rows of seven behaviors each time
        wanted = rescorer_for(scorer("augru"), PAST, item("c"), CONTEXT).logits(kept, players)
        np.testing.assert_allclose(rescorer.logits(kept, players), wanted, rtol=1e-6, atol=1e-6)
        assert operations_asked(server).count("logits") == 2


@pytest.mark.parametrize("name", ["augru", "tin"])
def test_where_order_matters_no_part_of_a_behavior_is_sent(name: str) -> None:
    with served(scorer(name)) as (remote, server):
        rescorer = rescorer_for(remote, PAST, item("c"), CONTEXT)
        with pytest.raises(ValueError, match="0 and 1"):
            rescorer.logits(rescorer.count * 0.5)
        assert not server.asked


def test_a_cluster_that_is_away_or_answers_nonsense_is_a_sentence() -> None:
    with served(scorer("din")) as (remote, server):
        answers = {
            (503, b""): "answered with the status 503",
            (401, b""): "refuses the token",
            (404, b""): "does not serve the checkpoint",
            (200, b"<html>"): "not in the safetensors format",
            (200, array_bytes({"without": np.zeros(3)})): r"without is not \(4,\) finite numbers of double precision",
            (200, array_bytes({"without": np.full(4, np.nan)})): r"without is not \(4,\) finite numbers",
        }
        for answer, sentence in answers.items():
            server.answer = lambda *_, answer=answer: answer
            with pytest.raises(ModelFailure, match=f"gives no scores: its server {server.host} .*{sentence}"):
                leave_one_out(rescorer_for(remote, PAST, item("c"), CONTEXT))
        server.answer = server.well
        rescorer = rescorer_for(remote, PAST, item("c"), CONTEXT)
        server.stop()
        with pytest.raises(ServerAway, match="cannot be reached"):
            rescorer.full  # noqa: B018


def asked_of(name: str, operation: str, changed: dict[str, np.ndarray] | None = None, **arrays: np.ndarray) -> bytes:
    """The answer of a checkpoint's process to an operation on PAST, of 4 behaviors."""
    local = scorer(name)
    given = wire_arrays(local.arrays([[local.prepare(PAST, [item("c")], CONTEXT)]])) | (changed or {})
    content = {BATCH: np.frombuffer(array_bytes(given), np.uint8), ADDED: np.zeros(1, np.int64), **arrays}
    return operations_of(name).answer(operation, array_bytes(content))


def operations_of(name: str) -> CheckpointOperations:
    return CheckpointOperations(scorer(name).checkpoint.model, scorer(name).local.cpu_network)


MALFORMED = [
    ("weights", {}, "'weights' is none of the operations opening, logits"),
    ("logits", {}, "it holds no array kept of uint8 or float64 with 2 dimensions"),
    ("logits", {"kept": np.zeros(4)}, "it holds no array kept"),
    ("logits", {"kept": np.zeros((1, 4), np.float32)}, "it holds no array kept"),
    ("logits", {"kept": np.full((1, 4), np.inf)}, r"kept is not \(1, 4\) finite numbers"),
    ("logits", {"kept": np.zeros((1, 5))}, "kept is of 5 behaviors, and the history has 4"),
    ("logits", {"kept": np.zeros((1, 2)), "players": np.zeros((2, 3))}, r"players is not \(2, 4\) finite numbers"),
    ("logits", {"kept": np.zeros((2**16 + 1, 4), np.uint8)}, r"kept is \(65537, 4\), but at most 65,536 changed"),
    ("logits", {"kept": np.zeros((2**12 + 1, 2**10), np.uint8), "players": np.zeros((2**10, 4))}, "4,194,304 numbers"),
    ("inputs", {"chosen": np.zeros((1, 99), np.uint8)}, r"chosen is \(1, 99\), but must be of \d inputs"),
    ("line", {"at": np.zeros(2**10 + 1)}, "at holds 1,025 points, but at most 1,024"),
    ("line", {"at": np.array([np.nan])}, r"at is not \(1,\) finite numbers"),
    ("path", {}, "the model has no interest states"),
    ("opening", {BATCH: np.zeros(9, np.uint8)}, "not in the safetensors format"),
    ("opening", {ADDED: np.array([-1])}, "-1 of 4 behaviors are additions, but must be 0 to all"),
    ("opening", {ADDED: np.array([5])}, "5 of 4 behaviors are additions"),
]


@pytest.mark.parametrize(("operation", "arrays", "sentence"), MALFORMED)
def test_what_is_no_operation_is_a_sentence(operation: str, arrays: dict[str, np.ndarray], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        asked_of("din", operation, **arrays)


def test_a_batch_of_several_candidates_or_of_too_many_behaviors_is_refused() -> None:
    local = scorer("din")
    two = wire_arrays(local.arrays([[local.prepare(PAST, [item("c"), item("a")], CONTEXT)]]))
    with pytest.raises(ValueError, match="it holds 1 histories and 2 candidates; give 1 of each"):
        asked_of("din", "opening", two)
    n = local.config.max_history + MOST_ADDED + 1
    long = {"behavior": np.zeros((n, 2), np.int64), "count": np.ones(n, np.float32), "age": np.ones(n, np.float32)}
    with pytest.raises(ValueError, match=f"0 of {n} behaviors are additions, but must be 0 to all of at most {n - 1}"):
        asked_of("din", "opening", {**long, "behavior_offsets": np.array([0, n])})


def test_where_order_matters_a_process_refuses_parts_of_behaviors_and_answers_the_next() -> None:
    asked = operations_of("augru")
    local = scorer("augru")
    batch = array_bytes(wire_arrays(local.arrays([[local.prepare(PAST, [item("c")], CONTEXT)]])))
    always = {BATCH: np.frombuffer(batch, np.uint8), ADDED: np.zeros(1, np.int64)}
    with pytest.raises(ValueError, match="give counts of 0 and 1"):
        asked.answer("logits", array_bytes({**always, "kept": np.full((1, 7), 0.5)}))
    found = read_arrays(asked.answer("logits", array_bytes({**always, "kept": np.ones((1, 7))})))
    assert found["logit"] == pytest.approx(rescorer_for(local, PAST, item("c"), CONTEXT).full, abs=1e-6)
