"""One user × one candidate explained: leave-one-out of every behavior, and Shapley values of whole categories.

Histories lie in memory: what is measured is explaining. Scoring the candidate alone stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from din_core.domain import History, Item
from din_core.explain import by_field, leave_one_out, shapley
from din_core.scoring import Rescorer, Scorer, rescorer_for
from trainer.bench.data.bench_store import BenchStore, Question, bench_store
from trainer.bench.results import Row
from trainer.bench.sizes import Sizes
from trainer.bench.timing import percentiles, say, seconds_of

PERCENTILES = (50, 95)
CATEGORY = "category"
WARMUP = 3
"""Turns until all is set up."""


@dataclass(frozen=True, slots=True)
class BenchScenario:
    """One scenario with all its rows."""

    scorer: Scorer
    history: History
    candidate: Item
    question: Question

    def score(self) -> object:
        """The candidate's score and weights."""
        return self.scorer.score(self.history, [self.candidate], self.question.context)

    def open(self) -> Rescorer:
        """Opened anew: nothing is kept from an earlier turn."""
        return rescorer_for(self.scorer, self.history, self.candidate, self.question.context)

    def field(self) -> str:
        """The item field that tells categories."""
        names = list(self.candidate.fields)
        return CATEGORY if CATEGORY in names or not names else names[0]


def explaining(sizes: Sizes, store: str | None = None, checkpoint: str | None = None) -> list[Row]:
    """Milliseconds of each, opening the scenario included."""
    say("explaining")
    with bench_store(sizes, store, checkpoint) as bench:
        scenarios = [_scenario(bench, question) for question in bench.questions]
        behaviors = np.mean([len(one.open().behaviors) for one in scenarios])
        groups = [len(by_field(one.open(), one.field())) for one in scenarios]
        tasks: dict[str, tuple[Callable[[BenchScenario], object], str]] = {
            "score": (BenchScenario.score, f"{behaviors:.0f} behaviors as the model sees them, on average"),
            "leave-one-out": (lambda one: leave_one_out(one.open()), ""),
            "Shapley values of categories": (_categories, f"{min(groups)} to {max(groups)} categories"),
        }
        return [_row(name, task, scenarios, sizes, note) for name, (task, note) in tasks.items()]


def _scenario(bench: BenchStore, question: Question) -> BenchScenario:
    history, item = bench.read(question)
    return BenchScenario(bench.scorer, history, item, question)


def _categories(one: BenchScenario) -> object:
    rescorer = one.open()
    return shapley(rescorer, by_field(rescorer, one.field()))


def _row(
    name: str, task: Callable[[BenchScenario], object], scenarios: Sequence[BenchScenario], sizes: Sizes, note: str
) -> Row:
    """One user after another, the first few turns not counted."""
    turns = [scenarios[i % len(scenarios)] for i in range(sizes.explanations)]
    for one in scenarios[:WARMUP]:
        task(one)
    spent = [seconds_of(partial(task, one)) for one in turns]
    return Row("explaining", name, percentiles(spent, PERCENTILES), note)
