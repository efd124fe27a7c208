"""By which measure on validation data a run chooses its best state and stops: GAUC, or what says more instead."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from din_core.metrics import MetricError, auc, gauc, log_loss
from trainer.training.calibration.logit_fit import fitted_log_loss
from trainer.training.samples import Samples

Measure = Literal["gauc", "calibrated_log_loss", "auc", "log_loss"]
Entry = dict[str, float | None]
"""One evaluation: step, epoch, train_loss and the measures; None where one has no value."""
NAMES: dict[Measure, str] = {
    "gauc": "GAUC",
    "calibrated_log_loss": "calibrated log loss",
    "auc": "AUC",
    "log_loss": "log loss",
}
WHY: dict[Measure, str] = {
    "gauc": "",
    "calibrated_log_loss": "of the states that GAUC, over few users, cannot tell from its highest",
    "auc": "no user has validation impressions of both labels, so GAUC has no value",
    "log_loss": "all validation impressions have one label, so neither GAUC nor AUC has a value",
}
LOSSES: tuple[Measure, ...] = ("calibrated_log_loss", "log_loss")
"""Of these, lower is better."""


LEAST_USERS = 30
"""Whose impressions have both labels: GAUC is a mean over these, and of fewer it says little."""
MOST_CHANCE = 0.015
"""A standard error of GAUC above this is large. Choosing among one run's states by parts of the validation users of
Beauty and Sports, the calibrated log loss gained .008 of test AUC and more at .029, .002 to .006 at .016; on planted
data, at .010, nothing."""


def describe_measure(measure: Measure, user: NDArray[np.int64], label: NDArray[np.floating]) -> str:
    """What there is to say of the measure that chose; nothing of a GAUC over many users. Arrays as below."""
    if measure == "gauc":
        return ""
    said = f"chosen by validation {NAMES[measure]}: {WHY[measure]}"
    if measure != "calibrated_log_loss":
        return said
    n = len(of_both_labels(user, label)[0])
    whose = "1 user has" if n == 1 else f"{n:,} users have"
    more = "; give more validation impressions" if n < LEAST_USERS else ""
    error = chance_error(user, label)
    return f"{said} ({whose} impressions of both labels: by chance alone it varies by ± {error:.3f}){more}"


def selection_measure(user: NDArray[np.int64], label: NDArray[np.floating]) -> Measure:
    """user (M,), label (M,) of 0 and 1, of the validation impressions."""
    positives, rows = of_both_labels(user, label)
    if len(rows):
        return "gauc" if _chance(positives, rows) <= MOST_CHANCE else "calibrated_log_loss"
    positive = label > 0.5
    return "auc" if positive.any() and not positive.all() else "log_loss"


def chance_error(user: NDArray[np.int64], label: NDArray[np.floating]) -> float:
    """The standard error of GAUC for scores that say nothing; at least one user must have both labels.

    That of a user's AUC is √((n⁺ + n⁻ + 1) / (12 n⁺ n⁻)) (Mann and Whitney 1947).
    """
    return _chance(*of_both_labels(user, label))


def _chance(positives: NDArray[np.float64], rows: NDArray[np.int64]) -> float:
    variance = (rows + 1) / (12 * positives * (rows - positives))
    share = rows / rows.sum()
    return float(np.sqrt(share**2 @ variance))


def of_both_labels(
    user: NDArray[np.int64], label: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """(U,) positives and (U,) impressions of each user who has impressions of both labels, by rising user."""
    _, code = np.unique(user, return_inverse=True)
    positives, rows = np.bincount(code, label > 0.5), np.bincount(code)
    both = (positives > 0) & (positives < rows)
    return positives[both].astype(np.float64), rows[both]


def measure_of(valid: Samples) -> Measure:
    """The measure by which these samples choose."""
    return selection_measure(*users_and_labels(valid))


def users_and_labels(valid: Samples) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
    """(M,) users and labels of the impressions of samples."""
    return np.repeat(valid.user, np.diff(valid.candidate_offsets)), valid.label.cpu().numpy()


def measure_logits(
    user: NDArray[np.int64], label: NDArray[np.floating], logit: NDArray[np.float64], measure: Measure | None = None
) -> Entry:
    """auc, gauc, log_loss and, where it chooses, calibrated_log_loss of (M,) logits; MetricError where one is NaN.

    `measure` is the impressions' `selection_measure`, where it is known already.
    """
    found: Entry = {"auc": None, "gauc": None, "log_loss": log_loss(label, 1 / (1 + np.exp(-logit)))}
    measure = measure or selection_measure(user, label)
    if measure != "log_loss":
        found["auc"] = auc(label, logit)
    if measure in ("gauc", "calibrated_log_loss"):
        found["gauc"] = gauc(user, label, logit).value
    if measure == "calibrated_log_loss":
        found["calibrated_log_loss"] = fitted_log_loss(label > 0.5, logit)
    return found


def is_best(measure: Measure, entry: Entry, before: list[Entry]) -> bool:
    """Whether the evaluation is better than all before it."""
    return not before or worth(measure, entry[measure]) > max(worth(measure, past[measure]) for past in before)


def worth(measure: Measure, value: float | None) -> float:
    """Of a value of the measure; higher is better."""
    if value is None:
        raise MetricError(f"an evaluation of the unfinished run has no {NAMES[measure]}; pass --restart to begin anew")
    return -value if measure in LOSSES else value
