"""What a config file may hold for each option of `ModelConfig` that is no choice of words."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from din_core.domain.translatable import Translatable

MOST_HEADS = 256
"""Units of one model: each is a network, which takes memory also before its weights do."""


def is_number(value: object) -> bool:
    """A finite number, and no truth value."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def is_whole(value: Any) -> bool:
    """A whole number of 1 or more."""
    return is_number(value) and isinstance(value, int) and value >= 1


def are_two_widths(value: Any) -> bool:
    """Two of these."""
    return isinstance(value, tuple) and len(value) == 2 and all(map(is_whole, value))


def are_rising(value: Any) -> bool:
    """Numbers above 0, each above the last."""
    if not isinstance(value, tuple) or not all(map(is_number, value)):
        return False
    return all(below < above for below, above in pairwise((0, *value)))


def is_flag(value: object) -> bool:
    """True or false."""
    return isinstance(value, bool)


LIMITS: dict[str, tuple[Translatable, Callable[[Any], bool]]] = {
    "tower_hidden": (Translatable("two whole numbers of 1 or more"), are_two_widths),
    "unit_hidden": (Translatable("two whole numbers of 1 or more"), are_two_widths),
    "tower_dropout": (Translatable("from 0 to below 1"), lambda value: is_number(value) and 0 <= value < 1),
    "max_history": (Translatable("a whole number of 1 or more"), is_whole),
    "vector_length": (
        Translatable("0 or a whole number above it"),
        lambda value: is_number(value) and isinstance(value, int) and value >= 0,
    ),
    "half_life": (Translatable("a number of days above 0"), lambda value: is_number(value) and value > 0),
    "gap_edges": (Translatable("numbers of days above 0, each above the last"), are_rising),
    "gap_width": (Translatable("a whole number of 1 or more"), is_whole),
    "unit_heads": (
        Translatable("a whole number of 1 to {most}", most=MOST_HEADS),
        lambda value: is_whole(value) and value <= MOST_HEADS,
    ),
    "auxiliary_weight": (Translatable("0 or more"), lambda value: is_number(value) and value >= 0),
    **dict.fromkeys(
        (
            *(
                "learn_half_life",
                "monotone",
                "unit_per_field",
                "unit_matches",
                "project_query",
                "counts",
                "history_sum",
            ),
            "target_representation",
        ),
        (Translatable("true or false"), is_flag),
    ),
}
"""What a config file may hold for each, in words and as a check."""
