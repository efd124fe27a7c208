"""Distributions of a figure over impressions, with intervals by drawing users anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from din_core.metrics.bootstrap import LEVEL

Floats = NDArray[np.float64]
REPLICATES = 1000


def distribution(values: Sequence[float | None], users: Sequence[int]) -> dict[str, Any] | None:
    """n, mean, its 95 % interval and quartiles of the values that are there; None where none is.

    A user's impressions depend on each other, so whole users are drawn (as `din_core.metrics.bootstrap` does). The
    interval is None for a single user.
    """
    there = np.array([value is not None for value in values], dtype=bool)
    if not there.any():
        return None
    known = np.array([value for value in values if value is not None], dtype=np.float64)
    return {
        "n": len(known),
        "mean": float(known.mean()),
        "interval": mean_interval(known, np.asarray(users)[there]),
        "quartiles": np.quantile(known, (0.25, 0.5, 0.75)).tolist(),
    }


def mean_interval(values: Floats, users: NDArray[np.int64]) -> list[float] | None:
    """95 % interval of the mean of `values` (N,) under drawing `users` (N,) anew; None for a single user."""
    _, code = np.unique(users, return_inverse=True)
    n = int(code.max()) + 1
    if n < 2:
        return None
    total, number = np.bincount(code, values), np.bincount(code)
    drawn = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), size=REPLICATES)
    ends: list[float] = np.quantile((drawn @ total) / (drawn @ number), ((1 - LEVEL) / 2, (1 + LEVEL) / 2)).tolist()
    return ends
