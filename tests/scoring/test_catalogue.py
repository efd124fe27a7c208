"""A whole catalogue against one history: what the plain network says, whatever is fused, threaded or scored first."""

import threading
from dataclasses import replace

import numpy as np
import pytest
import torch

from din_core.domain import Behavior, History, Item, User
from din_core.model.checkpoint import load_checkpoint, save_checkpoint
from din_core.scoring import Scorer, thread_pool
from din_core.scoring.devices import cpu
from din_core.scoring.devices.cpu import CpuDevice
from din_core.scoring.whole_catalogue import row_catalogue
from din_core.scoring.whole_catalogue.catalogue import Catalogue
from din_core.scoring.whole_catalogue.coreset import history_coreset
from din_core.scoring.whole_catalogue.row_catalogue import RowCatalogue
from tests.model.conftest import FAMILY, VOCABULARY, toy_network
from tests.scoring.one_history import LONG, all_rows, one_history, plainly


@pytest.mark.parametrize("accelerated", [True, False])
@pytest.mark.parametrize("items", [[1, 2, 3, 5], [4], [], LONG], ids=["four", "one", "none", "long"])
@pytest.mark.parametrize("name", FAMILY)
def test_every_member_scores_what_the_plain_network_scores(name, items, accelerated):
    network = toy_network(**FAMILY[name])
    batch = one_history(items, torch.float64, network.config.folds)
    expected = plainly(network, batch, all_rows())
    assert np.ptp(expected) > 0
    found = RowCatalogue(network.float(), all_rows(), CpuDevice(accelerated=accelerated)).scoring(
        one_history(items, folds=network.config.folds)
    )
    np.testing.assert_allclose(found.finish(), expected, atol=1e-5)


@pytest.mark.parametrize("items", [LONG, [], [2]], ids=["long", "none", "one"])
def test_double_precision_stays_double(items):
    network = toy_network()
    batch = one_history(items, torch.float64)
    found = RowCatalogue(network, all_rows()).scoring(batch).finish()
    np.testing.assert_allclose(found, plainly(network, batch, all_rows()), atol=1e-13)


@pytest.mark.parametrize("tile_bytes", [1, 40_000])
def test_tiles_of_any_size_agree(tile_bytes, monkeypatch):
    monkeypatch.setattr("din_core.kernels.history_unit.TILE_BYTES", tile_bytes)
    network, batch = toy_network(unit_matches=True, normalisation="softmax"), one_history(LONG, torch.float64)
    found = RowCatalogue(network, all_rows(), CpuDevice(accelerated=False)).scoring(batch).finish()
    np.testing.assert_allclose(found, plainly(network, batch, all_rows()), atol=1e-12)


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(cpu, "BLOCK", 4)


@pytest.mark.parametrize("items", [[1, 2, 3], LONG], ids=["short", "long"])
def test_parts_cover_every_candidate_once_and_count_on(small_blocks, items):
    run = RowCatalogue(toy_network().float(), all_rows(3)).scoring(one_history(items))
    parts = list(run)
    assert sorted(np.concatenate([part.positions for part in parts])) == list(range(54))
    assert [part.done for part in parts] == list(np.cumsum([len(part.positions) for part in parts]))
    assert {part.total for part in parts} == {54} and run.done == 54
    for part in parts:
        np.testing.assert_array_equal(part.logit, run.logit[part.positions])


def test_candidates_alike_are_scored_once_and_get_the_same(small_blocks):
    rows = RowCatalogue(toy_network().float(), all_rows(3))
    assert (len(rows), len(rows.rows)) == (54, 18)
    logit = rows.scoring(one_history([1, 2])).finish().reshape(3, 18)
    np.testing.assert_array_equal(logit[0], logit[1])
    np.testing.assert_array_equal(logit[0], logit[2])


def test_top_is_the_head_of_the_full_ranking_with_ties_by_position(small_blocks):
    run = RowCatalogue(toy_network().float(), all_rows(2)).scoring(one_history(LONG))
    logit = run.finish()
    expected = np.argsort(-logit, kind="stable")
    for k in (1, 5, 36, 100):
        positions, values = run.top(k)
        np.testing.assert_array_equal(positions, expected[:k])
        np.testing.assert_array_equal(values, logit[positions])


def test_top_so_far_holds_only_what_was_scored(small_blocks):
    run = RowCatalogue(toy_network().float(), all_rows()).scoring(one_history([1, 2]))
    assert len(run.top(3)[0]) == 0
    part = next(iter(run))
    positions, values = run.top(18)
    assert set(positions) == set(part.positions) and np.isfinite(values).all()


def test_cancelling_ends_the_iteration(small_blocks):
    run = RowCatalogue(toy_network().float(), all_rows()).scoring(one_history([1, 2]))
    parts = []
    for part in run:
        parts.append(part)
        run.cancel()
    assert len(parts) == 1 and run.cancelled and run.done == 4
    assert np.isneginf(run.finish()).sum() == 14


def test_cancelling_from_another_thread_before_the_first_part_scores_nothing(small_blocks):
    run = RowCatalogue(toy_network().float(), all_rows()).scoring(one_history(LONG))
    thread = threading.Thread(target=run.cancel)
    thread.start()
    thread.join()
    assert list(run) == [] and run.done == 0


