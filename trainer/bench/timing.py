"""Timing things that are compared: alternately, and by medians."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch


def alternate(tasks: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each task, `rounds` times each: A B C, A B C, … A first turn of each is not counted."""
    found: dict[str, list[float]] = {name: [] for name in tasks}
    for turn in range(rounds + 1):
        for name, task in tasks.items():
            spent = seconds_of(task)
            if turn:
                found[name].append(spent)
        if turn:
            say(f"  round {turn} of {rounds}")
    return found


def seconds_of(task: Callable[[], object]) -> float:
    """Wall clock, until a GPU has also done what it was given."""
    _wait()
    started = time.perf_counter()
    task()
    _wait()
    return time.perf_counter() - started


def percentiles(seconds: Sequence[float] | np.ndarray, wanted: Sequence[int]) -> dict[str, float]:
    """`p50, ms` and so on: milliseconds that so many percent of the values do not exceed."""
    return {f"p{p}, ms": float(1e3 * np.percentile(seconds, p)) for p in wanted}


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def say(line: str) -> None:
    """A line of progress."""
    print(line, file=sys.stderr, flush=True)
