"""Ranking and calibration metrics on numpy arrays, one value a row; the equations stand in the docstrings."""

from din_core.metrics.auc import auc
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
    "calibration_bins",
    "expected_calibration_error",
    "gauc",
    "log_loss",
    "rela_impr",
]
