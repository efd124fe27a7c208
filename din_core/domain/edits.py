"""What-if edits: each makes a new state out of the last one. They are values; no row of a store changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from din_core.domain.behaviors import Behavior, History
from din_core.domain.entities import Item
from din_core.domain.errors import DinLensError, UnknownItem
from din_core.domain.translatable import Translatable

MOST_REPEATS = 100
SIDES = {"before": Translatable("before"), "after": Translatable("after")}
NO_ITEMS: Mapping[str, Item] = {}


class EditError(DinLensError):
    """An edit does not fit the state that it is to change."""


@dataclass(frozen=True, slots=True)
class Line:
    """One behavior of a history, named by what it is: other edits do not make the name mean another behavior."""

    item_id: str
    timestamp: int
    nth: int = 1
    """Which of several behaviors with that item at that second, in their order, counted from 1."""


@dataclass(frozen=True, slots=True)
class Drop:
    """One behavior is taken away."""

    line: Line


@dataclass(frozen=True, slots=True)
class DropItem:
    """All behaviors with an item are taken away."""

    item_id: str


@dataclass(frozen=True, slots=True)
class Add:
    """A behavior with any item joins, after all that are not later than it."""

    item_id: str
    timestamp: int | None = None
    """None: one second before the history's `as_of`, so that it is the newest."""


@dataclass(frozen=True, slots=True)
class Move:
    """A behavior takes the time of another one and stands directly before or after it. No other behavior changes."""

    line: Line
    side: Literal["before", "after"]
    beside: Line


@dataclass(frozen=True, slots=True)
class Truncate:
    """Only behaviors earlier than a time are kept ("before"), or only those of that time and later ("from")."""

    keep: Literal["before", "from"]
    timestamp: int


@dataclass(frozen=True, slots=True)
class Repeat:
    """A behavior stands `times` times in its place, one copy after the other, all at its time."""

    line: Line
    times: int
    """2 to MOST_REPEATS."""


@dataclass(frozen=True, slots=True)
class SetType:
    """A behavior is of another type; None: it is not known."""

    line: Line
    behavior_type: str | None


