"""What scores one candidate again on changed histories, as those who explain see it. Arrays alone: no torch.

Dimensions: T behaviors, S changed histories, P players (groups of occurrences), D item embedding width.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from din_core.domain import FoldedBehavior, History, Item
from din_core.domain.results import Floats

HISTORY = "history"
"""The path of a model into which nobody can look."""
WHOLE = "a model to which order matters keeps a behavior or does not; give counts of 0 and 1"


class LeaveOneOutLogits(NamedTuple):
    """What leave-one-out compares."""

    without: Floats
    """(T,) logits without each behavior, all its occurrences"""
    full: float
    empty: float


class CountRescorer(ABC):
    """Logits of one candidate by how often each behavior of a history is there.

    Removal is defined on the history the model sees: repeats folded where the model folds them, the newest
    `max_history` kept. Removing from a longer history would let an older behavior enter in reality; here none does.
    """

    row_budget: int
    """Changed histories that take some tenths of a second on two cores: what an exact method may spend."""
    has_line = False
    """Whether `line` leads through the tower's inputs."""
    has_path = False
    """Whether there are interest states."""

    def __init__(self, count: Floats) -> None:
        """`count` (T,) repeats of each behavior in the history; 0 for additions."""
        self.count = count

    @abstractmethod
    def logits(self, kept: Floats, players: Floats | None = None) -> Floats:
        """(S,) logits of S changed histories; sums in double precision, the tower in the network's own.

        kept (S, T) says how many occurrences of each behavior are there. With players (P, T), kept is (S, P): how
        many times each player is there, and a player brings players[p, t] occurrences of behavior t. ValueError where
        a model to which order matters is given parts of a behavior.
        """

    def leave_one_out_logits(self) -> LeaveOneOutLogits:
        """Of the history without each of its behaviors, of the whole and of the empty one."""
        return LeaveOneOutLogits(self.logits(self.count - np.diag(self.count)), self.full, self.empty)

    @cached_property
    def _full_and_empty(self) -> tuple[float, float]:
        full, empty = self.logits(np.stack([self.count, np.zeros_like(self.count)])).tolist()
        return full, empty

    @property
    def full(self) -> float:
        """The history's logit, as `Scorer.score` has it."""
        return self._full_and_empty[0]

    @property
    def empty(self) -> float:
        """The logit of the empty history: profile, context and candidate alone."""
        return self._full_and_empty[1]

    @property
    def paths(self) -> tuple[str, ...]:
        """Names of what a behavior can move: the history as a whole, where nothing else is known."""
        return (HISTORY,)

    def logits_with_inputs(self, chosen: Sequence[Mapping[str, bool]]) -> Floats:
        """(S,) logits with each of `paths` as the full history has it (True) or as the empty one has it."""
        return np.array([self.full if choice.get(HISTORY) else self.empty for choice in chosen])

    def line(self, at: Floats) -> tuple[Floats, Floats]:
        """A path from the empty history (at 0) to the full one (at 1) on which every behavior has a share.

        at (S,) → logits (S,), and slopes (S, T): how fast each behavior's share moves the logit there. The slopes
        of all behaviors add up to the derivative of the logit along the path. ValueError where there is none.
        """
        raise ValueError("the model shows no inputs of a tower, so no line leads through them")

    def path(self) -> tuple[Floats, Floats]:
        """(T,) attention on each behavior and (T + 1, D) the interest state: before the first step, then after each;
        ValueError where there are none."""
        raise ValueError("the model has no interest states")


@dataclass(frozen=True)
class RescoredHistory:
    """Whose logits a rescorer gives: a candidate, and the history as the model sees it."""

    model: str
    """The model's name for people."""
    item: Item
    """The candidate."""
    behaviors: tuple[FoldedBehavior, ...]
    """(T) those of the history, then additions"""
    history: History
    folds: bool
    """Whether a behavior stands for all repeats of an item."""
    count: Floats
    """(T,) repeats of each behavior in the history; 0 for additions"""

    @property
    def as_of(self) -> int:
        """Seconds since 1970-01-01 UTC."""
        return self.history.as_of

    @cached_property
    def times(self) -> tuple[tuple[int, ...], ...]:
        """(T) when each behavior's occurrences were, oldest first; an addition's is the impression's last second."""
        if not self.folds:
            return tuple((behavior.last_timestamp,) for behavior in self.behaviors)
        found: dict[str, list[int]] = {behavior.item.item_id: [] for behavior in self.behaviors}
        for behavior in self.history.behaviors:
            if behavior.item.item_id in found:
                found[behavior.item.item_id].append(behavior.timestamp)
        return tuple(
            tuple(found[behavior.item.item_id]) if count else (behavior.last_timestamp,)
            for behavior, count in zip(self.behaviors, self.count, strict=True)
        )


class Rescorer:
    """Scores one candidate again with some of a history's behaviors, or others; see `CountRescorer`."""

    def __init__(self, shown: RescoredHistory, counts: CountRescorer) -> None:
        """`counts` computes, on this machine or elsewhere, on what `shown` holds."""
        self.shown, self.counts = shown, counts
        self.logits = counts.logits
        self.leave_one_out_logits = counts.leave_one_out_logits
        self.logits_with_inputs = counts.logits_with_inputs
        self.line, self.path = counts.line, counts.path

    @property
    def behaviors(self) -> tuple[FoldedBehavior, ...]:
        """(T) as the model sees them."""
        return self.shown.behaviors

    @property
    def count(self) -> Floats:
        """(T,) repeats of each behavior in the history; 0 for additions."""
        return self.shown.count

    @property
    def row_budget(self) -> int:
        """Changed histories that an exact method may spend."""
        return self.counts.row_budget

    @property
    def full(self) -> float:
        """The history's logit, as `Scorer.score` has it."""
        return self.counts.full

    @property
    def empty(self) -> float:
        """The logit of the empty history: profile, context and candidate alone."""
        return self.counts.empty

    @property
    def paths(self) -> tuple[str, ...]:
        """Names of what a behavior can move."""
        return self.counts.paths
