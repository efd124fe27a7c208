"""By which measure on validation data a run chooses its best state and stops: GAUC, or what has a value instead."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from din_core.metrics import MetricError, auc, gauc, log_loss
from trainer.training.samples import Samples

Measure = Literal["gauc", "auc", "log_loss"]
Entry = dict[str, float | None]
"""One evaluation: step, epoch, train_loss, auc, gauc, log_loss; None where a measure has no value."""
NAMES: dict[Measure, str] = {"gauc": "GAUC", "auc": "AUC", "log_loss": "log loss"}
WHY: dict[Measure, str] = {
    "gauc": "",
    "auc": "no user has validation impressions of both labels, so GAUC has no value",
    "log_loss": "all validation impressions have one label, so neither GAUC nor AUC has a value",
}


LEAST_USERS = 30
"""Whose impressions have both labels: GAUC is a mean over these, and of fewer it says little."""


def describe_measure(measure: Measure, user: NDArray[np.int64], label: NDArray[np.floating]) -> str:
    """What there is to say of the measure that chose; nothing of a GAUC over many users. Arrays as below."""
    if measure != "gauc":
        return f"chosen by validation {NAMES[measure]}: {WHY[measure]}"
    n = np.intersect1d(user[label > 0.5], user[label <= 0.5]).size
    if n >= LEAST_USERS:
        return ""
    whose = "1 user has" if n == 1 else f"{n} users have"
    return (
        f"validation GAUC says little: {whose} impressions of both labels, and below {LEAST_USERS} it is mostly "
        "chance; give more validation impressions"
    )


def selection_measure(user: NDArray[np.int64], label: NDArray[np.floating]) -> Measure:
    """user (M,), label (M,) of 0 and 1, of the validation impressions."""
    positive = label > 0.5
    if np.intersect1d(user[positive], user[~positive]).size:
        return "gauc"
    return "auc" if positive.any() and not positive.all() else "log_loss"


def measure_of(valid: Samples) -> Measure:
    """The measure by which these samples choose."""
    return selection_measure(*users_and_labels(valid))


def users_and_labels(valid: Samples) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
    """(M,) users and labels of the impressions of samples."""
    return np.repeat(valid.user, np.diff(valid.candidate_offsets)), valid.label.cpu().numpy()


def measure_logits(user: NDArray[np.int64], label: NDArray[np.floating], logit: NDArray[np.float64]) -> Entry:
    """auc, gauc and log_loss of (M,) logits; MetricError where a logit is NaN."""
    found: Entry = {"auc": None, "gauc": None, "log_loss": log_loss(label, 1 / (1 + np.exp(-logit)))}
    measure = selection_measure(user, label)
    if measure != "log_loss":
        found["auc"] = auc(label, logit)
    if measure == "gauc":
        found["gauc"] = gauc(user, label, logit).value
    return found


def is_best(measure: Measure, entry: Entry, before: list[Entry]) -> bool:
    """Whether the evaluation is better than all before it."""
    return not before or worth(measure, entry[measure]) > max(worth(measure, past[measure]) for past in before)


def worth(measure: Measure, value: float | None) -> float:
    """Of a value of the measure; higher is better."""
    if value is None:
        raise MetricError(f"an evaluation of the unfinished run has no {NAMES[measure]}; pass --restart to begin anew")
    return -value if measure == "log_loss" else value
