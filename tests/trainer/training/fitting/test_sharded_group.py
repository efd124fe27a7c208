"""Two workers with sharded tables: their steps, evaluations, saved states and result are those of two with copies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from din_core.model.config import ModelConfig
from din_core.model.network import InterestNetwork
from din_core.store import ingest, open_store
from tests.trainer.planted_tables import planted_tables
from tests.trainer.training.fitting.two_workers import by_two
from trainer.training.fields.training_vocabulary import build_vocabulary
from trainer.training.fitting.fit import fit
from trainer.training.fitting.optimisers.regularisation import Regularisation
from trainer.training.fitting.options import FitOptions
from trainer.training.fitting.prediction import predict
from trainer.training.fitting.sharding.moved_rows import gathered, scattered
from trainer.training.fitting.sharding.sharded_group import ShardedGroup
from trainer.training.fitting.sharding.table_shard import TableShard, table_shards
from trainer.training.fitting.worker_group import WorkerGroup
from trainer.training.fitting.workers import SOLE, SoleWorker
from trainer.training.model_fields import ModelFields
from trainer.training.samples import Samples, build_samples
from trainer.training.train import TrainOptions, build_config

OPTIONS = FitOptions(
    epochs=2, batch_size=100, learning_rate=0.01, embedding_decay=0.5, warmup_steps=5, evaluations_per_epoch=1
)
KINDS: tuple[Regularisation, ...] = ("decay", "mba-batches")
KILLED_AT = 18
"""Two steps after a state was saved in the middle of an epoch"""
LEAST_ROWS = 10
"""So that the ids and the genres of the small world are sharded, and its categories are copied"""


@dataclass(frozen=True)
class World:
    """Samples of planted interests, whose items have one or two genres, and the network that they are for."""

    train: Samples
    valid: Samples
    config: ModelConfig

    def counted(self, network: InterestNetwork) -> InterestNetwork:
        assert network.counts is not None
        network.counts.count_everybody(self.train.item_rows, self.train.sets)
        return network


class Killed(Exception):
    pass


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("world")
    tables = planted_tables(folder / "tables", users=32)
    items = pd.read_csv(tables / "items.csv")
    items["genres"] = [f"g{i % 12}" + (f"|g{(i + 1) % 12}" if i % 3 == 0 else "") for i in range(40)]
    items.to_csv(tables / "items.csv", index=False)
    url = f"sqlite:///{folder / 'store.db'}"
    ingest(tables, url)
    store = open_store(url)
    bulk = store.bulk()
    store.close()
    # Users' fields of two values would learn from rounding alone: the tower's input is normalised.
    vocabulary = build_vocabulary(bulk, 1, ModelFields(("category", "genres"), (), ()))
    train, valid = (build_samples(bulk, vocabulary, split, 50) for split in ("train", "valid"))
    options = TrainOptions("", "din-counts", Path(), max_history=50, tower_dropout=0.1)
    return World(train, valid, build_config(vocabulary, options))


def fitted(
    workers: SoleWorker, model: InterestNetwork, own: World, kind: Regularisation, folder: Path | None, killed_at: int
) -> list[Any]:
    """A run's curve; the model holds its weights."""

    def kill(step: Any) -> None:
        if killed_at and step.step == killed_at:
            raise Killed

    options = replace(OPTIONS, regularisation=kind, save_seconds=0.0)
    try:
        return fit(model, own.train, own.valid, options, folder, kill, workers=workers).curve
    except Killed:
        return []


def sharded(
    group: ShardedGroup, own: World, kind: Regularisation, folder: Path, saved: str | None = None, killed_at: int = 0
) -> dict[str, Any]:
    """A run's curve, its tables as the first worker has them, and how many rows this one held."""
    model = own.counted(group.network(own.config, seed=0))
    state = folder / saved if saved else None
    curve = fitted(group, model, own, kind, state, killed_at)
    held = {name: len(shard.weight) for name, shard in table_shards(model)}
    whole = weights_of(group.whole(model, folder / "whole"))
    return {"curve": curve, "held": held, "weights": whole if group.rank == 0 else {}}


def copied(
    group: ShardedGroup, own: World, kind: Regularisation, folder: Path, saved: str | None = None, killed_at: int = 0
) -> dict[str, Any]:
    """The same by copies, which start as the shards do."""
    start = group.whole(own.counted(group.network(own.config, seed=0)), folder / "start")
    model = start if group.rank == 0 else InterestNetwork(own.config)
    curve = fitted(WorkerGroup(), model, own, kind, folder / saved if saved else None, killed_at)
    return {"curve": curve, "weights": weights_of(model)}


