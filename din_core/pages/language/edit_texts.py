"""An edit in words: what it did to the state before it."""

from __future__ import annotations

from collections.abc import Callable

from din_core.domain import (
    Add,
    Drop,
    DropItem,
    Edit,
    Line,
    Move,
    Repeat,
    SetCandidate,
    SetContext,
    SetProfile,
    SetType,
    State,
    Truncate,
)
from din_core.domain.edits import lines_of
from din_core.pages.language.labels import day, field_label, labels_by_id
from din_core.pages.language.translate import t


def edit_words(edit: Edit, before: State, after: State) -> str:
    """One line: `Dropped Stout · 12 oz, 13 Nov 2017`; it says so where all is as it was."""
    words = _edit_words(edit, before, after)
    return t("{edit} (changes nothing)", edit=words) if before == after else words


def _edit_words(edit: Edit, before: State, after: State) -> str:
    def title(item_id: str) -> str:
        states = (before, after)
        items = [b.item for state in states for b in state.history.behaviors] + [state.candidate for state in states]
        label = next(item.label for item in items if item.item_id == item_id)
        return labels_by_id(item for item in items if item.label == label)[item_id]

    match edit:
        case Drop(line):
            return t("Dropped {title}, {day}", title=title(line.item_id), day=day(line.timestamp))
        case DropItem(item_id) if lost(before, after) == 1:
            return t("Dropped {title}, {day}", title=title(item_id), day=day(last_time(before, item_id)))
        case DropItem(item_id):
            return t("Dropped all {n} of {title}", title=title(item_id), n=lost(before, after))
        case Add(item_id, None):
            return t("Added {title}, as the newest", title=title(item_id))
        case Add(item_id, int(timestamp)):
            return t("Added {title}, {day}", title=title(item_id), day=day(timestamp))
        case Move(_, "before", _):
            return t("Moved {title}, {day}, before {other}, {to}", **move_words(edit, title))
        case Move():
            return t("Moved {title}, {day}, after {other}, {to}", **move_words(edit, title))
        case Truncate("before", timestamp):
            return t("Kept what came before {day}: {n} dropped", day=day(timestamp), n=lost(before, after))
        case Truncate(_, timestamp):
            return t("Kept what came from {day} on: {n} dropped", day=day(timestamp), n=lost(before, after))
        case Repeat(line, times):
            return t("{title}, {day}: now {n} times", title=title(line.item_id), day=day(line.timestamp), n=times)
        case SetType(line, behavior_type):
            was = type_of(before, line) or t("unknown")
            names = {"title": title(line.item_id), "day": day(line.timestamp), "was": was}
            return t("{title}, {day}: {was} → {now}", **names, now=behavior_type or t("unknown"))
        case SetProfile(name, values):
            return change_words(name, before.history.user.fields[name], values)
        case SetContext(name, value):
            return change_words(name, (before.context[name],), (value,))
        case SetCandidate():
            return t("Candidate: {title}", title=title(after.candidate.item_id))
    raise AssertionError(edit)


def move_words(edit: Move, title: Callable[[str], str]) -> dict[str, str]:
    return {
        "title": title(edit.line.item_id),
        "day": day(edit.line.timestamp),
        "other": title(edit.beside.item_id),
        "to": day(edit.beside.timestamp),
    }


def change_words(name: str, old: tuple[str | None, ...], new: tuple[str | None, ...]) -> str:
    """`Age: 25-34 → unknown`."""
    was, now = (", ".join(filter(None, values)) or t("unknown") for values in (old, new))
    return t("{field}: {was} → {now}", field=field_label(name), was=was, now=now)


def type_of(state: State, line: Line) -> str | None:
    """The type of a behavior."""
    named = zip(lines_of(state.history), state.history.behaviors, strict=True)
    return next(behavior.behavior_type for one, behavior in named if one == line)


def last_time(state: State, item_id: str) -> int:
    """When the item was last met."""
    return max(b.timestamp for b in state.history.behaviors if b.item.item_id == item_id)


def lost(before: State, after: State) -> int:
    """How many behaviors went."""
    return len(before.history.behaviors) - len(after.history.behaviors)
