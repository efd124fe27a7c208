"""Scoring as another device does it: what the plain network says, and nothing asks the device for a value on the way.

What a CPU can show of it: the same operations on a CPU, and on a device without numbers; and what is sent to be
captured. That CUDA captures and replays it is not tested here.
"""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch

from din_core.domain import Behavior, DinLensError, History, Item, User
from din_core.model.checkpoint import load_checkpoint, save_checkpoint
from din_core.scoring import BatchingScorer, Catalogue, Scorer
from din_core.scoring.devices import gpu_blocks, gpu_unit, open_device
from din_core.scoring.devices.gpu import LARGEST_BLOCK, LEAST_BLOCK, GpuDevice, GpuOptions
from din_core.scoring.devices.gpu_unit import compiled_for, compiled_weights, numbers_of, weights_after
from din_core.scoring.whole_catalogue.row_catalogue import RowCatalogue
from tests.model.conftest import FAMILY, VOCABULARY, toy_network
from tests.scoring.one_history import LONG, all_rows, one_history, plainly
from tests.without_waiting import NOWHERE, without_waiting

HERE = torch.device("cpu")
PLAIN = GpuOptions(compiled=False)
COMPILED = {name: FAMILY[name] for name in ("din", "match flags", "prelu", "sigmoid")}
ASKS = [name for name, options in FAMILY.items() if "unit_per_field" in options]
"""Values that candidates share are counted where they are."""


def people(items: list[int]) -> History:
    """A history of these items of the toy vocabulary, one a day."""
    known = [Item(name, fields={"category": "xy"[n % 2]}) for n, name in enumerate("abcde")]
    user = User("u", {"age": ("old",)})
    behaviors = tuple(Behavior(known[n % 5], 86_400 * day) for day, n in enumerate(items))
    return History(user, 86_400 * (len(items) + 1), behaviors)


@pytest.mark.parametrize("items", [[4], [], LONG], ids=["one", "none", "long"])
@pytest.mark.parametrize("name", FAMILY)
def test_a_catalogue_in_whole_blocks_scores_what_the_plain_network_scores(name, items):
    network = toy_network(**FAMILY[name])
    expected = plainly(network, one_history(items, torch.float64, network.config.folds), all_rows())
    found = RowCatalogue(network.float(), all_rows(), GpuDevice(HERE, PLAIN)).scoring(
        one_history(items, folds=network.config.folds)
    )
    np.testing.assert_allclose(found.finish(), expected, atol=1e-5)


@pytest.mark.parametrize("name", COMPILED)
def test_compiled_it_scores_the_same_for_histories_of_any_length(name):
    network = toy_network(**FAMILY[name])
    unit = numbers_of(network.float().pooling.unit)
    assert compiled_for(unit, (11, 7), (7,)) is compiled_weights()
    network.double()
    for items in ([1, 2, 3, 5], LONG):
        expected = plainly(network, one_history(items, torch.float64), all_rows())
        found = RowCatalogue(network.float(), all_rows(), GpuDevice(HERE)).scoring(one_history(items)).finish()
        np.testing.assert_allclose(found, expected, atol=1e-5)
        network.double()


def test_where_nothing_compiles_that_is_said_once_and_scores_stay(monkeypatch):
    def broken(*_):
        raise RuntimeError("no compiler\nand more")

    monkeypatch.setattr(gpu_unit, "compiled_weights", lambda: broken)
    monkeypatch.setattr(gpu_unit, "_FAILED", set())
    unit = numbers_of(toy_network().float().pooling.unit)
    with pytest.warns(UserWarning, match=r"without torch.compile, which did not work: no compiler$"):
        assert compiled_for(unit, (11, 7), (7,)) is weights_after
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert compiled_for(unit, (11, 7), (7,)) is weights_after


def test_half_precision_is_near_and_full_precision_is_nearer():
    network = toy_network()
    expected = plainly(network, one_history(LONG, torch.float64), all_rows())
    network.float()
    half, full = (
        RowCatalogue(network, all_rows(), GpuDevice(HERE, replace(PLAIN, half=half)))
        .scoring(one_history(LONG))
        .finish()
        for half in (True, False)
    )
    away = [np.abs(found - expected).max() for found in (half, full)]
    assert 100 * away[1] < away[0] < 0.05 * np.ptp(expected)


@pytest.mark.parametrize("name", ["din", "match flags", "prelu", "softmax", "average", "augru", "unit per field"])
def test_requests_get_the_scores_that_the_cores_give(name, tmp_path):
    save_checkpoint(tmp_path, toy_network(**FAMILY[name]).float(), VOCABULARY, {}, "")
    checkpoint = load_checkpoint(tmp_path)
    on_cores, there = Scorer(checkpoint), Scorer(checkpoint, GpuDevice(HERE, PLAIN))
    shown = [Item("a", fields={"category": "x"}), Item("d", fields={"category": "y"})]
    for scorer in (there, BatchingScorer(there)):
        for items in ([], LONG):
            expected = on_cores.score(people(items), shown, {"place": "top"})
            found = scorer.score(people(items), shown, {"place": "top"})
            np.testing.assert_allclose(found.logit, expected.logit, atol=1e-5)
            np.testing.assert_allclose(found.weight, expected.weight, atol=1e-5)