def uneven(group: ShardedGroup, own: World, folder: Path) -> tuple[Any, Any]:
    """Logits of samples that are with the first worker alone, by shards and by copies."""
    model = own.counted(group.network(own.config, seed=0))
    whole = group.whole(model, folder / "uneven")
    samples = own.valid if group.rank == 0 else own.valid.of_groups(np.arange(0))
    return group.logits(model, samples, batch_size=100), predict(whole, samples, 100)


def weights_of(model: InterestNetwork) -> dict[str, Any]:
    return {name: value.numpy().copy() for name, value in model.state_dict().items()}


def all_of_it(_: WorkerGroup, own: World, folder: Path) -> dict[str, Any]:
    """What the tests look at, in one meeting of the two, as starting the second takes seconds."""
    group = ShardedGroup()
    group.least_rows = LEAST_ROWS
    found: dict[str, Any] = {}
    for kind in KINDS:
        found[kind] = sharded(group, own, kind, folder), copied(group, own, kind, folder)
        sharded(group, own, kind, folder, f"{kind} by shards", KILLED_AT)
        found[f"{kind} resumed"] = sharded(group, own, kind, folder, f"{kind} by shards")
    copied(group, own, "decay", folder, "by copies", KILLED_AT)
    found["from copies"] = sharded(group, own, "decay", folder, "by copies")
    sharded(group, own, "decay", folder, "for one", KILLED_AT)
    return {**found, "by turns": turns(group), "uneven": uneven(group, own, folder)}


def turns(group: ShardedGroup) -> Tensor:
    """(41, 24) rows of a table of two workers, moved to the first and back."""
    shard = TableShard(41, 24, group.rank, group.size)
    shard.draw(3, 0)
    whole = torch.cat([torch.zeros(0, 24), *gathered(shard.weight.detach(), 41)])
    back = (
        scattered(lambda start, stop: whole[start:stop], (41, 24), torch.float32)
        if group.rank == 0
        else (scattered(None, (41, 24), torch.float32))
    )
    assert torch.equal(back, shard.weight)
    return whole


@pytest.fixture(scope="module")
def both(own: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], dict[str, Any]]:
    folder = tmp_path_factory.mktemp("two")
    return folder, *by_two(folder / "meeting", all_of_it, own, folder)


def close(found: dict[str, Any], expected: dict[str, Any], tolerance: float) -> None:
    assert found["weights"].keys() == expected["weights"].keys()
    for name, value in expected["weights"].items():
        np.testing.assert_allclose(found["weights"][name], value, rtol=tolerance, atol=tolerance, err_msg=name)
    for entry, other in zip(found["curve"], expected["curve"], strict=True):
        assert entry == pytest.approx(other, abs=tolerance)


@pytest.mark.parametrize("kind", KINDS)
def test_both_end_with_the_weights_and_the_metrics_of_copies(both: Any, kind: Regularisation) -> None:
    _, first, _ = both
    close(*first[kind], tolerance=1e-6)


def test_each_holds_half_of_the_rows_of_large_tables(both: Any) -> None:
    _, first, second = both
    assert first["decay"][0]["held"] == {"item.tables.0.weight": 21, "item.tables.2.weight": 7}
    assert second["decay"][0]["held"] == {"item.tables.0.weight": 20, "item.tables.2.weight": 6}


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_run_goes_on_to_the_same_result(both: Any, kind: Regularisation) -> None:
    _, first, _ = both
    close(first[f"{kind} resumed"], first[kind][0], tolerance=0)


def test_shards_go_on_with_what_copies_have_saved(both: Any) -> None:
    _, first, _ = both
    close(first["from copies"], first["decay"][0], tolerance=1e-6)


def test_one_process_goes_on_with_what_shards_have_saved(own: World, both: Any) -> None:
    folder, first, _ = both
    model = own.counted(InterestNetwork(own.config))
    curve = fitted(SOLE, model, own, "decay", folder / "for one", 0)
    assert curve[0] == pytest.approx(first["decay"][0]["curve"][0]) and curve[0]["step"] < KILLED_AT
    assert curve[-1]["gauc"] > 0.9


def test_a_worker_without_samples_gives_rows_to_the_other(both: Any) -> None:
    _, first, second = both
    np.testing.assert_allclose(*first["uneven"], atol=1e-6)
    assert len(first["uneven"][0]) > 100 and [len(own) for own in second["uneven"]] == [0, 0]


def test_rows_start_the_same_whatever_the_number_of_workers(both: Any) -> None:
    _, first, _ = both
    alone = TableShard(41, 24, 0, 1)
    alone.draw(3, 0)
    torch.testing.assert_close(first["by turns"], alone.weight.detach(), rtol=0, atol=0)
    assert len(np.unique(alone.weight.detach().numpy().round(5), axis=0)) == 41
