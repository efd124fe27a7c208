"""Whole catalogues and embeddings by a cluster have the numbers of this machine, in parts that can be stopped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from din_core.domain import Item, ModelFailure, ServerAway
from din_core.explain import item_space
from din_core.model.batches.batch_arrays import MultiRows
from din_core.scoring import Catalogue, Ranking, Scorer
from din_core.scoring.cluster import arrays as limits
from din_core.scoring.cluster import catalogue as served_catalogue
from din_core.scoring.cluster import served_engine
from din_core.scoring.cluster.arrays import BATCH, MOST_PAIRS, MOST_ROWS, array_bytes, wire_arrays
from din_core.scoring.cluster.catalogue import distinct_rows
from din_core.scoring.cluster.operations import CheckpointOperations
from din_core.scoring.cluster.served_engine import on_cluster
from din_core.scoring.cluster.settings import ClusterAddress
from tests.explain.scenes import history, item, scorer
from tests.model.conftest import FAMILY
from tests.scoring import test_several_values as several
from tests.scoring.cluster.cluster_server import ClusterServer, serving

CONTEXT = {"place": "top"}
ITEMS = [*(item(name) for name in "abcde"), item("never seen"), Item("another"), item("a")]
LONG = history("abacdabecd" * 4)


@contextmanager
def served(local: Scorer) -> Iterator[tuple[Scorer, ClusterServer]]:
    named = Scorer(replace(local.checkpoint, fingerprint="one"))
    with serving(named.checkpoint) as server:
        yield on_cluster(named, ClusterAddress(server.url)), server


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (served_catalogue, served_engine):
        monkeypatch.setattr(module, "MOST_ROWS", 2)


@pytest.mark.parametrize("name", FAMILY)
def test_every_model_scores_a_catalogue_as_on_this_machine(name: str) -> None:
    with served(scorer(name)) as (remote, _):
        for past in (history("abacdab"), history("")):
            wanted = Catalogue(scorer(name), ITEMS).scoring(past, CONTEXT).finish()
            found = Catalogue(remote, ITEMS).scoring(past, CONTEXT).finish()
            np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["din", "unit per field, softmax", "counts", "augru"])
def test_items_with_several_values_are_scored_in_parts_as_on_this_machine(name: str, small_blocks: None) -> None:
    with served(several.scorer(name)) as (remote, _):
        wanted = Catalogue(several.scorer(name), several.ITEMS).scoring(several.PAST, CONTEXT).finish()
        found = Catalogue(remote, several.ITEMS).scoring(several.PAST, CONTEXT).finish()
        np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-6)


def test_parts_come_as_on_this_machine_the_historys_own_items_first(small_blocks: None) -> None:
    local, past = scorer("gaps"), history("ab" * 20)
    with served(local) as (remote, server):
        found, wanted = (list(Catalogue(own, ITEMS).scoring(past, CONTEXT)) for own in (remote, local))
        assert len(found) == 3 and [part.total for part in found] == [len(ITEMS)] * 3
        assert found[-1].done == len(ITEMS)
        assert {ITEMS[place].item_id for place in found[0].positions} == {"a", "b"}
        order = np.concatenate([part.positions for part in found])
        assert order.tolist() == np.concatenate([part.positions for part in wanted]).tolist()
        assert [path.partition("=")[2] for path, _ in server.asked].count("estimates") == 2


def test_estimates_are_those_by_a_few_behaviors() -> None:
    local = scorer("gaps")
    with served(local) as (remote, _):
        rows = Catalogue(remote, ITEMS).rows
        own = Catalogue(local, ITEMS)
        batch = local.arrays([[local.prepare(LONG, ITEMS[:1], CONTEXT)]])
        wanted = own.rows.logits(local.batch([[local.prepare(LONG, ITEMS[:1], CONTEXT)]]), estimated=True)
        scoring = rows.scoring_of(batch)
        positions, which = rows.alike.places(np.arange(len(rows.rows)))
        found = scoring._blocks.estimate(np.arange(len(rows.rows)))[which]
        np.testing.assert_allclose(found, wanted[positions], rtol=1e-6, atol=1e-6)
        assert np.abs(wanted - own.scoring(LONG, CONTEXT).finish()).max() > 1e-4


def test_a_catalogue_is_stopped_after_a_part_and_goes_on(small_blocks: None) -> None:
    with served(scorer("din")) as (remote, _):
        scoring = Catalogue(remote, ITEMS).scoring(history("ab"), CONTEXT)
        next(iter(scoring))
        assert 0 < scoring.done < scoring.total
        assert np.isfinite(scoring.finish()).all()
        stopped = Catalogue(remote, ITEMS).scoring(history("ab"), CONTEXT)
        for _ in stopped:
            stopped.cancel()
        assert 0 < stopped.done < stopped.total


def test_a_ranking_by_two_models_is_that_of_this_machine_and_says_what_went_wrong() -> None:
    names = ("din", "average")
    with served(scorer("din")) as (din, server), served(scorer("average")) as (average, _):
        found = Ranking([Catalogue(own, ITEMS) for own in (din, average)], LONG, CONTEXT)
        wanted = Ranking([Catalogue(scorer(name), ITEMS) for name in names], LONG, CONTEXT)
        for ranking in (found, wanted):
            ranking.start()
            assert ranking.wait(60)
        for mine, own in zip(found.best(9), wanted.best(9), strict=True):
            assert mine.item == own.item and [place.rank for place in mine.places] == [p.rank for p in own.places]
            assert mine.places[0].probability == pytest.approx(own.places[0].probability, abs=1e-6)
        server.answer = lambda *_: (500, b"")
        failed = Ranking([Catalogue(din, ITEMS)], history("a"), CONTEXT)
        failed.start()
        with pytest.raises(ModelFailure, match="answered with the status 500"):
            failed.wait(60)


@pytest.mark.parametrize("field", [None, "item_id", "category"])
def test_embeddings_are_those_of_this_machine(field: str | None, small_blocks: None) -> None:
    for local, items in ((scorer("din"), ITEMS), (several.scorer("din"), several.ITEMS)):
        with served(local) as (remote, _):
            found, wanted = (item_space(own, items, field) for own in (remote, local))
        for name in ("vectors", "place", "count", "first", "known"):
            np.testing.assert_allclose(getattr(found, name), getattr(wanted, name), rtol=1e-6, atol=1e-6)


def test_a_cluster_that_is_away_is_a_sentence_for_maps_and_catalogues() -> None:
    with served(scorer("din")) as (remote, server):
        catalogue = Catalogue(remote, ITEMS)
        server.stop()
        with pytest.raises(ServerAway, match="cannot be reached"):
            catalogue.scoring(LONG, CONTEXT).finish()
        with pytest.raises(ServerAway, match="cannot be reached"):
            item_space(remote, ITEMS)


def test_the_half_life_that_was_trained_is_told_without_a_network() -> None:
    with served(scorer("time decay")) as (remote, _):
        assert remote.engine.half_life == scorer("time decay").engine.half_life > 0
    assert scorer("din").engine.half_life is None


def test_alike_candidates_are_found() -> None:
    rows = np.array([[1, 5], [2, 5], [1, 5], [1, 4], [2, 5]])
    distinct, place = distinct_rows(rows)
    assert len(distinct) == 3
    np.testing.assert_array_equal(distinct[place], rows)
    assert distinct_rows(rows[:0])[0].shape == (0, 2)


def asked_of(operation: str, **arrays: np.ndarray) -> bytes:
    local = scorer("din")
    batch = array_bytes(wire_arrays(local.arrays([[local.prepare(LONG, [item("c")], CONTEXT)]])))
    asked = CheckpointOperations(local.checkpoint.model, local.local.cpu_network)
    return asked.answer(operation, array_bytes({BATCH: np.frombuffer(batch, np.uint8), **arrays}))


TOO_MANY = MOST_ROWS + 1
MALFORMED = [
    ("catalogue", {}, "it holds no tensor rows"),
    ("vectors", {}, "it holds no tensor rows"),
    ("catalogue", {"rows": np.zeros((2, 9), np.int64)}, r"rows is \(2, 9\) of torch.int64, but must be \(2, 2\)"),
    ("catalogue", {"rows": np.full((2, 2), 99)}, "rows holds a code outside 0 to"),
    ("catalogue", {"rows": np.full((2, 2), -1)}, "rows holds a code outside 0 to"),
    ("vectors", {"rows": np.zeros((2, 2))}, "it holds no tensor rows"),
    ("vectors", {"rows": np.zeros((TOO_MANY, 2), np.int64)}, f"rows are of {TOO_MANY:,} items, but at most"),
    ("estimates", {"rows": np.zeros((1, 2), np.int64), BATCH: np.zeros(3, np.uint8)}, "not in the safetensors format"),
]


@pytest.mark.parametrize(("operation", "arrays", "sentence"), MALFORMED)
def test_what_is_no_operation_on_items_is_a_sentence(
    operation: str, arrays: dict[str, np.ndarray], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        asked_of(operation, **arrays)


def test_more_items_times_behaviors_than_one_question_may_hold_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("din_core.scoring.cluster.operations.MOST_PAIRS", 9)
    with pytest.raises(ValueError, match=r"2 items of a history of 5 behaviors are more than 9 pairs"):
        asked_of("catalogue", rows=np.zeros((2, 2), np.int64))
    assert MOST_PAIRS // limits.MOST_ROWS >= 400


def test_sets_that_a_part_does_not_use_are_not_sent() -> None:
    sets = (None, MultiRows.of([(0,), (1,), (1, 2), (3,)]))
    found = limits.item_arrays(np.array([[7, 3], [8, 0], [9, 3]]), sets)
    np.testing.assert_array_equal(found["rows"], [[7, 1], [8, 0], [9, 1]])
    np.testing.assert_array_equal(found["sets.1.rows"], [0, 3])
