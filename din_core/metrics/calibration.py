"""Whether predicted probabilities are met: of all rows given p, does a share of p turn out positive?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from din_core.metrics.inputs import Floats, Ints, MetricError, labels, probabilities, same_length

BINS = 15


@dataclass(frozen=True, slots=True)
class CalibrationBins:
    """B bins of rows, by rising probability; none is empty."""

    rows: Ints
    """(B,) number of rows."""
    predicted: Floats
    """(B,) mean probability."""
    observed: Floats
    """(B,) share of positive rows."""


def calibration_bins(label: ArrayLike, probability: ArrayLike, bins: int = BINS) -> CalibrationBins:
    """Rows sorted by probability and cut into `bins` bins of equal mass.

    Rows of one probability share a bin, the one where the first of them falls, so that the order of the
    input never matters; ties can make a bin larger and leave out the next, hence B ≤ `bins`.

    `label` (N,) of 0 and 1, `probability` (N,) from 0 to 1; MetricError otherwise.
    """
    if bins < 1:
        raise MetricError(f"bins is {bins}; give at least 1.")
    positive, p = labels(label), probabilities(probability)
    same_length(label=positive, probability=p)
    order = np.argsort(p, kind="stable")
    positive, p = positive[order], p[order]
    first_of_tie = np.searchsorted(p, p, side="left")
    bin_of_row = first_of_tie * bins // len(p)
    start = np.flatnonzero(np.r_[True, bin_of_row[1:] != bin_of_row[:-1]])
    rows = np.diff(np.r_[start, len(p)])
    predicted = np.add.reduceat(p, start) / rows
    return CalibrationBins(rows, predicted, np.add.reduceat(positive, start, dtype=np.int64) / rows)


def expected_calibration_error(label: ArrayLike, probability: ArrayLike, bins: int = BINS) -> float:
    """Mean distance between what was predicted and what was observed, over bins of equal mass.

        ECE = Σ_b (n_b / N) |observed_b - predicted_b|

    Naeini et al., "Obtaining Well Calibrated Probabilities Using Bayesian Binning" (AAAI 2015), there with
    bins of equal width; click probabilities crowd near 0, where equal width would put nearly all rows into
    one bin. In units of probability, 0 at best. For the bins' rule see `calibration_bins`.
    """
    found = calibration_bins(label, probability, bins)
    return float(np.average(np.abs(found.observed - found.predicted), weights=found.rows))
