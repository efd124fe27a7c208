"""Measured effects of behaviors and of whole categories, and the paths by which a history moves the score.

Dimensions: T distinct behaviors, P categories.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from din_core.domain import Explanation, Scores
from din_core.figures.activation import OTHER, categories_of, coloured
from din_core.figures.palette import Slots


@dataclass(frozen=True, slots=True)
class CategoryEffect:
    """All behaviors of one category removed at once."""

    category: str
    lines: int
    """Behaviors, repeats counted."""
    weight: float
    """Σ weight × repeats."""
    effect: float
    """Logit with them less logit without."""
    points: float
    """The same in points of probability, 0 to 100."""


@dataclass(frozen=True, slots=True)
class EffectsInfo:
    """What one model's score of one candidate loses without each part of the history."""

    logit: float
    """Of the whole history."""
    effect: NDArray[np.float64]
    """(T,) logit with the behavior and all its repeats, less logit without."""
    points: NDArray[np.float64]
    """(T,) the same in points of probability."""
    categories: tuple[CategoryEffect, ...]
    """Largest effect first, whatever its sign."""
    others: CategoryEffect | None
    """All behaviors that the activation chart draws in grey, together; None where it draws none so."""

    @property
    def extent(self) -> tuple[float, float]:
        """Lowest and highest value of the effect axis; zero always lies within."""
        values = [0.0, *self.effect.tolist()]
        return min(values), max(values)


@dataclass(frozen=True, slots=True)
class PathPart:
    """One addend of the logit."""

    name: str
    """As the split calls it."""
    value: float


@dataclass(frozen=True, slots=True)
class PathsInfo:
    """Where a logit comes from."""

    parts: tuple[PathPart, ...]
    """They add up to `logit`."""
    logit: float


def whole_categories(
    scores: Scores, color_by: str = "category", slots: Slots | None = None
) -> list[tuple[str, NDArray[np.int64]]]:
    """What `effects_info` needs the effects of: each category's name with the occurrences (T,) that it holds, by
    first appearance; last, where there are any, those of all categories that have no colour in the activation chart.

    `scores` are of one candidate, `slots` the categories' own colours.
    """
    category, repeats = categories_of(scores.behaviors, color_by), _repeats(scores)
    place = {name: k for k, name in enumerate(dict.fromkeys(category))}
    places = np.array([place[name] for name in category], dtype=np.intp)
    held = np.where(np.arange(len(place))[:, None] == places, repeats, 0)  # (P, T)
    colours = [place[name] for name in coloured(category, scores.weight[0], repeats, slots)]
    grey = ~np.isin(places, colours)
    found = list(zip(place, held, strict=True))
    return [*found, (OTHER, np.where(grey, repeats, 0))] if grey.any() else found


def effects_info(
    scores: Scores,
    effects: Explanation,
    by_category: Explanation,
    color_by: str = "category",
    groups: Sequence[tuple[str, NDArray[np.int64]]] | None = None,
) -> EffectsInfo:
    """`scores` of one candidate, its leave-one-out, and that of its `whole_categories`, in their order.

    `groups` are these, where they are at hand.
    """
    groups = whole_categories(scores, color_by) if groups is None else groups
    if effects.behaviors != scores.behaviors or by_category.players != tuple(name for name, _ in groups):
        raise ValueError("the effects are not of these behaviors and categories; give leave_one_out of the same scores")
    assert effects.probability is not None
    assert by_category.probability is not None
    weight = scores.weight[0].astype(np.float64)
    made = [
        CategoryEffect(name, int(held.sum()), float(weight @ held), float(value), 100 * float(gain))
        for (name, held), value, gain in zip(groups, by_category.values, by_category.probability, strict=True)
    ]
    distinct = len(set(categories_of(scores.behaviors, color_by)))
    return EffectsInfo(
        logit=float(scores.logit[0]),
        effect=effects.values.astype(np.float64),
        points=100 * effects.probability.astype(np.float64),
        categories=tuple(sorted(made[:distinct], key=lambda entry: -abs(entry.effect))),
        others=made[-1] if len(made) > distinct else None,
    )


def paths_info(split: Explanation) -> PathsInfo:
    """The parts of a path split in its own order."""
    assert split.players is not None
    parts = tuple(PathPart(name, float(value)) for name, value in zip(split.players, split.values, strict=True))
    return PathsInfo(parts, float(split.values.sum()))


def _repeats(scores: Scores) -> NDArray[np.int64]:
    return np.array([b.count for b in scores.behaviors], dtype=np.int64)
