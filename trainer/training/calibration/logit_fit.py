"""A slope and a bias for logits that make probabilities calibrated: p = sigmoid(slope · logit + bias).

Platt scaling ("Probabilistic Outputs for Support Vector Machines", 1999); with a bias of 0 it is the temperature
scaling of Guo et al. ("On Calibration of Modern Neural Networks", ICML 2017), whose temperature is 1 / slope.
Isotonic regression fits more shapes, but its steps give equal probabilities to impressions that the model tells
apart, and what is a difference of logits, such as every explanation, has no value after it. A slope above 0 keeps
every order, so AUC and GAUC, and multiplies every effect on the logit by one number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from din_core.metrics.log_loss import row_losses

Form = Literal["affine", "temperature", "none"]
FORMS: tuple[Form, ...] = ("affine", "temperature", "none")
"""Slope and bias; a slope alone; neither."""
Reason = Literal["asked", "one label", "few impressions", "no gain"]
"""Why nothing was fitted."""
LEAST_IMPRESSIONS, LEAST_OF_A_LABEL = 100, 10
"""Fewer say too little of two numbers."""
LEAST_SPREAD = 0.01
"""Standard deviation of calibrated logits. One that ranks no better than chance keeps its order, but says little more
than the base rate."""
FOLDS = 5
DIGITS = 5
"""Significant ones of slope and bias: to fit again what was fitted before then gives the same."""
STEPS, HALVINGS, PRECISION = 100, 50, 1e-12

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LogitMap:
    """logit → slope · logit + bias."""

    slope: float = 1.0
    """Above 0."""
    bias: float = 0.0

    def __call__(self, logit: Floats) -> Floats:
        """(M,) → (M,)."""
        return self.slope * logit + self.bias

    def inverse(self, logit: Floats) -> Floats:
        """(M,) logits after this map → before it."""
        return (logit - self.bias) / self.slope

    def rounded(self) -> LogitMap:
        """With DIGITS significant digits."""
        return LogitMap(*(float(f"{value:.{DIGITS}g}") for value in (self.slope, self.bias)))


IDENTITY = LogitMap()


@dataclass(frozen=True, slots=True)
class LogitFit:
    """What was fitted, or why nothing was."""

    map: LogitMap = IDENTITY
    reason: Reason | None = None
    """None where the map was fitted."""
    cross_fitted_log_loss: float | None = None
    """Of impressions of users that the fit did not see; None where it was not tried."""


def fit_logits(label: NDArray[np.integer], logit: Floats, user: NDArray[np.integer], form: Form = "affine") -> LogitFit:
    """Fit `form` on M validation impressions: label (M,) of 0 and 1, logit (M,) and user (M,) of any codes.

    Nothing is fitted on one label or on few impressions, nor where the fit does not lower the log loss of users that
    were left out of it, in FOLDS parts: what is gained on the impressions it was fitted on alone is no gain.
    """
    positive = label > 0
    rarer = min(int(positive.sum()), int((~positive).sum()))
    if form == "none":
        return LogitFit(reason="asked")
    if not rarer:
        return LogitFit(reason="one label")
    if len(label) < LEAST_IMPRESSIONS or rarer < LEAST_OF_A_LABEL:
        return LogitFit(reason="few impressions")
    unseen = _cross_fitted_log_loss(positive, logit, user, form)
    if unseen is None or unseen >= _log_loss(positive, logit):
        return LogitFit(reason="no gain", cross_fitted_log_loss=unseen)
    return LogitFit(_fitted(positive, logit, form).rounded(), cross_fitted_log_loss=unseen)


def fitted_log_loss(positive: NDArray[np.bool_], logit: Floats) -> float:
    """Mean log loss of M impressions, both labels among them, with the slope and bias that fit these very ones."""
    return _log_loss(positive, _fitted(positive, logit, "affine")(logit))


def _cross_fitted_log_loss(
    positive: NDArray[np.bool_], logit: Floats, user: NDArray[np.integer], form: Form
) -> float | None:
    """Each fold's impressions by the fit on the others; None where one of these has one label."""
    _, code = np.unique(user, return_inverse=True)
    fold = (code if code.max() + 1 >= FOLDS else np.arange(len(code))) % FOLDS
    mapped = np.empty_like(logit)
    for nth in range(FOLDS):
        held = fold == nth
        if positive[~held].all() or not positive[~held].any():
            return None
        mapped[held] = _fitted(positive[~held], logit[~held], form)(logit[held])
    return _log_loss(positive, mapped)


def _fitted(positive: NDArray[np.bool_], logit: Floats, form: Form) -> LogitMap:
    """The map of the highest likelihood of Platt's targets, with a spread of at least LEAST_SPREAD.

    Targets a little inside 0 and 1 keep the slope finite where logits separate the labels.
    """
    positives, negatives = int(positive.sum()), int((~positive).sum())
    target = np.where(positive, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    center = float(logit.mean()) if form == "affine" else 0.0
    centered = logit - center
    scale = float(np.sqrt(np.mean(centered**2)))
    biases = [np.ones_like(logit)] if form == "affine" else []
    if scale < 1e-6 * max(1.0, abs(center)):  # one logit for all: no slope is better than another
        slope, rest = 1.0, _highest_likelihood(biases, target, centered)
    else:
        spread, *rest = _highest_likelihood([centered / scale, *biases], target)
        if spread < LEAST_SPREAD:
            spread, rest = LEAST_SPREAD, _highest_likelihood(biases, target, LEAST_SPREAD * centered / scale)
        slope = spread / scale
    return LogitMap(slope, rest[0] - slope * center if rest else 0.0)


def _highest_likelihood(columns: list[Floats], target: Floats, offset: Floats | float = 0.0) -> list[float]:
    """Logistic regression of target (M,) from 0 to 1 on K columns (M,), by Newton's method with halved steps."""
    if not columns:
        return []
    x = np.stack(columns, 1)
    theta = np.zeros(x.shape[1])
    loss = _cross_entropy(offset + x @ theta, target)
    for _ in range(STEPS):
        p = _sigmoid(offset + x @ theta)
        gradient, curvature = x.T @ (p - target), x.T @ (x * (p * (1 - p))[:, None])
        step = np.linalg.lstsq(curvature, gradient, rcond=None)[0]
        for halving in range(HALVINGS):
            tried = theta - step / 2**halving
            new = _cross_entropy(offset + x @ tried, target)
            if new <= loss:
                break
        else:
            break
        done = loss - new <= PRECISION * loss
        theta, loss = tried, new
        if done:
            break
    return [float(value) for value in theta]


def _cross_entropy(logit: Floats, target: Floats) -> float:
    """Summed over rows."""
    return float(np.sum(np.logaddexp(0.0, logit) - target * logit))


def _log_loss(positive: NDArray[np.bool_], logit: Floats) -> float:
    return float(np.mean(row_losses(positive, _sigmoid(logit))))


def _sigmoid(logit: Floats) -> Floats:
    """(M,) probabilities, without an overflow at -1,000."""
    found: Floats = np.exp(-np.logaddexp(0.0, -logit))
    return found
