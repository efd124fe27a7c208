"""Ranking and calibration metrics on numpy arrays, one value a row; the equations stand in the docstrings."""

from din_core.metrics.auc import auc
from din_core.metrics.base_rate import base_rate_log_loss, is_worse_than_base_rate
from din_core.metrics.bootstrap import METRICS, Bootstrap, Estimate, Measured
from din_core.metrics.calibration import CalibrationBins, calibration_bins, expected_calibration_error
from din_core.metrics.gauc import Gauc, gauc
from din_core.metrics.inputs import MetricError
from din_core.metrics.log_loss import log_loss
from din_core.metrics.rela_impr import rela_impr

__all__ = [
    "METRICS",
    "Bootstrap",
    "CalibrationBins",
    "Estimate",
    "Gauc",
    "Measured",
    "MetricError",
    "auc",
    "base_rate_log_loss",
    "calibration_bins",
    "expected_calibration_error",
    "gauc",
    "is_worse_than_base_rate",
    "log_loss",
    "rela_impr",
]
