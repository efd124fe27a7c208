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
from trainer.bench.data.bench_store import Question, World, world
from trainer.bench.results import Row
from trainer.bench.sizes import Sizes
from trainer.bench.timing import percentiles, say, seconds_of

PERCENTILES = (50, 95)
CATEGORY = "category"
FIRST = 3
"""Turns until all is set up."""


@dataclass(frozen=True, slots=True)
class Asked:
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
    with world(sizes, store, checkpoint) as made:
        asked = [_asked(made, question) for question in made.questions]
        behaviors = np.mean([len(one.open().behaviors) for one in asked])
        groups = [len(by_field(one.open(), one.field())) for one in asked]
        tasks: dict[str, tuple[Callable[[Asked], object], str]] = {
            "score": (Asked.score, f"{behaviors:.0f} behaviors as the model sees them, on average"),
            "leave-one-out": (lambda one: leave_one_out(one.open()), ""),
            "Shapley values of categories": (_categories, f"{min(groups)} to {max(groups)} categories"),
        }
        return [_row(name, task, asked, sizes, note) for name, (task, note) in tasks.items()]


def _asked(made: World, question: Question) -> Asked:
    history, item = made.read(question)
    return Asked(made.scorer, history, item, question)


def _categories(one: Asked) -> object:
    rescorer = one.open()
    return shapley(rescorer, by_field(rescorer, one.field()))


def _row(name: str, task: Callable[[Asked], object], asked: Sequence[Asked], sizes: Sizes, note: str) -> Row:
    """One user after another, the first few turns not counted."""
    turns = [asked[i % len(asked)] for i in range(sizes.explanations)]
    for one in asked[:FIRST]:
        task(one)
    spent = [seconds_of(partial(task, one)) for one in turns]
    return Row("explaining", name, percentiles(spent, PERCENTILES), note)
