"""The parts of the benchmark, each run in a process of its own unless they are quick.

So the memory that one part holds, and how it set up the allocator and the compiler, is not the next one's; and a part
that breaks, or that the system ends for want of memory, costs its own rows alone.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from trainer.bench.parts.ablations import ablations
from trainer.bench.parts.catalogue import catalogue
from trainer.bench.parts.cluster import cluster
from trainer.bench.parts.cohorts import cohorts
from trainer.bench.parts.device import device
from trainer.bench.parts.embeddings import embeddings
from trainer.bench.parts.explaining import explaining
from trainer.bench.parts.ingesting import ingesting
from trainer.bench.parts.machine import about, load, machine
from trainer.bench.parts.rescoring import rescoring
from trainer.bench.parts.search import search
from trainer.bench.parts.serving import serving
from trainer.bench.parts.sessions import sessions
from trainer.bench.parts.sharding import sharding
from trainer.bench.parts.training import training
from trainer.bench.peers.accuracy import peer_accuracy
from trainer.bench.peers.speed import peers
from trainer.bench.results import Row
from trainer.bench.sizes import Sizes, quick
from trainer.bench.timing import say

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """What the command line asks for."""

    only: tuple[str, ...]
    quick: bool = False
    device: str = "cpu"
    store: str | None = None
    checkpoint: str | None = None
    cases: str | None = None

    @property
    def sizes(self) -> Sizes:
        """Full or quick."""
        return quick() if self.quick else Sizes()


def _parts(options: BenchOptions) -> Mapping[str, Callable[[], list[Row]]]:
    sizes = options.sizes
    return {
        "machine": partial(machine, sizes),
        "training": partial(training, sizes, options.device),
        "embeddings": partial(embeddings, sizes, options.device),
        "catalogue": partial(catalogue, sizes, options.store, options.checkpoint),
        "rescoring": partial(rescoring, sizes, options.store, options.checkpoint),
        "ingest": partial(ingesting, sizes, options.store),
        "search": partial(search, sizes),
        "serving": partial(serving, sizes, options.store, options.checkpoint),
        "sessions": partial(sessions, sizes, options.store, options.checkpoint),
        "device": partial(device, sizes, options.device, options.store, options.checkpoint),
        "explaining": partial(explaining, sizes, options.store, options.checkpoint),
        "cohorts": partial(cohorts, options.cases),
        "ablations": partial(ablations, sizes),
        "cluster": partial(cluster, sizes),
        "sharding": partial(sharding, sizes),
        "peers": partial(_peers, sizes, options.store),
    }


def _peers(sizes: Sizes, store: str | None) -> list[Row]:
    """How fast, and on a store's impressions how well."""
    return [*peers(sizes), *(peer_accuracy(store) if store else [])]


PARTS = tuple(_parts(BenchOptions(())))
"""Names, in the order of the table."""
ONLY_NAMED = ("cluster", "sharding", "peers")
"""Those that need what `requirements.txt` has not: they run where they are named alone."""


def bench(options: BenchOptions) -> dict[str, Any]:
    """Run the parts that are wanted; what the machine was and all rows, JSON-ready."""
    before = load()
    rows = [row.as_dict() for name in options.only for row in run_part(name, options)]
    return {"quick": options.quick, "machine": {**about(), "load before": before, "load after": load()}, "rows": rows}


def run_part(name: str, options: BenchOptions) -> Sequence[Row]:
    """A part's rows; one that says why where it broke."""
    try:
        return _run(name, options) if options.quick else in_new_process(_run, name, options)
    except Exception as error:  # whatever a part breaks on: the others are still to be measured
        reason = str(error).strip().splitlines()[:1] or [type(error).__name__]
        say(f"{name} broke: {reason[0]}")
        return [Row(name, name, note=f"broke: {reason[0]}")]


def in_new_process(function: Callable[..., Result], *args: object) -> Result:
    """What the function returns when a fresh process calls it; whatever it raises, BrokenProcessPool when it ends."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(function, *args).result()


def _run(name: str, options: BenchOptions) -> list[Row]:
    return _parts(options)[name]()
