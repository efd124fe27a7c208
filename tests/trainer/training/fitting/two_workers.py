"""Something done by two workers on this machine: this process is the first, and starts the second."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import torch
import torch.distributed as dist

from trainer.training.fitting.worker_group import WorkerGroup

Result = TypeVar("Result")
SECONDS = 60
"""That each may wait for the other."""


def by_two(store: Path, work: Callable[..., Result], *args: object) -> tuple[Result, Result]:
    """What `work(group, *args)` returns in both, which meet by the file `store`, not there yet; a thread each."""
    threads = torch.get_num_threads()
    try:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
            second = process.submit(_member, 1, store, work, *args)
            first = _member(0, store, work, *args)
            return first, second.result()
    finally:
        torch.set_num_threads(threads)


def _member(rank: int, store: Path, work: Callable[..., Result], *args: object) -> Result:
    torch.set_num_threads(1)
    meeting = f"file://{store}"
    dist.init_process_group("gloo", meeting, timedelta(seconds=SECONDS), world_size=2, rank=rank)
    try:
        # Tensors are handed to another process as shared memory; no two machines have that.
        return work(WorkerGroup(), *deepcopy(args))
    finally:
        dist.destroy_process_group()
