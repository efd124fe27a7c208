"""Edits ⇄ text: `drop,82-b,2017-11-20T00:00:00Z;add,77`, in their order; `,` and `;` within a part are quoted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote, unquote

from din_core.domain import (
    Add,
    Drop,
    DropItem,
    Edit,
    Line,
    LinkError,
    Move,
    Repeat,
    SetCandidate,
    SetContext,
    SetProfile,
    SetType,
    Truncate,
)
from din_core.domain.translatable import Translatable
from din_core.sharing.values import MAX_LENGTH, iso, seconds_of, shown

MAX_EDITS = 50
MAX_VALUES = 50
"""Values of one profile field."""
PLAIN = " :@/|()&+'·–"
"""What need not be quoted within a part, beside letters, digits and `-._~`."""

Parts = Sequence[str]


def edit_parts(edit: Edit) -> tuple[str, ...]:
    """The parts of an edit as texts, its kind first; LinkError for a time that no date can hold."""
    match edit:
        case Drop(line):
            return "drop", *_short(line)
        case DropItem(item_id):
            return "drop-item", item_id
        case Add(item_id, timestamp):
            return ("add", item_id) if timestamp is None else ("add", item_id, iso(timestamp))
        case Move(line, side, beside):
            return "move", *_long(line), side, *_long(beside)
        case Truncate(keep, timestamp):
            return f"keep-{keep}", iso(timestamp)
        case Repeat(line, times):
            return "repeat", str(times), *_short(line)
        case SetType(line, behavior_type):
            return "type", *_long(line), *([] if behavior_type is None else [behavior_type])
        case SetProfile(name, values):
            return "profile", name, *values
        case SetContext(name, value):
            return ("context", name) if value is None else ("context", name, value)
        case SetCandidate(item_id):
            return "candidate", item_id


def read_edit(parts: Parts) -> Edit:
    """The edit of these parts, the inverse of `edit_parts`. LinkError says what cannot be read."""
    kind, *rest = parts or ("",)
    if kind not in KINDS:
        raise LinkError("there is no edit {kind}; known are {known}", kind=shown(kind), known=", ".join(KINDS))
    if not all(0 < len(part) <= MAX_LENGTH for part in rest):
        raise LinkError("each part of an edit has 1 to {limit} characters", limit=MAX_LENGTH)
    (least, most), read = KINDS[kind]
    if not least <= len(rest) <= most:
        wanted = str(least) if least == most else Translatable("{least} to {most}", least=least, most=most)
        raise LinkError(
            "the edit {kind} has {n} parts, it needs {wanted}", kind=shown(kind), n=len(rest), wanted=wanted
        )
    return read(rest)


def write_edits(edits: Sequence[Edit]) -> str:
    """All edits as one text. LinkError for more than a link carries, and for what `read_edits` would refuse."""
    if len(edits) > MAX_EDITS:
        raise LinkError("there are {n} edits, a link carries {limit}; undo some", n=len(edits), limit=MAX_EDITS)
    written = [edit_parts(edit) for edit in edits]
    for parts in written:
        read_edit(parts)
    return ";".join(",".join(quote(part, safe=PLAIN) for part in parts) for parts in written)


def read_edits(text: str, problems: list[str]) -> tuple[Edit, ...]:
    """The edits of a text; a sentence for each that cannot be read, and for those beyond MAX_EDITS."""
    written = text.split(";") if text else []
    if len(written) > MAX_EDITS:
        many = Translatable(
            "The link names {n} edits; the first {limit} are used, the limit.", n=len(written), limit=MAX_EDITS
        )
        problems.append(many)
    found = []
    for one in written[:MAX_EDITS]:
        try:
            found.append(read_edit([unquote(part) for part in one.split(",")]))
        except LinkError as error:
            text = shown(unquote(one))
            problems.append(Translatable("The link's edit {text} is left out: {error}.", text=text, error=error.text))
    return tuple(found)


def _short(line: Line) -> tuple[str, ...]:
    """Without its number where that is 1."""
    return _long(line) if line.nth != 1 else (line.item_id, iso(line.timestamp))


def _long(line: Line) -> tuple[str, str, str]:
    return line.item_id, iso(line.timestamp), str(line.nth)


def _line(parts: Parts) -> Line:
    return Line(parts[0], seconds_of(parts[1]), _number(parts[2]) if len(parts) > 2 else 1)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < len(text) <= 6 and int(text)):
        raise LinkError("{text} is not a number of 1 to 999999", text=shown(text))
    return int(text)


def _move(parts: Parts) -> Move:
    if parts[3] not in ("before", "after"):
        raise LinkError("a behavior moves before or after another one, not {text}", text=shown(parts[3]))
    return Move(_line(parts[:3]), "before" if parts[3] == "before" else "after", _line(parts[4:]))


KINDS: Mapping[str, tuple[tuple[int, int], Callable[[Parts], Edit]]] = {
    "drop": ((2, 3), lambda parts: Drop(_line(parts))),
    "drop-item": ((1, 1), lambda parts: DropItem(parts[0])),
    "add": ((1, 2), lambda parts: Add(parts[0], seconds_of(parts[1]) if len(parts) > 1 else None)),
    "move": ((7, 7), _move),
    "keep-before": ((1, 1), lambda parts: Truncate("before", seconds_of(parts[0]))),
    "keep-from": ((1, 1), lambda parts: Truncate("from", seconds_of(parts[0]))),
    "repeat": ((3, 4), lambda parts: Repeat(_line(parts[1:]), _number(parts[0]))),
    "type": ((3, 4), lambda parts: SetType(_line(parts[:3]), parts[3] if len(parts) > 3 else None)),
    "profile": ((1, 1 + MAX_VALUES), lambda parts: SetProfile(parts[0], tuple(parts[1:]))),
    "context": ((1, 2), lambda parts: SetContext(parts[0], parts[1] if len(parts) > 1 else None)),
    "candidate": ((1, 1), lambda parts: SetCandidate(parts[0])),
}
"""By name: how many parts follow, and how they are read."""
