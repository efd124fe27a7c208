"""Why one probability is above another, in words: the gap, the parts of the history that make it, those against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from din_core.domain import GapPart, Item, ScoreGap
from din_core.domain.written import change_decimals
from din_core.pages.language.answer_texts import (
    SPACE,
    AnswerWords,
    Segments,
    join_segments,
    round_percent,
    segments,
    short_names,
)
from din_core.pages.language.labels import labels_by_id, percent
from din_core.pages.language.translate import T, t
from din_core.sharing.page_choices import Between

LEVEL = 0.005
"""Probability: two that differ by less are called level."""
LEAST = 0.005
"""A part of less than this is not named."""
FORWARD = 0.1
"""Least share of the gap that a part has which is named as making it."""
AGAINST = 0.2
"""The same of a part that works against it."""
NAMED = 2
"""Parts of the history that are named as making it at most."""
ADDS_UP = 0.2
"""Points by which what is written of the parts may miss the gap as it is written."""

ABOVE = {
    "candidates": T("{model} puts {first} {points} points above {second} ({p} against {q})."),
    "models": T("{first} gives {title} {points} points more than {second} ({p} against {q})."),
}
BELOW = {
    "candidates": T("{model} puts {first} {points} points below {second} ({p} against {q})."),
    "models": T("{first} gives {title} {points} points less than {second} ({p} against {q})."),
}
EVEN = {
    "candidates": T("{model} puts {first} and {second} level ({p} and {q})."),
    "models": T("{first} and {second} give {title} nearly the same ({p} and {q})."),
}
EMPTY = {"candidates": T("the items themselves, without any history"), "models": T("the models, without any history")}
COMES = T("{points} points come from {part}")
TAKEN = T("{points} points are taken back by {part}")
ELSE_ADDS = T("everything else adds {points} points")
ELSE_TAKES = T("everything else takes {points} points back")
SPREAD = T("It comes in many small parts, none of which makes more than {points} points.")
TOWARDS = T("{points} points towards {side} come from {part}")
NOTHING = T("There is nothing to explain between them.")


@dataclass(frozen=True, slots=True)
class GapSubject:
    """What the two probabilities are of."""

    between: Between
    model: str
    """The one that scores two candidates; the first of two."""
    title: str
    """The candidate that two models score; the first of two."""
    first: str
    """What the first is called: a candidate, or a model."""
    second: str
    candidates: tuple[Item, ...] = ()
    """The one or two that are scored."""
    history: Sequence[Item] = ()
    """Items of the behaviors: where titles are alike, ids stand."""


@dataclass(frozen=True, slots=True)
class _Named:
    """A part in words."""

    text: str
    gap: float


def gap_segments(found: ScoreGap, subject: GapSubject, words: AnswerWords) -> Segments:
    """The sentence: the gap, then what makes it; what stands at odd places is what it is about."""
    even = abs(found.gap) < LEVEL
    points, p, q = _numbers(found, even=even)
    head = (EVEN if even else ABOVE if found.gap > 0 else BELOW)[subject.between]
    says = segments(
        head,
        {"first": subject.first, "second": subject.second},
        points=points,
        model=subject.model,
        title=subject.title,
        p=p,
        q=q,
    )
    named = _named(found, subject, words)
    clauses = _towards(named, subject) if even else _clauses(found.gap, named)
    return join_segments([says, clauses]) if clauses else says


def _numbers(found: ScoreGap, *, even: bool) -> tuple[str, str, str]:
    """The gap in points and both chances in percent, with decimals where whole numbers would not add up.

    Of two that are `even`, the gap is not told.
    """
    p, q = round_percent(found.first, found.second), round_percent(found.second, found.first)
    points = points_words(found.gap)
    texts = [points, *(text.partition(SPACE)[0] for text in (p, q))]
    whole = all(text.isdigit() for text in texts)
    if even or (whole and abs(int(texts[1]) - int(texts[2])) == int(points)):
        return points, p, q
    decimals = change_decimals(found.second, found.first)
    first, second = (percent(share, decimals) for share in (found.first, found.second))
    return f"{100 * abs(found.gap):.{decimals}f}", first, second


def _named(found: ScoreGap, subject: GapSubject, words: AnswerWords) -> list[_Named]:
    """What may be named, the empty history first."""
    parts = found.split.parts
    return [
        _Named(t(EMPTY[subject.between]), found.empty),
        *(
            _Named(t(words.one if part.behaviors == 1 else words.several, name=name, n=part.behaviors), part.gap)
            for part, name in zip(parts, _part_titles(parts, subject), strict=True)
        ),
    ]


def _part_titles(parts: Sequence[GapPart], subject: GapSubject) -> list[str]:
    """Categories, and items by names that no other item of candidates and history has."""
    items = [part.item for part in parts if part.item is not None]
    named = [*subject.candidates, *items]
    names = short_names(named, labels_by_id([*subject.history, *named]))
    return [part.name if part.item is None else names[part.item.item_id] for part in parts]


def _clauses(gap: float, named: list[_Named]) -> Segments:
    """What makes the gap, what is against it, and all else."""
    way = 1 if gap > 0 else -1
    ranked = sorted(named, key=lambda part: -way * part.gap)
    making = [part for part in ranked if way * part.gap >= max(LEAST, FORWARD * abs(gap))]
    making = making[: NAMED + (named[0] in making[: NAMED + 1])]
    against = [part for part in ranked[-1:] if -way * part.gap >= max(LEAST, AGAINST * abs(gap))]
    if not making and not against:
        most = max((abs(part.gap) for part in named), default=0.0)
        return segments(SPREAD, {"points": points_words(most)})
    rest = way * (gap - sum(part.gap for part in (*making, *against)))
    left = [rest] if abs(rest) >= LEAST else []
    shown = [part.gap for part in (*making, *against)]
    decimals = _decimals(gap, [*shown, *(way * one for one in left)])
    clauses = [
        *(segments(COMES, {"part": part.text}, points=points_words(part.gap, decimals)) for part in making),
        *(segments(TAKEN, {"part": part.text}, points=points_words(part.gap, decimals)) for part in against),
        *((t(ELSE_ADDS if rest > 0 else ELSE_TAKES, points=points_words(rest, decimals)),) for _ in left),
    ]
    return _listed(clauses)


def _decimals(gap: float, parts: Sequence[float]) -> int | None:
    """One where the parts of a gap, written as `points_words` does, would not add up to it; else as each is written."""
    written = sum((1 if part > 0 else -1) * float(points_words(part)) for part in parts)
    off = abs(written - (1 if gap > 0 else -1) * float(points_words(gap)))
    return 1 if off > ADDS_UP else None


def _towards(named: list[_Named], subject: GapSubject) -> Segments:
    """Of two that are level: the largest that pull them apart."""
    ranked = sorted(named, key=lambda part: part.gap)
    pulling = [(part, side) for part, side in ((ranked[-1], subject.first), (ranked[0], subject.second))]
    clauses = [
        segments(TOWARDS, {"part": part.text}, points=points_words(part.gap), side=side)
        for part, side in pulling
        if abs(part.gap) >= LEAST and (part.gap > 0) == (side == subject.first)
    ]
    return _listed(clauses) if clauses else (t(NOTHING),)


def _listed(clauses: list[Segments]) -> Segments:
    """`A; b; c.`, with a capital at its head where the language has some."""
    joined = clauses[0]
    for clause in clauses[1:]:
        joined = segments(T("{first}; {second}"), {"first": joined, "second": clause})
    whole = segments(T("{clauses}."), {"clauses": joined})
    first = next((n for n, text in enumerate(whole) if text), 0)
    return tuple(chain(whole[:first], (whole[first][:1].upper() + whole[first][1:],), whole[first + 1 :]))


def points_words(probability: float, decimals: int | None = None) -> str:
    """Points without their sign: `23`, but `3.4`; with so many `decimals` where these are given."""
    size = round(100 * abs(probability), 6)
    places = int(size < 9.95) if decimals is None else decimals
    return f"{size:.{places}f}"
