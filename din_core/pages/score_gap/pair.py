"""The two probabilities that the page compares, and what is measured of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from din_core.domain import Item, Scenario, ScoreGap, Scores
from din_core.pages.compare.rows import CompareInputs, candidates_of, cases_of, category_field
from din_core.pages.inspect.inspection import Case, case_title
from din_core.pages.language.answer_texts import short_names
from din_core.pages.language.gap_texts import GapSubject
from din_core.pages.language.labels import labels_by_id
from din_core.pages.language.number_texts import numeric_fields
from din_core.pages.session import visitor
from din_core.sharing.page_choices import Between

RESULT = "score_gap"


@dataclass(frozen=True)
class Side:
    """One of the two."""

    case: Case
    model: str
    """Its folder's name."""
    title: str
    """What tells it from the other: the candidate's title, or the model's."""
    short: str
    """The same in a sentence."""
    scenario: Scenario
    """What shows it on *Inspect*."""
    scores: Scores
    """Of this candidate alone."""

    @property
    def probability(self) -> float:
        """Of a positive label."""
        return float(self.scores.probability[0])

    @property
    def weights(self) -> Mapping[str, float]:
        """Σ weight × repeats of each item that the model sees."""
        found: dict[str, float] = defaultdict(float)
        for behavior, weight in zip(self.scores.behaviors, self.scores.weight[0], strict=True):
            found[behavior.item.item_id] += float(weight) * behavior.count
        return found


@dataclass(frozen=True)
class Pair:
    """Two candidates under the first model, or the first candidate under both."""

    between: Between
    first: Side
    second: Side
    category: str
    """The item field whose values are called categories."""
    history: tuple[Item, ...]
    """Each item of the user's behaviors once."""

    @property
    def candidates(self) -> tuple[Item, ...]:
        """The items that are scored."""
        return tuple({side.case.item.item_id: side.case.item for side in self.sides}.values())

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """What each item of history and candidates is called, by id: with it where another has the same title."""
        return labels_by_id([*self.history, *self.candidates])

    @property
    def sides(self) -> tuple[Side, Side]:
        """Both."""
        return self.first, self.second

    @property
    def candidate(self) -> str:
        """What the first candidate is called."""
        case = self.first.case
        return case_title(case, self.labels[case.item.item_id])

    @property
    def last_seen(self) -> Mapping[str, int]:
        """When each item's newest behavior was, in seconds since 1970."""
        found: dict[str, int] = {}
        for side in self.sides:
            for behavior in side.scores.behaviors:
                found[behavior.item.item_id] = max(found.get(behavior.item.item_id, 0), behavior.last_timestamp)
        return found

    def subject(self, model: str) -> GapSubject:
        """What the sentence is about; `model` is the first one's title."""
        candidate = self.first.case.item
        title = short_names([candidate], labels_by_id([candidate, *self.history]))[candidate.item_id]
        first, second = (side.short for side in self.sides)
        return GapSubject(self.between, model, title, first, second, self.candidates, self.history)


def listed_cases(now: CompareInputs) -> list[Case]:
    """The candidates to choose two from: the scenario's, then where it names one only those shown then, best first."""
    cases = cases_of(now, candidates_of(now))
    if len(now.scenario.candidates) > 1 or len(cases) < 2:
        return cases
    scores = now.app.scorers[now.names[0]].score(
        now.history, [case.item for case in cases], [case.context for case in cases]
    )
    others = sorted(range(1, len(cases)), key=lambda place: -float(scores.logit[place]))
    return [cases[0], *(cases[place] for place in others)]


def pair_of(now: CompareInputs, cases: Sequence[Case], between: Between) -> Pair | None:
    """The first two candidates, or the two models; None where there is one only."""
    if len(cases if between == "candidates" else now.names) < 2:
        return None
    history = tuple({b.item.item_id: b.item for b in now.history.behaviors}.values())
    if between == "candidates":
        items = [case.item for case in cases[:2]]
        whole = labels_by_id([*history, *items])
        short = short_names(items, whole)
        titles = [case_title(case, whole[case.item.item_id]) for case in cases[:2]]
        shorts = [short[item.item_id] for item in items]
        chosen = [(case, now.names[0]) for case in cases[:2]]
        if shorts[0] == shorts[1]:
            shorts = titles
    else:
        chosen = [(cases[0], name) for name in now.names[:2]]
        titles = shorts = [now.app.models[name].name for name in now.names[:2]]
    first, second = (
        _side(now, *which, title, short) for which, title, short in zip(chosen, titles, shorts, strict=True)
    )
    numbers = numeric_fields(now.app.scorers[side.model] for side in (first, second))
    category = category_field((side.scores.behaviors for side in (first, second)), numbers)
    return Pair(between, first, second, category, history)


def _side(now: CompareInputs, case: Case, model: str, title: str, short: str) -> Side:
    scores = now.app.scorers[model].score(now.history, [case.item], case.context)
    alone = now.scenario.with_candidates([case.candidate], case.context)
    checkpoints = tuple(dict.fromkeys([now.app.models[model].link, *alone.checkpoints]))[:2]
    return Side(case, model, title, short, replace(alone, checkpoints=checkpoints), scores)


def measured_gap(now: CompareInputs, pair: Pair) -> ScoreGap:
    """Why the first is above the second, or below it; measured once for as long as it is on screen."""
    from din_core.explain import score_gap
    from din_core.scoring import rescorer_for

    sides = [(now.app.scorers[side.model], side.case) for side in pair.sides]
    asked = tuple((scorer.fingerprint, case) for scorer, case in sides)
    key = (now.history.user, now.history.as_of, now.history.behaviors, pair.category, asked)

    def measure() -> ScoreGap:
        first, second = (rescorer_for(scorer, now.history, case.item, case.context) for scorer, case in sides)
        return score_gap(first, second, pair.category)

    return visitor.session().results.answer(RESULT, key, measure)
