"""A mean over a cohort, told apart by bins. Dimension: B bins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from din_core.domain.results import Floats


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