def test_a_scorer_and_its_catalogue_share_what_the_device_holds(tmp_path):
    save_checkpoint(tmp_path, toy_network().float(), VOCABULARY, {}, "")
    scorer = Scorer(load_checkpoint(tmp_path), GpuDevice(HERE, PLAIN))
    assert Catalogue(scorer, [Item("a")]).rows.placed is scorer.local.placed is BatchingScorer(scorer).local.placed


@pytest.mark.parametrize("name", [name for name in FAMILY if name not in ASKS])
def test_no_candidate_and_no_request_waits_for_the_device(name, monkeypatch):
    network = toy_network(**FAMILY[name]).float()
    there = GpuDevice(NOWHERE, PLAIN)
    placed, batch = there.place(network), one_history(LONG, folds=network.config.folds)
    for_requests = there.request_network(placed)
    rows = all_rows()
    with without_waiting(monkeypatch), torch.inference_mode():
        sent = batch.to(NOWHERE)
        history = there.project(placed, sent)
        logits = history.logits(there.send(rows), there.tower(placed, placed.others(sent)))
        assert (logits.shape, logits.device) == ((len(rows),), NOWHERE)
        output = for_requests(sent)
        assert (output.logit.shape, output.weight.device) == ((1,), NOWHERE)


@pytest.mark.parametrize("name", ["din", "average", "softmax", "dot", "match flags"])
def test_what_is_captured_has_one_size_and_what_fills_it_up_is_left_out(name, monkeypatch):
    sizes = []

    class Played:
        """Plays what it was given, and notes the size."""

        def __init__(self, function, size, device):
            self.function, self.size = function, size

        def __call__(self, value):
            assert len(value) == self.size
            sizes.append(self.size)
            return self.function(value)

    monkeypatch.setattr(gpu_blocks, "CapturedGraph", Played)
    monkeypatch.setattr(GpuDevice, "captures", True)
    monkeypatch.setattr(gpu_blocks, "BLOCKS_WORTH_CAPTURING", 2)
    monkeypatch.setattr(GpuDevice, "block_size", lambda *_: 5)
    network = toy_network(**FAMILY[name])
    expected = plainly(network, one_history(LONG, torch.float64), all_rows())
    found = RowCatalogue(network.float(), all_rows(), GpuDevice(HERE, PLAIN)).scoring(one_history(LONG)).finish()
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert set(sizes) == {5}
    assert len(sizes) >= len(all_rows()) / 5


def test_launches_that_cannot_be_captured_are_made_one_by_one(monkeypatch):
    def broken(*_):
        raise RuntimeError("not permitted when stream is capturing")

    monkeypatch.setattr(gpu_blocks, "CapturedGraph", broken)
    monkeypatch.setattr(GpuDevice, "captures", True)
    monkeypatch.setattr(gpu_blocks, "BLOCKS_WORTH_CAPTURING", 0)
    monkeypatch.setattr(GpuDevice, "block_size", lambda *_: 5)
    network = toy_network()
    expected = plainly(network, one_history(LONG, torch.float64), all_rows())
    scoring = RowCatalogue(network.float(), all_rows(), GpuDevice(HERE, PLAIN)).scoring(one_history(LONG))
    with pytest.warns(UserWarning, match="without a CUDA graph"):
        np.testing.assert_allclose(scoring.finish(), expected, atol=1e-5)


@pytest.mark.parametrize("name", ["counts", "augru", "unit per field"])
def test_what_depends_on_values_is_not_captured(name, monkeypatch):
    monkeypatch.setattr(GpuDevice, "captures", True)  # there is nothing here that captures
    monkeypatch.setattr(gpu_blocks, "BLOCKS_WORTH_CAPTURING", 0)
    monkeypatch.setattr(GpuDevice, "block_size", lambda *_: 5)
    network = toy_network(**FAMILY[name]).float()
    batch = one_history(LONG, folds=network.config.folds)
    scoring = RowCatalogue(network, all_rows(), GpuDevice(HERE, PLAIN)).scoring(batch)
    assert np.isfinite(scoring.finish()).all()


def test_a_block_fills_a_device_but_not_its_memory():
    network, device = toy_network(), GpuDevice(HERE, PLAIN)
    sizes = [device.block_size(network, behaviors) for behaviors in (0, 1, 400, 40_000, 10**9)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == LARGEST_BLOCK
    assert sizes[-1] == LEAST_BLOCK


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("cuda:99", "'cuda:99' was asked for, but"),
        ("gpu", "'gpu' is not one of cpu, cuda, cuda:N"),
        ("mps", "'mps' is not one of cpu, cuda, cuda:N"),
    ],
)
def test_a_device_that_is_not_there_is_named(asked, message):
    with pytest.raises(DinLensError, match=message):
        open_device(asked)
