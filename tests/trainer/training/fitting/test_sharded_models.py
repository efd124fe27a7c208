"""A worker that is alone with its shards steps as one with copies, whatever the model: all of it but other workers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch.distributed as dist

from din_core.model.network import InterestNetwork
from tests.trainer.numbers_and_vectors import numbers_and_vectors
from trainer.training.fields.pretrained_vectors import fill_vectors
from trainer.training.fitting.options import FitOptions
from trainer.training.fitting.run import Run
from trainer.training.fitting.sharding.sharded_group import ShardedGroup
from trainer.training.fitting.sharding.table_shard import table_shards
from trainer.training.fitting.worker_group import WorkerGroup
from trainer.training.model_fields import ModelFields
from trainer.training.recipes import RECIPES
from trainer.training.train import TrainingData, TrainOptions, fit_options, read_data

CASES = [(model, "none") for model in ("base", "din-fields", "din-glass", "din-counts", "tin-gaps")]
CASES += [(model, vectors) for model in ("din-mba", "dien") for vectors in ("none", "fixed", "fine-tuned")]
STEPS = 3
LEAST_ROWS = 40


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return numbers_and_vectors(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShardedGroup]:
    meeting = tmp_path_factory.mktemp("group") / "meeting"
    dist.init_process_group("gloo", f"file://{meeting}", world_size=1, rank=0)
    group = ShardedGroup()
    group.least_rows = LEAST_ROWS
    yield group
    dist.destroy_process_group()


def stepped(workers: WorkerGroup, model: InterestNetwork, data: TrainingData, options: FitOptions) -> Run:
    """A run after some steps and an evaluation."""
    run = Run(model, data.train, data.valid, options, workers=workers)
    for _ in range(STEPS):
        run.advance()
    run._evaluate()
    return run


@pytest.mark.parametrize(
    ("step", "evaluated", "overdue", "seconds_ago", "due"),
    [
        (16, False, True, 91.0, True),
        (17, False, True, 91.0, False),
        (17, True, False, 91.0, True),
        (16, False, False, 91.0, False),
        (16, True, True, 80.0, False),
    ],
)
def test_saving_which_takes_ten_seconds_takes_at_most_a_tenth_of_the_time(
    group: ShardedGroup, step: int, evaluated: bool, overdue: bool, seconds_ago: float, due: bool
) -> None:
    group.saving_seconds, group.saved_at = 10.0, time.monotonic() - seconds_ago
    assert group.saves_now(step, evaluated, overdue) is due


@pytest.mark.parametrize(("model", "vectors"), CASES)
def test_steps_and_evaluations_are_those_of_copies(
    url: str, tmp_path: Path, group: ShardedGroup, model: str, vectors: str
) -> None:
    fields, fitting = ModelFields(users=(), impressions=()), fit_options(RECIPES[model], {"batch_size": 64})
    data = read_data(TrainOptions(url, model, tmp_path, min_count=1, max_history=20, fields=fields, vectors=vectors))
    sharded = group.network(data.config, seed=0)
    fill_vectors(sharded, data.vectors)
    assert [name for name, _ in table_shards(sharded)] == ["item.tables.0.weight"]
    copied = group.whole(sharded, tmp_path / "start")
    curve = stepped(group, sharded, data, fitting).curve
    assert curve[0] == pytest.approx(stepped(WorkerGroup(), copied, data, fitting).curve[0], abs=1e-6)
    found = group.whole(sharded, tmp_path / "end").state_dict()
    for name, expected in copied.state_dict().items():
        np.testing.assert_allclose(found[name].numpy(), expected.numpy(), rtol=0, atol=2e-6, err_msg=name)
