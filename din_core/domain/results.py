"""What scoring and explaining return. Dimensions: C candidates, T distinct behaviors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from din_core.domain.behaviors import FoldedBehavior
from din_core.domain.entities import Item

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Scores:
    """One model's scores of C candidates against one history of T distinct behaviors."""

    model: str
    """The checkpoint's display name, such as "DIN"."""
    fingerprint: str
    pooling: str
    """How the behaviors became the interest vector: "attention", "evolution" (DIEN), "average", "sum" or
    "time decay"."""
    normalisation: str
    """"none", "softmax" or "scaled softmax": what was done to the activation weights before pooling."""
    candidates: tuple[Item, ...]
    behaviors: tuple[FoldedBehavior, ...]
    probability: Floats
    """(C,) predicted probability of a positive label."""
    logit: Floats
    """(C,) the same before the sigmoid."""
    weight: Floats
    """(C, T) weight of ONE occurrence of each distinct behavior in the pooling sum.

    DIN: the activation unit's raw output, not normalised, possibly negative.
    Average pooling: 1/H, H = Σ counts. DIEN: the attention on each behavior's interest state. With one unit per
    item field: the first field's, the item's own.
    """
    field_weight: Mapping[str, Floats] | None = None
    """With one unit per item field, each field's (C, T) weights."""

    @property
    def intensity(self) -> Floats:
        """(C,) Σw over all behaviors, repeats counted: the interest intensity (1 for average pooling)."""
        counts = np.array([b.count for b in self.behaviors], dtype=self.weight.dtype)
        intensity: Floats = self.weight @ counts
        return intensity

    def of(self, candidate: int) -> Scores:
        """The same of one of the candidates alone, by its place."""
        own = slice(candidate, candidate + 1)
        return replace(
            self,
            candidates=self.candidates[own],
            probability=self.probability[own],
            logit=self.logit[own],
            weight=self.weight[own],
            field_weight=self.field_weight and {name: weight[own] for name, weight in self.field_weight.items()},
        )


@dataclass(frozen=True, slots=True)
class Explanation:
    """One method's numbers for one scenario: one for each distinct behavior, or for each of `players`."""

    method: str
    """The method's name, such as "activation weight" or "leave-one-out"."""
    unit: str
    """What a value is measured in, in words a reader understands."""
    behaviors: tuple[FoldedBehavior, ...]
    values: Floats
    """(T,), or (P,) where there are players"""
    gap: float | None = None
    """For methods whose values should add up to a known sum: that sum less what they add up to."""
    players: tuple[str, ...] | None = None
    """(P) what the values belong to where that is not single behaviors: categories, weeks, paths of the score."""
    error: Floats | None = None
    """Standard error of each value, where they are estimated from samples."""
    probability: Floats | None = None
    """The values in units of probability, where the method has them so."""


@dataclass(frozen=True, slots=True)
class UnitReading:
    """What a behavior's type and time gap do to its activation weight: measured, under one model for one candidate."""

    behavior: FoldedBehavior
    weight: float
    """As it is, of one occurrence."""
    neither: float
    """With no known type, in the shortest range of gaps: as far as the model reads these."""
    due_to_type: float | None
    """Its part of `weight` − `neither`, the Shapley value of two players; None where the model reads no types."""
    due_to_gap: float | None
    """The rest of it; None where the model reads no gaps."""
    types: tuple[tuple[str | None, float], ...]
    """The weight under each type that the model knows, and under none (None), in this order; () where it reads none."""
    ranges: tuple[tuple[float, float], ...]
    """First day of each range of gaps and the weight there, shortest first; () where the model reads none."""
    gap: float
    """Days from the behavior to the impression."""


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """The fewest changes found that take a candidate across a threshold or past a rival."""

    action: str
    """"remove" or "add"."""
    players: tuple[str, ...]
    """Names of what may be removed or added."""
    chosen: tuple[int, ...] | None
    """Which of them; None where no set was found."""
    before: float
    """Logit less the threshold, or less the rival's logit, before the changes."""
    after: float
    """The same after them; without a found set, the nearest that the search came to the goal."""
    exact: bool
    """Whether no smaller set will do, or none at all where none was found; else `chosen` may not be the smallest."""
    at_least: int
    """Every smaller set was tried, and none will do."""


