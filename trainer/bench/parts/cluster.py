"""Training by workers of a Ray cluster of this machine, beside one process: samples a second, and what is sent.

Each worker has one core. On a machine of two cores two workers can be no faster than one process that uses both; what
is read here is what it costs to be several.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import mean, median
from typing import Any

import torch
import torch.distributed as dist

from trainer.bench.parts.training import model_steps
from trainer.bench.results import Row
from trainer.bench.sizes import Shape, Sizes
from trainer.bench.timing import alternate, say, seconds_of
from trainer.cluster.connection import check_installed, connect, import_ray
from trainer.cluster.training import run_workers
from trainer.training.fitting.worker_group import WorkerGroup
from trainer.training.train import keep_freed_memory

MODELS = ("din", "din-mba")
"""Item embeddings decayed as a whole, and by touched rows alone"""
WORKERS = (1, 2)


@dataclass(frozen=True, slots=True)
class WorkerSteps:
    """What the first worker measured."""

    samples_second: float
    """Of all workers"""
    sent: float
    """Bytes of gradients that one worker handed to the others, a step"""


def cluster(sizes: Sizes) -> list[Row]:
    """Two rows of one process and two of workers, a shape and model; DinLensError where Ray is not installed."""
    check_installed()
    keep_freed_memory()
    cases = [(model, shape) for shape in sizes.shapes for model in MODELS]
    before = [alone(model, shape, sizes) for model, shape in cases]
    found = {workers: on_cluster(cases, sizes, workers) for workers in WORKERS}
    after = [alone(model, shape, sizes) for model, shape in cases]
    rows = []
    for place, (model, shape) in enumerate(cases):
        sole = {threads: mean([before[place][threads], after[place][threads]]) for threads in before[place]}
        rows += _rows(f"{model}, {shape.name}", sole, {workers: own[place] for workers, own in found.items()})
    return rows


def _rows(name: str, sole: Mapping[int, float], found: Mapping[int, WorkerSteps]) -> list[Row]:
    rows = [
        Row("cluster", f"{name}: one process, {threads} thread{'s' * (threads > 1)}", {"samples/s": rate})
        for threads, rate in sole.items()
    ]
    for workers, own in found.items():
        values = {
            "samples/s": own.samples_second,
            "× one thread": own.samples_second / sole[1],
            "a worker × one thread": own.samples_second / sole[1] / workers,
        }
        if workers > 1:
            values["kB sent a step"] = own.sent / 1e3
        if workers in sole:
            values["× as many threads"] = own.samples_second / sole[workers]
        rows.append(Row("cluster", f"{name}: {workers} worker{'s' * (workers > 1)}", values))
    return rows


def alone(model: str, shape: Shape, sizes: Sizes) -> dict[int, float]:
    """Samples a second of this process by its threads."""
    say(f"cluster: {model}, {shape.name}, one process")
    steps = model_steps(model, shape, sizes)
    threads = torch.get_num_threads()

    def burst(n: int) -> None:
        torch.set_num_threads(n)
        steps()

    spent = alternate({str(n): partial(burst, n) for n in WORKERS}, max(1, (sizes.rounds - 1) // 2))
    torch.set_num_threads(threads)
    return {n: steps.samples_second(median(spent[str(n)])) for n in WORKERS}


def on_cluster(cases: list[tuple[str, Shape]], sizes: Sizes, workers: int) -> list[WorkerSteps]:
    """Of each case, by so many workers on a cluster of this machine."""
    say(f"cluster: {workers} worker{'s' * (workers > 1)}")
    ray = import_ray()
    with tempfile.TemporaryDirectory(prefix="din-lens-bench-") as folder:
        try:
            connect(ray, None, workers, fewer="--workers")
            found: list[WorkerSteps] = run_workers(ray, partial(measure, cases, sizes), workers, Path(folder), say)
            return found
        finally:
            ray.shutdown()


def measure(cases: list[tuple[str, Shape]], sizes: Sizes, events: Any) -> None:
    """In each worker: the steps of all cases, of which the first worker tells the times."""
    keep_freed_memory()
    torch.set_num_threads(1)
    found, group = [], WorkerGroup()
    for model, shape in cases:
        steps = model_steps(model, shape, sizes, workers=group)
        steps()
        before, spent = group.sent, []
        for _ in range(sizes.rounds):
            dist.barrier()
            spent.append(seconds_of(steps))
        sent = (group.sent - before) / (sizes.rounds * shape.burst)
        found.append(WorkerSteps(steps.samples_second(median(spent)), sent))
    if group.rank == 0:
        import ray

        ray.get(events.tell.remote("result", found))
