"""Many callers at once, each asking again as soon as it is answered: request batching off and on.

Histories lie in memory, folded: what is measured is scoring.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from din_core.domain import History, Item
from din_core.scoring import BatchingScorer, Scorer
from trainer.bench.data.bench_store import world
from trainer.bench.results import Row
from trainer.bench.sizes import Sizes
from trainer.bench.timing import say

Asked = tuple[History, Item]


@dataclass(slots=True)
class Served:
    """Of one scorer, over the rounds."""

    rates: list[float] = field(default_factory=list)
    """Answers a second, one a round"""
    waits: list[float] = field(default_factory=list)
    """Seconds, one an answer"""

    def add(self, rate: float, waits: list[float]) -> None:
        """A round more."""
        self.rates.append(rate)
        self.waits += waits

    def values(self) -> dict[str, float]:
        """Columns of the table."""
        p50, p99 = (float(1e3 * np.percentile(self.waits, p)) for p in (50, 99))
        return {"requests/s": median(self.rates), "p50, ms": p50, "p99, ms": p99}


def serving(sizes: Sizes, store: str | None = None, checkpoint: str | None = None) -> list[Row]:
    """Two rows a number of callers."""
    rows = []
    with world(sizes, store, checkpoint) as asked:
        questions = [asked.read(question) for question in asked.questions]
        with BatchingScorer(asked.scorer, max_queue=4 * max(sizes.callers)) as batching:
            for callers in sizes.callers:
                say(f"serving, {callers} callers")
                rows += _rows(callers, {"off": asked.scorer, "on": batching}, questions, sizes)
    return rows


def _rows(callers: int, scorers: dict[str, Scorer], questions: Sequence[Asked], sizes: Sizes) -> list[Row]:
    served = {name: Served() for name in scorers}
    for turn in range(sizes.serving_rounds + 1):
        for name, scorer in scorers.items():
            rate, waits = ask(scorer, questions, callers, sizes.serving_seconds)
            if turn:
                served[name].add(rate, waits)
    off = served["off"].values()
    return [
        Row(
            "serving",
            f"{callers} caller{'s' * (callers > 1)}, batching {name}",
            {
                **(own := found.values()),
                "throughput × off": own["requests/s"] / off["requests/s"],
                "p99 × off": own["p99, ms"] / off["p99, ms"],
            },
        )
        for name, found in served.items()
    ]


def ask(scorer: Scorer, questions: Sequence[Asked], callers: int, seconds: float) -> tuple[float, list[float]]:
    """Answers a second, and how long each took."""
    waits: list[list[float]] = [[] for _ in range(callers)]
    ready = threading.Barrier(callers + 1)
    ends = [0.0]

    def ask(caller: int) -> None:
        turn = caller
        ready.wait()
        while not waits[caller] or time.perf_counter() < ends[0]:
            history, item = questions[turn % len(questions)]
            started = time.perf_counter()
            scorer.score(history, [item], {})
            waits[caller].append(time.perf_counter() - started)
            turn += callers + 1  # another user next

    threads = [threading.Thread(target=ask, args=(caller,)) for caller in range(callers)]
    for thread in threads:
        thread.start()
    started = time.perf_counter()
    ends[0] = started + seconds
    ready.wait()
    for thread in threads:
        thread.join()
    found = [wait for own in waits for wait in own]
    return len(found) / (time.perf_counter() - started), found
