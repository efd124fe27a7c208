"""Calibrating a network: predict validation impressions, fit, put slope and bias into the last layer, measure both.

The last layer is linear, so scaling its weights and shifting its bias is the map itself: every path that scores or
explains reads that layer, and none has to know of a calibration.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from din_core.domain import CheckpointError
from din_core.metrics import base_rate_log_loss, calibration_bins, expected_calibration_error, log_loss
from din_core.model.network import InterestNetwork
from trainer.training.calibration.logit_fit import IDENTITY, Floats, Form, LogitFit, LogitMap, fit_logits
from trainer.training.fitting.prediction import predict
from trainer.training.samples import Samples

RECORD = "calibration"
"""What `metrics.json` holds it under, and among its options the form that was asked for."""


def calibrate(model: InterestNetwork, valid: Samples, form: Form, present: LogitMap = IDENTITY) -> dict[str, Any]:
    """Calibrate `model` in place on validation samples; the record of it, for `metrics.json`.

    `present` is what the model's logits went through already: it is replaced, not added to. CheckpointError where
    the model gives scores that are no numbers.
    """
    logit = present.inverse(predict(model, valid))
    if wrong := int((~np.isfinite(logit)).sum()):
        raise CheckpointError(
            f"the model gives {wrong:,} of {len(logit):,} validation impressions a score that is no number, so it "
            "cannot be calibrated; train it again, at a lower learning rate"
        )
    user = np.repeat(valid.user, np.diff(valid.candidate_offsets))
    label = valid.label.cpu().numpy().astype(np.int64)
    fit = fit_logits(label, logit, user, form)
    map_logits(model, present, fit.map)
    return record(fit, form, label, logit)


def map_logits(model: InterestNetwork, present: LogitMap, wanted: LogitMap) -> None:
    """Give the last layer of a model whose logits went through `present` those that went through `wanted`."""
    if present == wanted:
        return
    scale = wanted.slope / present.slope
    model.tower.map_logits(scale, wanted.bias - present.bias * scale)


def map_of(metrics: Mapping[str, Any]) -> LogitMap:
    """What the logits of a checkpoint with these metrics went through."""
    held = metrics.get(RECORD)
    return LogitMap(float(held["slope"]), float(held["bias"])) if held else IDENTITY


def form_of(metrics: Mapping[str, Any]) -> Form:
    """What a checkpoint with these metrics is calibrated by."""
    held = metrics.get(RECORD)
    found: Form = held["form"] if held else "none"
    return found


def record(fit: LogitFit, form: Form, label: NDArray[np.int64], logit: Floats) -> dict[str, Any]:
    """Labels (M,) and logits (M,) of the uncalibrated model; without a fit, what is after is what was before."""
    before = _measured(label, logit)
    return {
        "form": form if fit.reason is None else "none",
        "reason": fit.reason,
        "slope": fit.map.slope,
        "bias": fit.map.bias,
        "impressions": len(label),
        "positives": int(label.sum()),
        "base_rate_log_loss": base_rate_log_loss(label),
        "before": before,
        "after": before if fit.reason else _measured(label, fit.map(logit)),
        "cross_fitted_log_loss": fit.cross_fitted_log_loss,
    }


def _measured(label: NDArray[np.int64], logit: Floats) -> dict[str, Any]:
    """Log loss, ECE, and mean probability, share of positives and rows of each bin that ECE is over."""
    probability = np.exp(-np.logaddexp(0.0, -logit))
    bins = calibration_bins(label, probability)
    return {
        "log_loss": log_loss(label, probability),
        "ece": expected_calibration_error(label, probability),
        "predicted": [round(value, 6) for value in bins.predicted.tolist()],
        "observed": [round(value, 6) for value in bins.observed.tolist()],
        "rows": bins.rows.tolist(),
    }
