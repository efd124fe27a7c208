"""Logits of which it is known how far they are from calibrated."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class MadeLogits(NamedTuple):
    """M impressions."""

    label: NDArray[np.int64]
    logit: NDArray[np.float64]
    user: NDArray[np.int64]


def made_logits(n: int = 4000, slope: float = 1.0, bias: float = 0.0, seed: int = 0, spread: float = 1.5) -> MadeLogits:
    """Labels drawn from sigmoid(slope · logit + bias), 20 impressions a user."""
    rng = np.random.default_rng(seed)
    true = rng.normal(-0.5, spread, n)
    label = (rng.random(n) < 1 / (1 + np.exp(-true))).astype(np.int64)
    return MadeLogits(label, (true - bias) / slope, np.arange(n) // 20)
