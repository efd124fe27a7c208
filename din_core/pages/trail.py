"""The trail of a what-if: the state after each edit, and what each model on screen says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from din_core.domain import DinLensError, Edit, Scenario, Scores, State
from din_core.domain.edits import fitting, states
from din_core.sharing import items_of, what_if_start
from din_core.store import BehaviorStore

if TYPE_CHECKING:
    from din_core.scoring import Scorer


@dataclass(frozen=True)
class Walk:
    """All states from the first one, as it was, to the last edit's."""

    edits: tuple[Edit, ...]
    states: tuple[State, ...]
    """One more than there are edits."""
    wrong: tuple[tuple[Edit, DinLensError], ...]
    """The scenario's edits that do not fit, with their reasons."""


@dataclass
class Memory:
    """One visit's scores of the trail shown last: after one more edit, one more state is scored."""

    kept: dict[str, list[tuple[State, Scores]]] = field(default_factory=dict)
    """By fingerprint, in the order of the trail."""
    heard: int = 0
    """The last message that the page's component was heard to send."""

    def score(self, scorers: Sequence[Scorer], trail: Sequence[State]) -> list[tuple[Scores, ...]]:
        """Each state's scores by each model; what was scored before, of an equal state, is not scored again."""
        self.kept = {scorer.fingerprint: self._along(scorer, trail) for scorer in scorers}
        columns = [[scores for _, scores in column] for column in self.kept.values()]
        return list(zip(*columns, strict=True))

    def _along(self, scorer: Scorer, trail: Sequence[State]) -> list[tuple[State, Scores]]:
        known = self.kept.get(scorer.fingerprint, [])
        found = []
        for place, state in enumerate(trail):
            if place < len(known) and known[place][0] == state:
                found.append(known[place])
            else:
                found.append((state, scorer.score(state.history, [state.candidate], state.context)))
        return found


def walk(store: BehaviorStore, scenario: Scenario) -> Walk:
    """The states of a scenario's edits, from the rows of the store as they are now."""
    start, items = what_if_start(store, scenario), items_of(store, scenario.edits)
    kept, wrong = fitting(start, scenario.edits, items)
    return Walk(kept, states(start, kept, items), wrong)