By = Literal["item", "category"]
"""What behaviors that are taken away together have in common."""
AnswerKind = Literal["empty", "hardly", "one", "several", "spread", "interchangeable", "opposed"]


@dataclass(frozen=True, slots=True)
class Removal:
    """Behaviors that are taken from a history together, and the score without them."""

    by: By
    name: str
    """The item's id, or the category."""
    rows: tuple[int, ...]
    """Their places among the behaviors that the model sees."""
    behaviors: int
    """How many they are, repeats counted."""
    effect: float
    """Logit with them less logit without."""
    without: float
    """Probability without them."""


@dataclass(frozen=True, slots=True)
class RankedParts:
    """A history by items or by categories, those that move the probability most first."""

    first: tuple[Removal, ...]
    rest: Removal | None
    """All others, taken away at once; None where there are none."""
    others: int
    """How many these are."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Why a model gives one candidate its probability."""

    kind: AnswerKind
    """What the score rests on, as far as the history goes:

    - empty: there is no behavior.
    - hardly: neither the whole history nor a part of it moves the score much.
    - one: the removal in `decisive` does most of what the history does.
    - several: those in `decisive` do so together, none of them alone.
    - spread: many do so together, each a little.
    - interchangeable: many do so together, but each alone does less than its share: others stand in for it.
    - opposed: `decisive` holds the strongest that raises and the strongest that lowers the score, or one that moves
      it the other way than the history as a whole does.
    """
    probability: float
    empty: float
    """Probability with no history at all."""
    behaviors: int
    """How many the model sees, repeats counted."""
    decisive: tuple[Removal, ...] = ()
    """What is named, the strongest first."""
    without: float | None = None
    """Probability without all of `decisive` at once; None where there are none."""
    largest: float = 0.0
    """The most by which the probability changes without any one item or category."""
    baseline: float | None = None
    """What average pooling says; None where no such model is at hand, or it is the model itself."""
    outcome: int | None = None
    """The impression's label; None where it is not known."""

    @property
    def raised(self) -> bool:
        """Whether the history as a whole raises the probability."""
        return self.probability >= self.empty


@dataclass(frozen=True, slots=True)
class GapPart:
    """What a part of a history adds to two probabilities, and so to the gap between them."""

    name: str
    """The item's id, or the category; empty for the rest."""
    item: Item | None
    """Of a part that is an item; a category is one also where all its behaviors are of one item."""
    behaviors: int
    """How many they are, repeats counted; of what two models see of them, the larger number."""
    items: int
    """How many different items."""
    first: float
    """What it adds to the first probability."""
    second: float
    error: float = 0.0
    """Standard error of the difference; 0 where it is exact."""

    @property
    def gap(self) -> float:
        """What it adds to the first probability less what it adds to the second."""
        return self.first - self.second


@dataclass(frozen=True, slots=True)
class GapSplit:
    """A history in parts, the one that adds most to the gap first."""

    parts: tuple[GapPart, ...]
    rest: GapPart | None
    """All that is in no part, as one; None where that is nothing."""


@dataclass(frozen=True, slots=True)
class ScoreGap:
    """Why one probability of a user at a time is above another: two candidates of a model, or a candidate of two."""

    first: float
    """Probability with the whole history."""
    second: float
    first_empty: float
    """Probability without any history: candidate, profile and context alone, and the model where that differs."""
    second_empty: float
    by_item: GapSplit
    by_category: GapSplit | None
    """None where no item has a category. Both splits are of the same measurement: items add up to their categories."""
    exact: bool
    """Whether every set of parts was scored; else the parts are means over random orders, with a standard error."""
    missed: float
    """The gap less what the parts and the empty history add up to: rounding alone."""
    cancels: bool = False
    """Whether the items of a category pull against each other so much that the split by categories hides it."""

    @property
    def split(self) -> GapSplit:
        """The one that says more: by categories, unless there are none or the items of one cancel."""
        return self.by_item if self.cancels or self.by_category is None else self.by_category

    @property
    def gap(self) -> float:
        """Probability, above 0 where the first is higher."""
        return self.first - self.second

    @property
    def empty(self) -> float:
        """The gap without any history."""
        return self.first_empty - self.second_empty
