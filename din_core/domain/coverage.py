"""Which values a store holds, and how many of them a model knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class HeldValues:
    """The different values of every field of a store, each with the rows that carry it."""

    item: Mapping[str, Mapping[str, int]]
    """By field and value, in how many items; the item itself is the field `item_id`."""
    user: Mapping[str, Mapping[str, int]]
    context: Mapping[str, Mapping[str, int]]
    """In how many different contexts, not impressions."""
    behaviors: Mapping[str, int] | None
    """By item id, how many behaviors are of it; None where there are too many behaviors to count."""
    impressions: Mapping[str, int] | None
    behavior: Mapping[str, Mapping[str, int]] | None = field(default_factory=dict)
    """By field of behaviors themselves (their type, where any has one) and value, in how many; None where there are too
    many to count."""
    whole: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Of item fields with several values, these as one text, `a|b`: how a model of single values reads them"""


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole`."""

    part: int
    whole: int

    @property
    def value(self) -> float:
        """0 to 1; 1 of nothing."""
        return self.part / self.whole if self.whole else 1.0


@dataclass(frozen=True, slots=True)
class FieldCoverage:
    """How much of one field that a model reads it knows in a store."""

    kind: str
    """"item", "user", "context" or "behavior"."""
    name: str
    values: Share | None
    """Different values with an embedding row of their own; None where the store has no such field."""


@dataclass(frozen=True, slots=True)
class VocabularyCoverage:
    """How much of a store a model knows: all else shares one embedding row with what was rare in training."""

    items: Share
    fields: tuple[FieldCoverage, ...]
    """Without the item itself."""
    behaviors: Share | None
    """Behaviors of items that the model knows; None where they were not counted."""
    impressions: Share | None
    knows_nothing: bool
    """Whether it was trained on other items altogether."""

    @property
    def known_share(self) -> float:
        """0 to 1: of behaviors or of impressions, whichever is less; of items where neither was counted."""
        counted = [share.value for share in (self.behaviors, self.impressions) if share is not None and share.whole]
        return min(counted, default=self.items.value)
