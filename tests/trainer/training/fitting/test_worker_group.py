"""Two workers step as one process does, end with equal weights, and go on with what was saved by any of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from din_core.model.network import InterestNetwork
from tests.trainer.planted_tables import planted_bulk
from tests.trainer.training.fitting.two_workers import by_two
from trainer.training.fields.training_vocabulary import build_vocabulary
from trainer.training.fitting import worker_group
from trainer.training.fitting.fit import fit
from trainer.training.fitting.options import FitOptions
from trainer.training.fitting.run import Run
from trainer.training.fitting.worker_group import WorkerGroup
from trainer.training.fitting.workers import SOLE, SoleWorker, cut
from trainer.training.samples import Samples, build_samples
from trainer.training.train import TrainOptions, build_config

OPTIONS = FitOptions(
    epochs=2, batch_size=256, learning_rate=0.01, embedding_decay=0.0, warmup_steps=5, evaluations_per_epoch=1
)


KINDS = ("dense", "sparse", "one group")
"""Of gradients: of tables as a whole, of touched rows, and of a batch that is too small to be parted"""


@dataclass(frozen=True)
class World:
    """Train and validation samples of planted interests, and the network that they are for."""

    train: Samples
    valid: Samples
    network: InterestNetwork


def world(folder: Path) -> World:
    bulk = planted_bulk(folder)
    vocabulary = build_vocabulary(bulk, min_count=1)
    train, valid = (build_samples(bulk, vocabulary, split, 50) for split in ("train", "valid"))
    torch.manual_seed(0)
    network = InterestNetwork(
        build_config(vocabulary, TrainOptions("", "din", Path(), max_history=50, tower_dropout=0.1))
    )
    return World(train, valid, network)


class Killed(Exception):
    pass


def gradients(workers: SoleWorker, own: World, kind: str) -> list[Tensor]:
    """Of the first batch or one group of it, as evaluation computes it: nothing is drawn or stands on statistics."""
    sparse = kind == "sparse"
    options = replace(OPTIONS, regularisation="mba-batches") if sparse else OPTIONS
    run = Run(own.network, own.train, own.valid, options, accelerated=False, workers=workers)
    run.network.eval()
    own.network.zero_grad()
    run.batches = [run.batches[0][:1]] if kind == "one group" else run.batches
    batch, label, part = run._batch()
    run.workers.combine(run.model, run._learn(batch, label, part.share), part.share)
    found = [parameter.grad for parameter in own.network.parameters()]
    assert {grad.is_sparse for grad in found} == {sparse, False}
    return [grad.to_dense().clone() for grad in found]


def train(workers: SoleWorker, own: World, folder: Path | None = None, killed_at: int = 0) -> dict[str, Any]:
    """A run's curve and its weights; or how far it was when it was killed."""

    def kill(step: Any) -> None:
        if killed_at and step.step == killed_at:
            raise Killed

    torch.manual_seed(0)
    model = InterestNetwork(own.network.config)
    options = replace(OPTIONS, save_seconds=0.0)
    try:
        fitted = fit(model, own.train, own.valid, options, folder, kill, accelerated=False, workers=workers)
    except Killed:
        return {"killed": killed_at}
    return {"curve": fitted.curve, "weights": {name: value.numpy() for name, value in model.state_dict().items()}}


def all_of_it(group: WorkerGroup, own: World, folder: Path) -> dict[str, Any]:
    """What the tests look at, in one meeting of the two, as starting the second takes seconds."""
    group.whole_rows = 20  # so that the small world's tables go by rows
    of_batches = {kind: gradients(group, own, kind) for kind in KINDS}
    whole = train(group, own)
    killed = train(group, own, folder / "state", killed_at=15)
    resumed = train(group, own, folder / "state")
    train(group, own, folder / "for one", killed_at=15)
    return {**of_batches, "whole": whole, "killed": killed, "resumed": resumed}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> World:
    return world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def both(own: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], dict[str, Any]]:
    folder = tmp_path_factory.mktemp("two")
    return folder, *by_two(folder / "meeting", all_of_it, own, folder)


def test_parts_hold_each_group_once_in_order_and_cost_about_the_same(own: World) -> None:
    groups = own.train.shuffled(64, 0, 0)[0]
    parts = cut(own.train, groups, 2)
    np.testing.assert_array_equal(np.concatenate(parts), groups)
    assert [len(part) for part in cut(own.train, groups[:1], 3)] == [1, 0, 0]
    behaviors, candidates = (np.diff(o)[groups] for o in (own.train.behavior_offsets, own.train.candidate_offsets))
    costs = [float(np.sum((candidates * (behaviors + 8))[np.isin(groups, part)])) for part in parts]
    assert max(costs) < 1.5 * min(costs)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_of_two_parts_add_up_to_those_of_the_whole_batch(own: World, both: Any, kind: str) -> None:
    _, first, second = both
    for found, other, expected in zip(first[kind], second[kind], gradients(SOLE, own, kind), strict=True):
        torch.testing.assert_close(found, other, rtol=0, atol=0)
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-7)


def test_both_end_with_the_same_weights_and_with_the_metric_of_one_process(own: World, both: Any) -> None:
    _, first, second = both
    for name, value in first["whole"]["weights"].items():
        np.testing.assert_array_equal(value, second["whole"]["weights"][name])
    assert first["whole"]["curve"] == second["whole"]["curve"]
    alone = train(SOLE, own)
    best = [max(entry["gauc"] for entry in run["curve"]) for run in (first["whole"], alone)]
    assert min(best) > 0.9 and abs(best[0] - best[1]) < 0.02


def test_a_killed_run_of_two_goes_on_to_the_same_result(both: Any) -> None:
    _, first, _ = both
    assert first["killed"] == {"killed": 15}
    assert first["resumed"]["curve"] == first["whole"]["curve"]
    for name, value in first["whole"]["weights"].items():
        np.testing.assert_array_equal(first["resumed"]["weights"][name], value)


def test_one_process_goes_on_with_what_two_have_saved(own: World, both: Any) -> None:
    folder, first, _ = both
    alone = train(SOLE, own, folder / "for one")
    saved = [entry for entry in first["whole"]["curve"] if entry["step"] < 15]
    assert saved and alone["curve"][: len(saved)] == saved
    assert max(entry["gauc"] for entry in alone["curve"]) > 0.9


def test_rows_that_no_part_touched_are_not_sent(own: World) -> None:
    table = own.network.item.tables[0].weight
    assert isinstance(table, nn.Parameter)
    table.grad = torch.zeros_like(table)
    table.grad[3] = 1
    rows, values = worker_group.touched(table)
    assert rows.tolist() == [3] and values.shape == (1, table.shape[1])
