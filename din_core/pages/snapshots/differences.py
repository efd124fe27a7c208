"""What differs between two results of one kind: kept and computed again, or two snapshots side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from din_core.domain import Removal
from din_core.domain.results import By
from din_core.pages.brief.content import SHORT, answer_words_of, labels_of
from din_core.pages.language.answer_texts import part_names
from din_core.pages.language.labels import percent
from din_core.pages.language.translate import T, t
from din_core.sharing.frozen_results import FrozenResults

SAME = 5e-5
"""Probabilities that differ by less are equal on screen; scoring in another batch moves them less."""
OTHER_ROWS = T("The rows of the store are others: history, profile, candidate or context.")
OTHER_INPUTS = T("What the models read is not the same: history, profile, candidate or context.")
EXPLAINED = T(
    "What is explained is the chance under {first}, then under {second}: the chances without parts, weights and "
    "effects are those of two models."
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One line of the comparison; a value is `–` where one of the two lacks it."""

    name: str
    first: str
    second: str
    change: str
    """In points of probability; nothing where one is missing."""


@dataclass(frozen=True, slots=True)
class Differences:
    """Two results against each other."""

    causes: tuple[str, ...]
    """Sentences: which models and rows are others."""
    chances: tuple[Difference, ...]
    """The chance under each model."""
    parts: tuple[Difference, ...]
    """The chance without each part of the history."""


def differences(first: FrozenResults, second: FrozenResults) -> Differences:
    """Of `second` from `first`."""
    chances = [
        _difference(name, _chances(first).get(name), _chances(second).get(name))
        for name in dict.fromkeys([*_chances(first), *_chances(second)])
    ]
    return Differences(tuple(_causes(first, second)), tuple(chances), tuple(_parts(first, second)))


def _parts(first: FrozenResults, second: FrozenResults) -> list[Difference]:
    """The chance without any history, and without each part of either, by one kind of parts where both have it."""
    both = [by for by in (first.by, second.by) if by in first.parts and by in second.parts]
    without = [_without(one, both[0] if both else one.by) for one in (first, second)]
    empty = _difference(t("without any history"), first.answer.empty, second.answer.empty)
    found = [empty]
    for key in dict.fromkeys([*without[0], *without[1]]):
        named = [one[key] for one in without if key in one]
        label = " ↔ ".join(dict.fromkeys(name for name, _ in named))
        found.append(_difference(label, *(one[key][1] if key in one else None for one in without)))
    return found


def _causes(first: FrozenResults, second: FrozenResults) -> list[str]:
    versions = [{one.name: one.link.rpartition("@")[2] for one in results.models} for results in (first, second)]
    found = [
        t("{model} is another version: {first}, then {second}.", model=name, first=old[:SHORT], second=new[:SHORT])
        for name, old in versions[0].items()
        if (new := versions[1].get(name)) is not None and new != old
    ]
    names = [[one.name for one in results.models] for results in (first, second)]
    if sorted(names[0]) != sorted(names[1]):
        found.append(t("The models are others: {first}, then {second}.", first=_list(names[0]), second=_list(names[1])))
    if names[0][0] != names[1][0]:
        found.append(t(EXPLAINED, first=names[0][0], second=names[1][0]))
    if not (first.rows and second.rows):
        found.append(t("A user is hidden, so whether the rows are the same is not known."))
    elif first.rows != second.rows:
        found.append(t(OTHER_ROWS if _of_one_scenario(first, second) else OTHER_INPUTS))
    return found or [t("Models and rows are the same.")]


def _list(names: Sequence[str]) -> str:
    return t(", ").join(names)


def _of_one_scenario(first: FrozenResults, second: FrozenResults) -> bool:
    """Whether both are of one user, time and candidate, and of the store's rows as they were: only these can differ."""
    named = [(one.user.user_id, one.as_of, one.candidate.item_id) for one in (first, second)]
    return named[0] == named[1] and not (first.edits or second.edits)


def _chances(results: FrozenResults) -> dict[str, float]:
    return {one.name: one.probability for one in results.models}


def _without(results: FrozenResults, by: By | None) -> dict[tuple[By, str], tuple[str, float]]:
    """By part: what it is called, and the chance without it; the rest is of other parts each time, and left out."""
    ranked = None if by is None else results.parts.get(by)
    parts: Sequence[Removal] = () if ranked is None else ranked.first
    names = part_names(parts, results.candidate, results.behaviors, answer_words_of(results), labels_of(results))
    return {(part.by, part.name): (name, part.without) for part, name in zip(parts, names, strict=True)}


def _difference(name: str, first: float | None, second: float | None) -> Difference:
    change = "" if first is None or second is None else _points(second - first)
    return Difference(name, percent(first), percent(second), change)


def _points(change: float) -> str:
    if abs(change) < SAME:
        return "="
    return f"{'+' if change > 0 else '−'}{abs(100 * change):.1f}"
