"""Ranking and calibration metrics on numpy arrays, one value a row; the equations stand in the docstrings."""

from din_core.metrics.auc import auc
from din_core.metrics.bootstrap import Interval, auc_interval, gauc_interval
from din_core.metrics.calibration import CalibrationBins, calibration_bins, expected_calibration_error
from din_core.metrics.gauc import Gauc, gauc
from din_core.metrics.inputs import MetricError
from din_core.metrics.log_loss import log_loss
from din_core.metrics.rela_impr import rela_impr

__all__ = [
    "CalibrationBins",
    "Gauc",
    "Interval",
    "MetricError",
    "auc",
    "auc_interval",
    "calibration_bins",
    "expected_calibration_error",
    "gauc",
    "gauc_interval",
    "log_loss",
    "rela_impr",
]