def test_a_stopped_iteration_goes_on_where_it_stopped(small_blocks):
    rows = RowCatalogue(toy_network().float(), all_rows())
    run = rows.scoring(one_history(LONG))
    started = next(iter(run))
    rest = list(run)
    assert sorted([*started.positions, *np.concatenate([part.positions for part in rest])]) == list(range(18))
    np.testing.assert_array_equal(run.logit, rows.scoring(one_history(LONG)).finish())


@pytest.mark.parametrize("name", ["din", "unit per field, softmax", "augru"])
def test_threads_agree_with_one_thread(small_blocks, name):
    network = toy_network(**FAMILY[name]).float()
    batch = one_history(LONG, folds=network.config.folds)
    one, three = (RowCatalogue(network, all_rows(2), CpuDevice(threads=n)).scoring(batch).finish() for n in (1, 3))
    np.testing.assert_array_equal(one, three)


def test_threads_of_their_own_leave_pytorchs_setting_alone():
    seen = []
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert list(thread_pool.in_order(lambda n: (n, torch.get_num_threads()), range(9), 5)) == [
            (n, 1) for n in range(9)
        ]
        thread = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
        thread.start()
        thread.join()
        assert (torch.get_num_threads(), seen) == (2, [2])
    finally:
        torch.set_num_threads(before)


def test_an_error_in_a_thread_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        list(thread_pool.in_order(lambda n: 1 // (3 - n), range(9), 2))


def test_a_history_is_projected_once_and_a_changed_one_anew(monkeypatch):
    made = []
    original = cpu.ProjectedHistory
    monkeypatch.setattr(cpu, "ProjectedHistory", lambda *args: made.append(args) or original(*args))
    network = toy_network().float()
    rows = RowCatalogue(network, all_rows())
    first = rows.scoring(one_history([1, 2])).finish()
    elsewhere = rows.scoring(replace(one_history([1, 2]), context=torch.tensor([[0]]))).finish()
    assert len(made) == 1 and not np.allclose(first, elsewhere)
    changed = rows.scoring(one_history([1, 3])).finish()
    assert len(made) == 2
    np.testing.assert_allclose(changed, plainly(network, one_history([1, 3]), all_rows()), atol=1e-5)
    np.testing.assert_array_equal(rows.scoring(one_history([1, 2])).finish(), first)
    assert len(made) == 2


def test_only_so_many_histories_are_kept(monkeypatch):
    monkeypatch.setattr(row_catalogue, "KEPT_HISTORIES", 2)
    rows = RowCatalogue(toy_network().float(), all_rows())
    runs = [rows.scoring(one_history([n])) for n in range(4)]
    assert len(rows._projected) == 2
    np.testing.assert_array_equal(runs[0].finish(), rows.scoring(one_history([0])).finish())


def items_of_the_vocabulary():
    """Known items, and two that no training saw: of a known and of an unknown category."""
    return [
        Item(n, fields={"category": c}) for n, c in [*zip("abcde", "xyxyx", strict=True), ("new", "x"), ("newer", None)]
    ]


@pytest.mark.parametrize(
    "options", [{}, {"architecture": "dien"}, {"architecture": "base", "base_pooling": "time decay"}]
)
def test_a_catalogue_of_items_agrees_with_the_scorer(tmp_path, options):
    save_checkpoint(tmp_path / "m", toy_network(max_history=9, **options).float(), VOCABULARY, {}, "")
    scorer, items = Scorer(load_checkpoint(tmp_path / "m")), items_of_the_vocabulary()
    past = [items[n] for n in (0, 3, 0, 5, 2, 0, 6, 1)]
    user = User("u", {"age": ("young", "old")})
    history = History(user, 10 * 86_400, tuple(Behavior(item, at * 86_400) for at, item in enumerate(past)))
    whole = Catalogue(scorer, items)
    for context in ({"place": "top"}, {}):
        found = whole.scoring(history, context).finish()
        np.testing.assert_allclose(found, scorer.score(history, items, context).logit, atol=1e-5)


def test_a_catalogue_without_items_is_done_at_once():
    run = RowCatalogue(toy_network().float(), all_rows()[:0]).scoring(one_history([1, 2]))
    assert list(run) == [] and (run.done, run.total) == (0, 0)
    assert len(run.top(5)[0]) == 0


def test_the_historys_own_items_come_first(small_blocks):
    rows = all_rows()
    first = next(iter(RowCatalogue(toy_network().float(), rows).scoring(one_history([2, 4]))))
    assert set(rows[first.positions, 0].tolist()) <= {2, 4}


def test_the_rest_comes_by_its_score_against_the_coreset(monkeypatch):
    monkeypatch.setattr(cpu, "BLOCK", 1)
    network, batch, rows = toy_network().float(), one_history([2] * 40), all_rows()
    estimate = plainly(network, history_coreset(network, batch), rows)
    estimate[rows[:, 0] == 2] = np.inf
    found = [part.positions[0] for part in RowCatalogue(network, rows).scoring(batch)]
    np.testing.assert_array_equal(estimate[found], np.sort(estimate)[::-1])
