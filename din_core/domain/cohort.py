"""The words of cases and cohorts: their kinds, and a mean over a cohort, told apart by bins. Dimension: B bins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from din_core.domain.results import Floats

KINDS = (
    "main right",
    "base right",
    "gap",
    "negative",
    "dominated",
    "disagree",
    "intense",
)
"""The main model on the label's side where the base model is not; the reverse; the largest gap between their scores;
the most negative weight; one behavior with most of the effects; weights that rank behaviors unlike their effects; a
high intensity with a low score."""
LENGTHS = (0, 11, 31, 101, 301, 601)
"""Distinct behaviors as the model sees them: where each bucket of histories begins."""


@dataclass(frozen=True)
class Mean:
    """A ratio of sums in each of B bins."""

    value: Floats
    """(B,) NaN where there is nothing to divide by"""
    low: Floats
    """(B,) of the 95 % interval over users; NaN where fewer than two users have something in the bin"""
    high: Floats
    """(B,)"""
    count: NDArray[np.integer[Any]]
    """(B,) what was divided by"""
    users: NDArray[np.integer[Any]]
    """(B,) users with something in the bin"""
