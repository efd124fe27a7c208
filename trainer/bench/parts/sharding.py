"""Training with a large item table by workers of a Ray cluster of this machine: copies of the table, and shards.

What is read here is the memory of a worker and what it sends; the run is one of `fit`, with an evaluation. There may
be more workers than cores, so times are no measure of how more workers gain.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import torch

from trainer.bench.data.synthetic_samples import as_read_by, config_of, synthetic_samples
from trainer.bench.memory import extra_bytes
from trainer.bench.results import Row
from trainer.bench.sizes import Shape, Sizes, short
from trainer.bench.timing import say
from trainer.cluster.connection import check_installed, connect, import_ray
from trainer.cluster.training import run_workers
from trainer.training.fitting.fit import Step, fit
from trainer.training.fitting.options import FitOptions
from trainer.training.fitting.sharding.sharded_group import ShardedGroup
from trainer.training.fitting.worker_group import WorkerGroup
from trainer.training.freed_memory import keep_freed_memory
from trainer.training.limits import count_weights
from trainer.training.recipes import RECIPES

MODELS = ("din", "din-mba")
"""Item embeddings decayed as a whole, and by touched rows alone"""
GROUPS = {"copies": WorkerGroup, "shards": ShardedGroup}
CASES = (("copies", 2), ("shards", 2), ("shards", 4))
"""Tables and workers"""
STEPS = 12
"""Of a run"""


@dataclass
class WorkerCosts:
    """Of the first worker in one run."""

    group: WorkerGroup
    bytes_held: float = 0.0
    """The most at once, beyond what there was before; 0 where the system does not say"""
    at: list[tuple[float, float, int]] = field(default_factory=list)
    """After each step: seconds, processor seconds, bytes sent"""

    def hear(self, step: Step) -> None:
        """A step was made."""
        self.at.append((time.monotonic(), time.process_time(), self.group.sent))

    def values(self, weights: int) -> dict[str, float]:
        """Columns of the table, those of a step as medians: one of them holds the evaluation."""
        seconds, cpu, sent = (
            median(after - before for before, after in pairwise(column)) for column in zip(*self.at, strict=True)
        )
        return {
            "MB a worker": self.bytes_held / 1e6,
            "bytes a weight": self.bytes_held / weights,
            "kB sent a step": sent / 1e3,
            "ms a step": seconds * 1e3,
            "CPU ms a step": cpu * 1e3,
        }


def sharding(sizes: Sizes) -> list[Row]:
    """A row a model and case; DinLensError where Ray is not installed."""
    check_installed()
    shape = short(sizes.sharded_rows)
    rows = []
    for model in MODELS:
        for tables, workers in CASES:
            say(f"sharding: {model}, {tables}, {workers} workers")
            values = on_cluster(model, tables, workers, shape, sizes)
            rows.append(Row("sharding", f"{model}, {sizes.sharded_rows:,} items: {workers} workers, {tables}", values))
    return rows


def on_cluster(model: str, tables: str, workers: int, shape: Shape, sizes: Sizes) -> dict[str, float]:
    """Of the first of so many workers of a cluster that is started for them."""
    ray = import_ray()
    with tempfile.TemporaryDirectory(prefix="din-lens-bench-") as folder:
        try:
            connect(ray, None, workers, fewer="--workers")
            work = partial(measure, model, tables, shape, sizes)
            found: dict[str, float] = run_workers(ray, work, workers, Path(folder), say)
            return found
        finally:
            ray.shutdown()


def measure(model: str, tables: str, shape: Shape, sizes: Sizes, events: Any) -> None:
    """In each worker: a run, of which the first worker tells the costs."""
    keep_freed_memory()
    torch.set_num_threads(1)
    group = GROUPS[tables]()
    config = config_of(model, shape)
    train, valid = (
        as_read_by(config, synthetic_samples(shape, shape.batch * n, seed)) for seed, n in enumerate((STEPS, 1))
    )
    options = FitOptions(
        epochs=1,
        batch_size=shape.batch,
        learning_rate=0.004,
        embedding_decay=4.0,
        evaluations_per_epoch=1,
        regularisation=RECIPES[model].regularisation,
    )
    costs = WorkerCosts(group)

    def run() -> None:
        network = group.network(config, options.seed)
        fit(network, train, valid, options, None, costs.hear, sizes.compiled, group)

    costs.bytes_held = extra_bytes(run) or 0.0
    if group.rank == 0:
        import ray

        ray.get(events.tell.remote("result", costs.values(count_weights(config))))
