"""What a planted world is made of."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from din_core.domain import DinLensError
from trainer.datasets.planted.words import FAR, INTERESTS

WEEKS = 26
FIRST_SHOWN = 8
"""The first week with impressions: by then most shoppers have a history."""
SPLITS = {"train": (8, 21), "valid": (22, 23), "test": (24, 25)}
"""Split -> its first and last week."""


@dataclass(frozen=True, slots=True)
class PlantedOptions:
    """A world is a function of these."""

    users: int = 1500
    seed: int = 0
    strength: float = 2.0
    """What each causing behavior adds to the log-odds of a click, repeats counted."""
    noise: float = 0.02
    """Probability of a click without cause."""
    drift: float = 0.02
    """Probability that a shopper swaps one interest for another, each week."""
    repeats: float = 0.2
    """Probability that a behavior repeats an item that the shopper had before in its category."""
    interests: int = 2
    """Interests of a shopper at a time, of the world's 12."""
    share: float = 0.3
    """Of behaviors that come from an interest; the others are distractors."""
    distractors: int = 8
    """Categories that cause nothing and lie in departments of their own."""
    behaviors: float = 2.0
    """Mean behaviors of a shopper in a week, of 26."""
    shown: int = 4
    """Candidates drawn for each shopper in each week; those that are clicked become positives."""

    def __post_init__(self) -> None:
        limits: dict[str, tuple[float, float]] = {
            "users": (2, 1_000_000),
            "seed": (0, 2**63 - 1),
            "strength": (0, 20),
            "noise": (0.0001, 0.9999),
            "drift": (0, 1),
            "repeats": (0, 1),
            "interests": (1, len(INTERESTS) - 1),
            "share": (0, 1),
            "distractors": (0, len(FAR)),
            "behaviors": (0.1, 100),
            "shown": (1, 10 * len(INTERESTS)),
        }
        for own in fields(self):
            value: Any = getattr(self, own.name)
            low, high = limits[own.name]
            if not low <= value <= high:
                raise DinLensError(
                    f"{own.name} is {value}, but must be from {low:,.10g} to {high:,.10g}; give another --{own.name}"
                )
