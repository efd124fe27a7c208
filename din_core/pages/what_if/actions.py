"""What is done on What if: each action leads from one scenario to the next, or says why it could not be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from din_core.domain import DinLensError, Edit, Scenario, StoreFailure
from din_core.pages.app.startup import App
from din_core.pages.language.translate import t
from din_core.pages.session import choices
from din_core.pages.what_if.edit_steps import EditedStates, apply_edits
from din_core.sharing import MAX_EDITS, edit_parts, read_edit, resolve, sentence
from din_core.store import BehaviorStore


@dataclass(frozen=True)
class Outcome:
    """Where actions led."""

    scenario: Scenario
    problems: tuple[str, ...] = ()
    """A sentence for each thing that could not be done."""
    edited: EditedStates | None = None
    """The scenario's states, where they were made on the way."""


def apply_actions(app: App, scenario: Scenario, actions: Sequence[Sequence[Any]]) -> Outcome:
    """Do all actions in their order; ValueError for one that is none."""
    now = Outcome(scenario)
    for action in actions:
        try:
            then = apply_action(app, now.scenario, list(action))
        except StoreFailure:
            raise
        except DinLensError as error:
            then = Outcome(now.scenario, (sentence(error),))
        kept = now.edited if same_states(now.scenario, then.scenario) else None
        problems = tuple(dict.fromkeys((*now.problems, *then.problems)))
        now = Outcome(then.scenario, problems, then.edited or kept)
    return now


def same_states(one: Scenario, other: Scenario) -> bool:
    """Whether models and pin are all that may be different."""
    return replace(one, checkpoints=other.checkpoints, reference=other.reference) == other


def apply_action(app: App, scenario: Scenario, action: list[Any]) -> Outcome:
    """One action, as the instrument names it."""
    match action:
        case ["edit", *parts] if all(isinstance(part, str) for part in parts):
            return change(app.store, scenario, [read_edit(parts)])
        case ["undo", int(place), list() | None as parts]:
            return undo(app.store, scenario, place, parts)
        case ["clear"]:
            return Outcome(replace(scenario, edits=(), reference=0))
        case ["pin", int(place)]:
            return Outcome(replace(scenario, reference=max(0, min(place, len(scenario.edits)))))
        case ["model", int(place), str(checkpoint)] if place in (0, 1):
            return Outcome(choices.to_model(scenario, place, checkpoint))
        case ["go", str(kind), str(choice)]:
            found = resolve(choices.link_to(kind, scenario, choice, app.store), app.store, app.setting)
            return Outcome(found.scenario or scenario, found.problems)
    raise ValueError(action)


def change(store: BehaviorStore, scenario: Scenario, edits: Sequence[Edit]) -> Outcome:
    """Make these edits, one after the other; what does not fit is said and not made."""
    room = MAX_EDITS - len(scenario.edits)
    problems = [t("A trail holds {n} edits at most; undo some.", n=MAX_EDITS)] if len(edits) > room else []
    return fit(store, replace(scenario, edits=(*scenario.edits, *edits[:room])), problems)


def undo(store: BehaviorStore, scenario: Scenario, place: int, parts: Sequence[str] | None) -> Outcome:
    """Take one edit back, the one of these parts; those after it stay as far as they fit. -1 is the last one."""
    edits = scenario.edits
    if not -len(edits) <= place < len(edits):
        return Outcome(scenario)
    place %= len(edits)
    if parts is not None and tuple(parts) != edit_parts(edits[place]):
        return Outcome(scenario)  # of edits that are no longer on screen
    left = (*edits[:place], *edits[place + 1 :])
    return fit(store, replace(scenario, edits=left, reference=scenario.reference - (scenario.reference > place)))


def fit(store: BehaviorStore, scenario: Scenario, problems: Sequence[str] = ()) -> Outcome:
    """The scenario with those of its edits that fit, and why the others do not."""
    edited = apply_edits(store, scenario)
    fits = replace(scenario, edits=edited.edits, reference=min(scenario.reference, len(edited.edits)))
    return Outcome(fits, (*problems, *(sentence(error) for _, error in edited.wrong)), edited)
