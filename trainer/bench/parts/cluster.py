"""Training by workers of a Ray cluster of this machine, beside one process: samples a second, and what is sent.

Each worker has one core. On a machine of two cores two workers can be no faster than one process that uses both; what
is read here is what it costs to be several.
"""

from __future__ import annotations

import tempfile
import time
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
from trainer.training.freed_memory import keep_freed_memory

MODELS = ("din", "din-mba")
"""Item embeddings decayed as a whole, and by touched rows alone"""
WORKERS = (1, 2)


@dataclass(frozen=True, slots=True)
class StepCosts:
    """Of the steps of one process, or of several together."""

    samples_second: float
    cpu_sample: float
    """Processor seconds of all of them, a sample"""
    sent: float = 0.0
    """Bytes of gradients that each handed to the others, a step"""

    def values(self) -> dict[str, float]:
        """Columns of the table."""
        sent = {"kB sent a step": self.sent / 1e3} if self.sent else {}
        return {"samples/s": self.samples_second, "CPU µs a sample": self.cpu_sample * 1e6, **sent}


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
        sole = {threads: _mean(before[place][threads], after[place][threads]) for threads in WORKERS}
        rows += rows_of(f"{model}, {shape.name}", sole, {workers: own[place] for workers, own in found.items()})
    return rows


def _mean(one: StepCosts, other: StepCosts) -> StepCosts:
    return StepCosts(mean([one.samples_second, other.samples_second]), mean([one.cpu_sample, other.cpu_sample]))


def rows_of(name: str, sole: Mapping[int, StepCosts], found: Mapping[int, StepCosts]) -> list[Row]:
    """A row of one process by each number of its threads, then one by each number of workers."""
    rows = [
        Row("cluster", f"{name}: one process, {threads} thread{'s' * (threads > 1)}", own.values())
        for threads, own in sole.items()
    ]
    for workers, own in found.items():
        ratio = own.samples_second / sole[1].samples_second
        values = {**own.values(), "× one thread": ratio, "efficiency": ratio / workers}
        values["× as many threads"] = own.samples_second / sole[workers].samples_second
        rows.append(Row("cluster", f"{name}: {workers} worker{'s' * (workers > 1)}", values))
    return rows


def alone(model: str, shape: Shape, sizes: Sizes) -> dict[int, StepCosts]:
    """Of this process, by its threads."""
    say(f"cluster: {model}, {shape.name}, one process")
    steps = model_steps(model, shape, sizes)
    threads, spent_cpu = torch.get_num_threads(), dict[int, list[float]]()

    def burst(n: int) -> None:
        torch.set_num_threads(n)
        started = time.process_time()
        steps()
        spent_cpu.setdefault(n, []).append(time.process_time() - started)

    spent = alternate({str(n): partial(burst, n) for n in WORKERS}, max(1, (sizes.rounds - 1) // 2))
    torch.set_num_threads(threads)
    samples = steps.burst * steps.samples_step
    return {n: StepCosts(samples / median(spent[str(n)]), median(spent_cpu[n][1:]) / samples) for n in WORKERS}


def on_cluster(cases: list[tuple[str, Shape]], sizes: Sizes, workers: int) -> list[StepCosts]:
    """Of each case, by so many workers on a cluster of this machine."""
    say(f"cluster: {workers} worker{'s' * (workers > 1)}")
    ray = import_ray()
    with tempfile.TemporaryDirectory(prefix="din-lens-bench-") as folder:
        try:
            connect(ray, None, workers, fewer="--workers")
            found: list[StepCosts] = run_workers(ray, partial(measure, cases, sizes), workers, Path(folder), say)
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
        before, spent, started = group.sent, [], time.process_time()
        for _ in range(sizes.rounds):
            dist.barrier()
            spent.append(seconds_of(steps))
        cpu = torch.tensor(time.process_time() - started)
        dist.all_reduce(cpu)
        taken = sizes.rounds * shape.burst
        sent = (group.sent - before) / taken if group.size > 1 else 0.0
        found.append(StepCosts(steps.samples_second(median(spent)), float(cpu) / (taken * steps.samples_step), sent))
    if group.rank == 0:
        import ray

        ray.get(events.tell.remote("result", found))
