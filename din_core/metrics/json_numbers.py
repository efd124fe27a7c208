"""Numbers of files that the trainer wrote, checked as they are read."""

from __future__ import annotations

import math
from typing import Any


def finite(value: Any, name: str) -> float:
    """A number as JSON holds it; ValueError names it where it is none, or not finite."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} is {value!r}, but must be a number")
    return float(value)


def ends_of(interval: Any, name: str) -> tuple[float | None, float | None]:
    """Both ends of a list of two numbers, Nones for None; ValueError for anything else, and for ends in reverse."""
    if interval is None:
        return None, None
    low, high = (finite(end, f"{name}.interval") for end in interval)
    if low > high:
        raise ValueError(f"{name} has an interval from {low:g} to {high:g}")
    return low, high
