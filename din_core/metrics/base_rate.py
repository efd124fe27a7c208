"""The log loss that every model has to beat: that of the share of positives, given as every row's probability."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from din_core.metrics.inputs import labels

DIGITS = 4
"""Decimals to which log losses are written and compared."""


def base_rate_log_loss(label: ArrayLike) -> float | None:
    """The entropy of the labels in nats a row, -[r ln r + (1 - r) ln(1 - r)], r the share of positives.

    It is the least log loss of any constant, and what normalised entropy divides by (He et al., "Practical Lessons
    from Predicting Clicks on Ads at Facebook", ADKDD 2014). `label` (N,) of 0 and 1, MetricError otherwise; None
    where all labels are one, which no model can be measured against.
    """
    rate = float(np.mean(labels(label)))
    return None if rate in (0.0, 1.0) else float(-(rate * np.log(rate) + (1 - rate) * np.log1p(-rate)))


def is_worse_than_base_rate(log_loss: float, base_rate: float | None) -> bool:
    """Whether a log loss is above that of the base rate, as both are written; False where that has no value."""
    return base_rate is not None and round(log_loss, DIGITS) > round(base_rate, DIGITS)
