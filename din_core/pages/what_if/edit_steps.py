"""The edits of a what-if: the state after each of them, and what each model on screen says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING

from din_core.domain import DinLensError, Edit, Item, Scenario, Scores, State
from din_core.domain.edits import fitting_states, items_needed
from din_core.pages.inspect.inspection import history_rows
from din_core.sharing import items_of, what_if_start
from din_core.store import BehaviorStore

if TYPE_CHECKING:
    from din_core.pages.session.caches import StateScores
    from din_core.scoring import Scorer


@dataclass(frozen=True)
class EditedStates:
    """All states from the first one, as it was, to the last edit's."""

    edits: tuple[Edit, ...]
    states: tuple[State, ...]
    """One more than there are edits."""
    wrong: tuple[tuple[Edit, DinLensError], ...]
    """The scenario's edits that do not fit, with their reasons."""
    items: Mapping[str, Item]
    """Those that edits bring in, by id."""

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """A digest for each state, of the rows at its start and the edits so far: where it is equal, the state is."""
        start = self.states[0]
        seen = blake2b(repr((history_rows(start.history), start.candidate, start.context)).encode(), digest_size=16)
        found = [seen.hexdigest()]
        for edit in self.edits:
            seen.update(repr((edit, [self.items[item_id] for item_id in items_needed([edit])])).encode())
            found.append(seen.hexdigest())
        return tuple(found)


@dataclass(frozen=True)
class Scored:
    """What the models on screen say of the edited states."""

    chances: tuple[tuple[float, ...], ...]
    """One a state: each model's probability."""
    now: Scores
    """The first model's, of the last state."""
    then: Scores
    """The first model's, of the pinned state."""


def apply_edits(store: BehaviorStore, scenario: Scenario) -> EditedStates:
    """The states of a scenario's edits, from the rows of the store as they are now."""
    start, items = what_if_start(store, scenario), items_of(store, scenario.edits)
    return EditedStates(*fitting_states(start, scenario.edits, items), items)


def score(edited: EditedStates, pinned: int, scorers: Sequence[Scorer], cache: StateScores) -> Scored:
    """The last state's scores and the pinned one's; of the others the probabilities alone. What is known is kept."""

    def whole(scorer: Scorer, place: int) -> Scores:
        key = scorer.fingerprint, edited.keys[place]
        return cache.scores.get(key, lambda: ask(scorer, edited.states[place]))

    def chance(scorer: Scorer, place: int) -> float:
        key = scorer.fingerprint, edited.keys[place]
        return cache.probabilities.get(key, lambda: float(whole(scorer, place).probability[0]))

    places = range(len(edited.states))
    now, then = whole(scorers[0], places[-1]), whole(scorers[0], pinned)
    return Scored(tuple(tuple(chance(scorer, place) for scorer in scorers) for place in places), now, then)


def ask(scorer: Scorer, state: State) -> Scores:
    return scorer.score(state.history, [state.candidate], state.context)
