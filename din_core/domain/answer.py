"""What a score rests on, as the facts of one sentence. All of them are rescored, none is estimated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

By = Literal["item", "category"]
"""What behaviors that are taken away together have in common."""
Kind = Literal["empty", "hardly", "one", "several", "spread", "interchangeable", "opposed"]


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
class Answer:
    """Why a model gives one candidate its probability."""

    kind: Kind
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