@dataclass(frozen=True, slots=True)
class SetProfile:
    """A profile field of the user has other values; none: nothing is known."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetContext:
    """A context field has another value; None: it is not known."""

    name: str
    value: str | None


@dataclass(frozen=True, slots=True)
class SetCandidate:
    """Another item is scored."""

    item_id: str


Edit = Drop | DropItem | Add | Move | Truncate | Repeat | SetType | SetProfile | SetContext | SetCandidate


@dataclass(frozen=True, slots=True)
class State:
    """What a model is asked: this candidate, in this context, after this history."""

    history: History
    candidate: Item
    context: Mapping[str, str | None]


def apply(history: History, edits: Iterable[Edit], items: Mapping[str, Item] = NO_ITEMS) -> History:
    """The history after each edit was applied to the result of the last.

    `items` holds those that are added. Edits of the context and of the candidate leave a history as it is. Raises
    EditError for an edit that does not fit, UnknownItem for an item that is not in `items`.
    """
    for edit in edits:
        history = _edited(history, edit, items)
    return history


def after(state: State, edit: Edit, items: Mapping[str, Item] = NO_ITEMS) -> State:
    """The state that an edit makes of `state`; raises as `apply` does."""
    match edit:
        case SetContext(name, value):
            _check_field(Translatable("context"), name, state.context)
            return replace(state, context={**state.context, name: value})
        case SetCandidate(item_id):
            return replace(state, candidate=_item(items, item_id))
        case _:
            return replace(state, history=_edited(state.history, edit, items))


def states(start: State, edits: Sequence[Edit], items: Mapping[str, Item] = NO_ITEMS) -> tuple[State, ...]:
    """`start` and the state after each edit: one more than there are edits. Raises as `apply` does."""
    found = [start]
    for edit in edits:
        found.append(after(found[-1], edit, items))
    return tuple(found)


def fitting(
    start: State, edits: Iterable[Edit], items: Mapping[str, Item] = NO_ITEMS
) -> tuple[tuple[Edit, ...], tuple[tuple[Edit, DinLensError], ...]]:
    """The edits that fit one after the other, and those that do not, each with its reason; these are passed over."""
    kept, _, wrong = fitting_states(start, edits, items)
    return kept, wrong


def fitting_states(
    start: State, edits: Iterable[Edit], items: Mapping[str, Item] = NO_ITEMS
) -> tuple[tuple[Edit, ...], tuple[State, ...], tuple[tuple[Edit, DinLensError], ...]]:
    """As `fitting`, with the states of those that fit between: `start` and the one after each."""
    kept: list[Edit] = []
    found, wrong = [start], []
    for edit in edits:
        try:
            found.append(after(found[-1], edit, items))
            kept.append(edit)
        except DinLensError as error:
            wrong.append((edit, error))
    return tuple(kept), tuple(found), tuple(wrong)


def items_needed(edits: Iterable[Edit]) -> tuple[str, ...]:
    """Ids of the items that edits bring in, each once."""
    return tuple(dict.fromkeys(edit.item_id for edit in edits if isinstance(edit, Add | SetCandidate)))


def lines_of(history: History) -> tuple[Line, ...]:
    """The name of each behavior, in their order."""
    seen: dict[tuple[str, int], int] = {}
    found = []
    for behavior in history.behaviors:
        what = (behavior.item.item_id, behavior.timestamp)
        seen[what] = seen.get(what, 0) + 1
        found.append(Line(*what, seen[what]))
    return tuple(found)


def _edited(history: History, edit: Edit, items: Mapping[str, Item]) -> History:
    behaviors = list(history.behaviors)
    match edit:
        case Drop(line):
            del behaviors[_place(history, line)]
        case DropItem(item_id):
            behaviors = [b for b in behaviors if b.item.item_id != item_id]
            if len(behaviors) == len(history.behaviors):
                raise EditError(
                    'the history holds 0 behaviors with item "{item_id}"; drop one that it holds', item_id=item_id
                )
        case Add(item_id, timestamp):
            behaviors = _with(history, Behavior(_item(items, item_id), _time_to_add(history, timestamp)))
        case Move(line, side, beside):
            behaviors = _moved(history, line, side, beside)
        case Truncate(keep, timestamp):
            behaviors = [b for b in behaviors if (b.timestamp < timestamp) == (keep == "before")]
        case Repeat(line, times):
            if not 2 <= times <= MOST_REPEATS:
                raise EditError(
                    "a behavior cannot stand {times} times; give 2 to {most}", times=times, most=MOST_REPEATS
                )
            place = _place(history, line)
            behaviors[place : place + 1] = [behaviors[place]] * times
        case SetType(line, behavior_type):
            place = _place(history, line)
            behaviors[place] = replace(behaviors[place], behavior_type=behavior_type)
        case SetProfile(name, values):
            _check_field(Translatable("profile"), name, history.user.fields)
            return replace(history, user=replace(history.user, fields={**history.user.fields, name: values}))
        case SetContext() | SetCandidate():
            return history
    return replace(history, behaviors=tuple(behaviors))


def _place(history: History, line: Line) -> int:
    left = line.nth
    for place, behavior in enumerate(history.behaviors):
        if behavior.timestamp == line.timestamp and behavior.item.item_id == line.item_id:
            left -= 1
            if left == 0:
                return place
    raise EditError(
        'the history holds {held} behaviors with item "{item_id}" at {moment}, number {number} is '
        "edited; choose one that it holds",
        held=line.nth - left,
        item_id=line.item_id,
        moment=_moment(line.timestamp),
        number=line.nth,
    )


def _time_to_add(history: History, timestamp: int | None) -> int:
    if timestamp is None:
        return history.as_of - 1
    if timestamp >= history.as_of:
        raise EditError(
            "a behavior at {moment} would not be earlier than {shown_at}, when the candidate is shown; add "
            "it at an earlier time",
            moment=_moment(timestamp),
            shown_at=_moment(history.as_of),
        )
    return timestamp


def _with(history: History, behavior: Behavior) -> list[Behavior]:
    earlier = [b for b in history.behaviors if b.timestamp <= behavior.timestamp]
    return [*earlier, behavior, *history.behaviors[len(earlier) :]]


def _moved(history: History, line: Line, side: str, beside: Line) -> list[Behavior]:
    behaviors = list(history.behaviors)
    here, there = _place(history, line), _place(history, beside)
    if here == there:
        raise EditError(
            'the behavior with item "{item_id}" cannot stand {side} itself; name another one',
            item_id=line.item_id,
            side=SIDES[side],
        )
    moved = replace(behaviors.pop(here), timestamp=beside.timestamp)
    behaviors.insert(there - (here < there) + (side == "after"), moved)
    return behaviors


def _item(items: Mapping[str, Item], item_id: str) -> Item:
    if item_id not in items:
        raise UnknownItem('no item "{item_id}" at hand; choose one of the catalogue', item_id=item_id)
    return items[item_id]


def _check_field(room: Translatable, name: str, known: Iterable[str]) -> None:
    if name not in known:
        raise EditError(
            'there is no {room} field "{name}"; known are {known}',
            room=room,
            name=name,
            known=", ".join(known) or Translatable("none"),
        )


def _moment(timestamp: int) -> str:
    try:
        return f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, OverflowError, OSError):
        return str(timestamp)
