"""The nearest real user with the opposite outcome: who lived alike as this model sees it, and yet decided otherwise.

Dimensions: N compared impressions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from din_core.domain import History, Impression, Item, Scores, User
from din_core.scoring import Scorer

PROFILE = 0.25
"""What a wholly different profile adds to a distance: enough to tell alike histories apart."""
NAMED = 5
"""Behaviors named at most, of each kind."""


@dataclass(frozen=True, slots=True)
class ImpressionWithHistory:
    """An impression with the history before it."""

    impression: Impression
    history: History


@dataclass(frozen=True, slots=True)
class ItemWeights:
    """One item in two histories, by its weight × count towards each one's candidate; 0 where it is not there."""

    item: Item
    own: float
    other: float


@dataclass(frozen=True, slots=True)
class NearestOpposite:
    """The nearest of the impressions that were compared."""

    seen: ImpressionWithHistory
    """The other user's."""
    distance: float
    """0 (the same) to 2.25: `distance` below."""
    same_profile: tuple[str, ...]
    """Profile fields in which both have the same known values."""
    shared: tuple[ItemWeights, ...]
    """Items in both histories, those first that weigh most in both."""
    different: tuple[ItemWeights, ...]
    """Items whose weight × count differs, those that differ most first."""
    own: float
    """Probability that the model gives this user's impression."""
    other: float
    """And the other's."""
    compared: int
    """N."""


def nearest(
    scorer: Scorer, own: ImpressionWithHistory, others: Sequence[ImpressionWithHistory]
) -> NearestOpposite | None:
    """The one of `others` at the least `distance` from `own`, the first of equal ones; None where there are none."""
    if not others:
        return None
    requests = [scorer.prepare(one.history, [one.impression.item], one.impression.context) for one in (own, *others)]
    scores = scorer.score_together(requests)
    distances = [
        distance(scores[0], own.history.user, found, one.history.user)
        for found, one in zip(scores[1:], others, strict=True)
    ]
    place = int(np.argmin(distances))
    other = others[place]
    both = _both(scores[0], scores[1 + place])
    return NearestOpposite(
        seen=other,
        distance=distances[place],
        same_profile=_same(own.history.user, other.history.user),
        shared=_first(both, lambda b: min(abs(b.own), abs(b.other)) if b.own * b.other else 0),
        different=_first(both, lambda b: abs(b.own - b.other)),
        own=float(scores[0].probability[0]),
        other=float(scores[1 + place].probability[0]),
        compared=len(others),
    )


def distance(one: Scores, user: User, other: Scores, other_user: User) -> float:
    """1 less the likeness of two histories, plus PROFILE times the share of profile fields that differ.

    A history is its weights × counts towards the candidate, summed for each item and for each value of the first item
    field (in equal shares where an item has several); the likeness is the mean of the cosines of these two, −1 to 1. So
    behaviors that the model switches on count, in either history, and those it passes over do not; two histories that
    hold other items of the same kinds are still alike by half; how long a history is makes no difference. A field that
    neither user has filled in is left out.
    """
    likeness = [cosine(_masses(one, part), _masses(other, part)) for part in _parts(one, other)]
    fields = [
        name for name in {**user.fields, **other_user.fields} if user.fields.get(name) or other_user.fields.get(name)
    ]
    differ = 1 - len(_same(user, other_user)) / len(fields) if fields else 0.0
    return 1 - float(np.mean(likeness)) + PROFILE * differ


def cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Of two sparse vectors; two that are all 0 are alike, one of them alone is like nothing."""
    sizes = [float(np.sqrt(sum(v * v for v in vector.values()))) for vector in (one, other)]
    if not all(sizes):
        return float(not any(sizes))
    return sum(v * other.get(name, 0.0) for name, v in one.items()) / (sizes[0] * sizes[1])


Part = Callable[[Item], Sequence[str]]


def _parts(one: Scores, other: Scores) -> list[Part]:
    """What items are told apart by: the item itself, and the first field where there is one."""
    item = next((b.item for b in (*one.behaviors, *other.behaviors)), None)
    field = next(iter(item.fields), None) if item is not None else None
    parts: list[Part] = [lambda item: (item.item_id,)]
    if field is not None:
        parts.append(lambda item: item.values(field))
    return parts


def _masses(scores: Scores, part: Part) -> dict[str, float]:
    """Σ weight × count by `part`, in equal shares where an item has several; what has none of it is left out."""
    masses: dict[str, float] = {}
    for behavior, weight in zip(scores.behaviors, scores.weight[0].tolist(), strict=True):
        names = part(behavior.item)
        for name in names:
            masses[name] = masses.get(name, 0.0) + weight * behavior.count / len(names)
    return masses


def _both(one: Scores, other: Scores) -> list[ItemWeights]:
    items = {b.item.item_id: b.item for b in (*one.behaviors, *other.behaviors)}
    own, others = (_masses(scores, lambda item: (item.item_id,)) for scores in (one, other))
    return [ItemWeights(item, own.get(name, 0.0), others.get(name, 0.0)) for name, item in items.items()]


def _first(both: Sequence[ItemWeights], size: Callable[[ItemWeights], float]) -> tuple[ItemWeights, ...]:
    ordered = sorted((b for b in both if size(b) > 0), key=size, reverse=True)
    return tuple(ordered[:NAMED])


def _same(user: User, other: User) -> tuple[str, ...]:
    return tuple(
        name for name, values in user.fields.items() if values and set(values) == set(other.fields.get(name, ()))
    )
