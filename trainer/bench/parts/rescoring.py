"""One user × one candidate, again and again: history and item read from the store, then scored."""

from __future__ import annotations

import time

import numpy as np

from trainer.bench.data.bench_store import Question, World, world
from trainer.bench.results import Row
from trainer.bench.sizes import Sizes
from trainer.bench.timing import percentiles, say

PERCENTILES = (50, 95, 99)


def rescoring(sizes: Sizes, store: str | None = None, checkpoint: str | None = None) -> list[Row]:
    """Milliseconds of the store's part, the network's and both, and of each user's first time alone."""
    say("rescoring")
    with world(sizes, store, checkpoint) as asked:
        first = np.array([_seconds(asked, question) for question in asked.questions])
        turns = [asked.questions[i % len(asked.questions)] for i in range(sizes.rescorings)]
        spent = np.array([_seconds(asked, question) for question in turns])
        behaviors = np.mean([len(asked.read(question)[0].behaviors) for question in asked.questions])
    note = f"{behaviors:.0f} behaviors a user on average"
    return [
        _row("store", spent[:, 0]),
        _row("score", spent[:, 1]),
        _row("store and score", spent.sum(1), note),
        _row("store and score, a user's first time", first.sum(1)),
    ]


def _seconds(asked: World, question: Question) -> tuple[float, float]:
    """Of the store and of the network."""
    started = time.perf_counter()
    history, item = asked.read(question)
    read = time.perf_counter()
    asked.scorer.score(history, [item], question.context)
    return read - started, time.perf_counter() - read


def _row(name: str, seconds: np.ndarray, note: str = "") -> Row:
    return Row("rescoring", name, percentiles(seconds, PERCENTILES), note)
