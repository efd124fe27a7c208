"""How well the two models of the cases do on a slice: every metric with its interval, and calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from din_core.metrics import METRICS, Bootstrap, Estimate, calibration_bins

if TYPE_CHECKING:
    from din_core.cases import Cases

DRAWS = 100
"""Of users, for the intervals: a slice of 50,000 impressions takes about half a second."""


@dataclass(frozen=True)
class OneModel:
    """One model on one slice."""

    metrics: Mapping[str, Estimate | None]
    """By name of METRICS; None where it has no value"""
    calibration: tuple[Sequence[float], Sequence[float], Sequence[int]]
    """Mean probability, share of positives and rows of each bin"""


Quality = tuple[OneModel, OneModel]
"""The main model, and the one that it is compared with."""


def quality(cases: Cases, among: NDArray[np.bool_]) -> Quality:
    """Of the impressions `among` (M,), which are at least one."""
    label = cases.label[among]
    rows = Bootstrap(cases.user[among], label, replicates=DRAWS)

    def of(probability: NDArray[np.floating]) -> OneModel:
        p = probability[among].astype(np.float64)
        measured, bins = rows.measure([p]), calibration_bins(label, p)
        calibration = (bins.predicted.tolist(), bins.observed.tolist(), bins.rows.tolist())
        return OneModel({name: measured.estimate(name) for name in METRICS}, calibration)

    return of(cases.probability), of(cases.base_probability)
