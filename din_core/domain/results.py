"""What scoring and explaining return. Dimensions: C candidates, T distinct behaviors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True, slots=True)
class Explanation:
    """One method's number for each distinct behavior of one scenario."""

    method: str
    """The method's name, such as "activation weight" or "leave-one-out"."""
    unit: str
    """What a value is measured in, in words a reader understands."""
    behaviors: tuple[FoldedBehavior, ...]
    values: Floats
    """(T,)"""
    gap: float | None = None
    """The method's own error, where it has one: what its sum misses, or its standard error."""
