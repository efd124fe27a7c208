"""What the pages show of one scenario: the user's history, the candidates of that time, and their scores.

Everything is read from the store anew, or kept while the store is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING

from din_core.domain import Candidate, History, Impression, Item, Scenario, Scores
from din_core.figures import ActivationInfo, Timeline, activation_infos, timeline_info
from din_core.figures.palette import Slots
from din_core.pages.language.labels import distinctions, item_labels, labels_by_id
from din_core.pages.language.number_texts import CATEGORY
from din_core.pages.language.translate import current
from din_core.pages.session import caches
from din_core.store import BehaviorStore

if TYPE_CHECKING:
    from din_core.scoring import Scorer

MOST_CANDIDATES = 40
"""Candidates whose weights the page holds at once."""

ITEMS_WRITTEN = 1 << 15
_written: dict[int, tuple[Item, str]] = {}
"""By id: the object itself, so that the id stays its own, and its text."""

Context = Mapping[str, str | None]


@dataclass(frozen=True)
class Case:
    """One candidate that the page can show without asking again."""

    item: Item
    context: Context
    impression: Impression | None
    """The impression of that time; None for a candidate that was not shown then."""
    distinction: str = ""
    """What tells it from others of the same item; mostly nothing."""

    @property
    def candidate(self) -> Candidate:
        """What names it among all cases."""
        return Candidate(self.item.item_id) if self.impression is None else self.impression.candidate

    @property
    def title(self) -> str:
        """What a person reads."""
        return case_title(self, self.item.label)


def case_title(case: Case, label: str) -> str:
    """What a candidate is called, from what its item is."""
    return " · ".join(filter(None, [label, case.distinction]))


def case_titles(cases: Sequence[Case]) -> list[str]:
    """What the cases of one list are called: their titles, with the item's id where another item has the same."""
    labels = item_labels(case.item for case in cases)
    return [case_title(case, label) for case, label in zip(cases, labels, strict=True)]


@dataclass(frozen=True)
class Inputs:
    """All rows that the scores of a scenario depend on, as they are now; the history is read when it is needed."""

    read_history: Callable[[], History] = field(repr=False, compare=False)
    cases: tuple[Case, ...]
    """The candidates of that time, the scenario's own among them."""
    shown_then: int
    """How many impressions the user has at that time, held or not."""
    moment: Hashable | None = None
    """Store, user and time that decide the history; None where the store does not tell its state."""
    inspections: dict[str, Inspection] = field(default_factory=dict, init=False, repr=False, compare=False)
    """By fingerprint, what models have said of these rows: score, weights and effects are asked for one by one."""

    def place(self, candidate: Candidate) -> int:
        """Where among the cases this candidate is."""
        return next(place for place, case in enumerate(self.cases) if case.candidate == candidate)

    @cached_property
    def history(self) -> History:
        """The user's behaviors before that time."""
        return self.read_history()

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """Each item of the candidates and the history once: among these a title may stand for several."""
        named = (*(case.item for case in self.cases), *(b.item for b in self.history.behaviors))
        return tuple({item.item_id: item for item in named}.values())

    @cached_property
    def labels(self) -> dict[str, str]:
        """What each of these items is called, by its id: with the id where another of them has the same title."""
        return labels_by_id(self.items)

    def title(self, case: Case) -> str:
        """What one of the cases is called: with its item's id where another of these items has the same title."""
        return case_title(case, self.labels[case.item.item_id])

    @cached_property
    def key(self) -> str:
        """A digest of all of it: another whenever a score may be another."""
        if self.moment is None:
            rows: tuple[object, ...] = (history_rows(self.history), self.cases, self.shown_then)
        else:
            cases = [(case.candidate, sorted(case.context.items())) for case in self.cases]
            rows = (self.moment, cases, self.shown_then)
        return blake2b(repr(rows).encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Inspection:
    """One model's scores and weights of every case."""

    scores: Scores
    """Candidates are the cases in their order."""
    history: History
    timeline: Timeline
    """What this model sees of the history."""

    def infos(
        self, places: Sequence[int], category: str = CATEGORY, slots: Slots | None = None
    ) -> list[ActivationInfo]:
        """Of the cases at these places, coloured by the item field `category`; `slots` are its values' own colours."""
        return activation_infos(self.scores, self.timeline, category, places, slots)


def read_inputs(store: BehaviorStore, scenario: Scenario, impressions: Sequence[Impression]) -> Inputs:
    """The rows of a scenario: those collected before, where no row can be another since.

    `impressions` are the user's, as the store gives them.
    """
    state = store.state()
    if state is None:
        return collect_inputs(store, scenario, impressions)

    def collect() -> Inputs:  # what was read before the state may be older than it
        moment = (state, scenario.user_id, scenario.as_of)
        return collect_inputs(store, scenario, store.impressions(scenario.user_id), moment)

    asked = (scenario.user_id, scenario.as_of, scenario.candidates[0], tuple(sorted(scenario.context.items())))
    found: Inputs = caches.scenario_rows().get((state, current(), *asked), collect)
    return found


def collect_inputs(
    store: BehaviorStore, scenario: Scenario, impressions: Sequence[Impression], moment: Hashable | None = None
) -> Inputs:
    """Collect the rows of a scenario; of `moment`, see `Inputs`."""
    candidate = scenario.candidates[0]
    shown = shown_at(impressions, scenario.as_of)
    cases = list(shown.values())[:MOST_CANDIDATES]
    own = shown.get(candidate) or Case(store.item(candidate.item_id), scenario.context, None)
    own = replace(own, context={**own.context, **scenario.context})
    for place, case in enumerate(cases):
        if case.candidate == candidate:
            cases[place] = own
            break
    else:
        cases.insert(0, own)
    return Inputs(lambda: store.history(scenario.user_id, scenario.as_of), tuple(cases), len(shown), moment)


def shown_at(impressions: Sequence[Impression], as_of: int) -> dict[Candidate, Case]:
    """Those of a time, each a case in its own context."""
    then = [impression for impression in impressions if impression.timestamp == as_of]
    texts = distinctions(then)
    return {i.candidate: Case(i.item, i.context, i, text) for i, text in zip(then, texts, strict=True)}


def history_rows(history: History) -> tuple[object, ...]:
    """All that a digest of a history must hold."""
    items = {id(b.item): b.item for b in history.behaviors}  # the store gives one object an item
    behaviors = [(b.item.item_id, b.timestamp, b.behavior_type) for b in history.behaviors]
    return history.user, history.as_of, behaviors, [item_text(item) for item in items.values()]


def item_text(item: Item) -> str:
    """All of an item, written out once an object: there are hundreds in a history, and the same in many."""
    known = _written.get(id(item))
    if known is None:
        if len(_written) >= ITEMS_WRITTEN:
            _written.clear()
        known = _written[id(item)] = item, repr(item)
    return known[1]


def score(inputs: Inputs, scorer: Scorer) -> Inspection:
    """Score every case in its own context, once; models that see the history alike share its timeline."""
    known = inputs.inspections.get(scorer.fingerprint)
    if known is not None:
        return known
    items, contexts = [case.item for case in inputs.cases], [case.context for case in inputs.cases]
    scores = scorer.score(inputs.history, items, contexts)
    laid = [one.timeline for one in list(inputs.inspections.values()) if one.timeline.behaviors == scores.behaviors]
    timeline = laid[0] if laid else timeline_info(inputs.history, scores.behaviors)
    inputs.inspections[scorer.fingerprint] = found = Inspection(scores, inputs.history, timeline)
    return found
