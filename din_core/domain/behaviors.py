"""Past interactions, the histories they form, and impressions.

Times are whole seconds since 1970-01-01 UTC. Finer input is rounded down, on both sides of the
comparison `behavior < impression`, which can only drop a behavior from a history, never leak one into it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from din_core.domain.entities import Item, User


@dataclass(frozen=True, slots=True)
class Behavior:
    """One past interaction of a user with an item."""

    item: Item
    timestamp: int
    behavior_type: str | None = None


@dataclass(frozen=True, slots=True)
class FoldedBehavior:
    """All of a history's behaviors with one item: the item once, with its count."""

    item: Item
    count: int
    first_timestamp: int
    last_timestamp: int
    behavior_type: str | None = None
    """The type that all of them have; None where that is not known or not one."""


@dataclass(frozen=True, slots=True)
class History:
    """Behaviors of `user` strictly earlier than `as_of`, oldest first."""

    user: User
    as_of: int
    behaviors: tuple[Behavior, ...]
    _seen: dict[tuple[bool, int | None], tuple[FoldedBehavior, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """What `plain` and `folded` have answered: several models and explanations read the same history."""

    def __post_init__(self) -> None:
        times = [b.timestamp for b in self.behaviors]
        if times and times[-1] >= self.as_of:
            raise ValueError(f"history reaches {times[-1]}, but must end before {self.as_of}")
        if any(a > b for a, b in pairwise(times)):
            raise ValueError("history is not ordered oldest first")

    def plain(self, most: int | None = None) -> tuple[FoldedBehavior, ...]:
        """Each behavior by itself, oldest first: for models to which order or age matters. `most` keeps the newest."""
        if (seen := self._seen.get((False, most))) is not None:
            return seen
        kept = self.behaviors if most is None else self.behaviors[max(0, len(self.behaviors) - most) :]
        self._seen[False, most] = plain = tuple(
            FoldedBehavior(b.item, 1, b.timestamp, b.timestamp, b.behavior_type) for b in kept
        )
        return plain

    def folded(self, max_distinct: int | None = None) -> tuple[FoldedBehavior, ...]:
        """Repeats of an item folded into one entry with a count, ordered by last occurrence, oldest first.

        `max_distinct` keeps the most recent distinct items. Sum pooling is additive, so folding is exact.
        """
        if (seen := self._seen.get((True, max_distinct))) is not None:
            return seen
        kept: dict[str, list[Behavior]] = {}
        for behavior in reversed(self.behaviors):
            occurrences = kept.get(behavior.item.item_id)
            if occurrences is not None:
                occurrences.append(behavior)
            elif max_distinct is None or len(kept) < max_distinct:
                kept[behavior.item.item_id] = [behavior]
        self._seen[True, max_distinct] = folded = tuple(
            FoldedBehavior(found[0].item, len(found), found[-1].timestamp, found[0].timestamp, _one_type(found))
            for found in reversed(kept.values())
        )
        return folded


def _one_type(behaviors: Sequence[Behavior]) -> str | None:
    kinds = {behavior.behavior_type for behavior in behaviors}
    return kinds.pop() if len(kinds) == 1 else None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that is scored for a user at a time, in the place of an impression where there is one."""

    item_id: str
    nth: int = 1
    """Which of the user's impressions of that item at that time, in the order of ingest, counted from 1."""


@dataclass(frozen=True, slots=True)
class Impression:
    """A candidate shown to a user at a time, with its label (None when the outcome is unknown).

    The same user, item and time may have several: each is a row of its own, told from the others by `nth`.
    """

    user_id: str
    item: Item
    timestamp: int
    label: int | None = None
    split: str | None = None
    context: Mapping[str, str | None] = field(default_factory=dict)
    nth: int = 1
    """Which of the impressions of this user, item and time, in the order of ingest, counted from 1."""

    @property
    def candidate(self) -> Candidate:
        """What names it among all that are scored for its user at its time."""
        return Candidate(self.item.item_id, self.nth)
