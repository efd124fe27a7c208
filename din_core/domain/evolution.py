"""How DIEN's interest state came to be what the tower reads. Dimensions: T behaviors, D width of the state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from din_core.domain.behaviors import FoldedBehavior
from din_core.domain.results import Floats


@dataclass(frozen=True, slots=True)
class EvolutionPath:
    """One candidate's interest state through the behaviors of one history, oldest first."""

    behaviors: tuple[FoldedBehavior, ...]
    """(T) each by itself, as the model sees them"""
    attention: Floats
    """(T,) a softmax over all of them; they add up to 1"""
    states: Floats
    """(T + 1, D) before the first step, which is 0, and after each, under the attention of the whole history; the
    last is the interest vector that the tower reads"""
    logit: Floats
    """(T + 1,) what the model gives when the history ends before the first of them, and after each. A shorter
    history shares its attention among fewer behaviors, so these are not read off `states` but for the last."""

    @property
    def probability(self) -> Floats:
        """(T + 1,) the same as probabilities."""
        found: Floats = 1 / (1 + np.exp(-self.logit))
        return found
