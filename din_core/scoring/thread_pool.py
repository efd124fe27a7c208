"""Threads that compute side by side, each on work of its own.

One matrix product split over the cores waits for the slowest of them, and stands still while another program holds
a core; threads with tiles of their own do not wait for each other. PyTorch lets go of Python's lock while it
computes.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import torch

from din_core.scoring.ordered_work import Result, Work, in_order_by

AHEAD = 3
"""Pieces of work a thread that are begun before the first is asked for: what a caller who stops has wasted."""


def cores() -> int:
    """CPU cores that this process may use, and that PyTorch was left."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(usable, torch.get_num_threads()))


def in_order(
    compute: Callable[[Work], Result], work: Iterable[Work], threads: int, stop: threading.Event | None = None
) -> Iterator[Result]:
    """`map` over `threads` threads that runs at most a few pieces ahead; ends early once `stop` is set.

    Callers share the threads; their pieces take turns.
    """
    return in_order_by(_pool(threads), AHEAD * threads, compute, work, stop)


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """Threads in which PyTorch uses one core each."""
    before, started = torch.get_num_threads(), threading.Barrier(threads + 1)
    pool = ThreadPoolExecutor(threads, "scoring", initializer=_use_one_core)
    for _ in range(threads):
        pool.submit(started.wait)
    started.wait()
    torch.set_num_threads(before)  # what a thread sets, PyTorch hands to every thread started later
    return pool


def _use_one_core() -> None:
    torch.get_num_threads()  # a thread's first look takes over the process's setting, whatever was set before
    torch.set_num_threads(1)
