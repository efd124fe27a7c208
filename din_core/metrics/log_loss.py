"""The mean negative log likelihood of the labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from din_core.metrics.inputs import Bools, Floats, labels, probabilities, same_length

CLIP = 1e-7
"""Probabilities are held this far from 0 and 1, about the resolution of float32 near 1: a certain and wrong
prediction costs 16.1 nats, not infinity, and what a sigmoid in float32 saturates to makes no difference."""


def log_loss(label: ArrayLike, probability: ArrayLike) -> float:
    """Mean of -[y ln p + (1 - y) ln(1 - p)] in nats a row, p clipped to [1e-7, 1 - 1e-7], in float64.

    `label` (N,) of 0 and 1, `probability` (N,) from 0 to 1; MetricError otherwise.
    """
    positive, p = labels(label), probabilities(probability)
    same_length(label=positive, probability=p)
    return float(np.mean(row_losses(positive, p)))


def row_losses(positive: Bools, probability: Floats) -> Floats:
    """(N,) the terms of that mean. Checked by the callers."""
    p = np.clip(probability, CLIP, 1 - CLIP)
    losses: Floats = -np.where(positive, np.log(p), np.log1p(-p))
    return losses
