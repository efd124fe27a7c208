"""What is found out about a model that is not this project's, by changing histories and scoring them again.

Dimensions: B candidates, T behaviors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

TOLERANCE = 1e-4
"""A difference, of a number of about 1, that is no rounding in single precision."""


@dataclass(frozen=True, slots=True)
class ModuleTraits:
    """What makes a difference, as it was measured on changed histories."""

    weights_depend_on_others: bool
    """Whether a behavior's weight changes where another behavior is taken away, as a softmax or a transformer has it"""
    weights_depend_on_candidate: bool
    reads_order: bool
    """Whether logits or weights change where behaviors change places and keep their ages"""
    reads_ages: bool
    """Whether logits or weights change where all behaviors are twice as old"""
    weights_sum_to_one: bool

    @classmethod
    def from_dict(cls, raw: Any) -> ModuleTraits | None:
        """From what `metrics.json` holds; None for anything that is not all of them."""
        names = {own.name for own in fields(cls)}
        if not isinstance(raw, Mapping) or not names <= raw.keys():
            return None
        values = {name: raw[name] for name in names}
        return cls(**values) if all(isinstance(value, bool) for value in values.values()) else None

    def to_dict(self) -> dict[str, bool]:
        """JSON-ready, the inverse of `from_dict`."""
        return asdict(self)
