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


def selection_measure(user: NDArray[np.int64], label: NDArray[np.floating]) -> Measure:
    """user (M,), label (M,) of 0 and 1, of the validation impressions."""
    positive = label > 0.5
    if np.intersect1d(user[positive], user[~positive]).size:
        return "gauc"
    return "auc" if positive.any() and not positive.all() else "log_loss"


def measure_of(valid: Samples) -> Measure:
    """The measure by which these samples choose."""
    return selection_measure(np.repeat(valid.user, np.diff(valid.candidate_offsets)), valid.label.cpu().numpy())


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
