"""Which state of a run is its best: the one that the measure puts highest, as far as that can be told.

GAUC over few users is mostly chance, and the highest of many evaluations mostly the luckiest. Where it is, every state
within one standard error of the highest GAUC is as good (the rule of Breiman et al., "Classification and Regression
Trees", 1984, here for the difference of two states over the same users), and of those the one with the lowest log loss
is kept, as it would be once calibrated.

Dimensions: M validation impressions, U users with impressions of both labels.
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from din_core.domain import CheckpointError
from din_core.metrics.auc import auc_by_group
from trainer.training.fitting.selection import Entry, is_best, measure_logits, of_both_labels, selection_measure, worth

PEAK, BEST = "selection.peak", "selection.best"
Aucs = NDArray[np.float64]
"""(U,) of one state"""


class BestState:
    """Hears of every evaluation of a run."""

    def __init__(self, user: NDArray[np.int64], label: NDArray[np.floating]) -> None:
        """user (M,), label (M,) of 0 and 1, of the validation impressions."""
        self.user, self.label = user, label
        self.measure = selection_measure(user, label)
        self._kept: dict[str, Aucs] = {}
        """The state with the highest GAUC, and the best one; of a GAUC over few users alone"""
        self._best_loss: float | None = None

    def look(self, logit: NDArray[np.float64], before: list[Entry]) -> tuple[Entry, bool]:
        """The evaluation of (M,) logits, and whether they are better than all `before`."""
        entry = measure_logits(self.user, self.label, logit, self.measure)
        if self.measure == "calibrated_log_loss":
            best = self._take(self._aucs(logit), entry["calibrated_log_loss"])
        else:
            best = is_best(self.measure, entry, before)
        return entry, best

    def _take(self, auc: Aucs, loss: float | None) -> bool:
        """Whether a state is better than the best before it, whose place it then takes."""
        share = self._share
        peak = self._kept.get(PEAK)
        if peak is None or auc @ share > peak @ share:
            peak = self._kept[PEAK] = auc
        if not _as_good(auc, peak, share):
            return False
        best, least = self._kept.get(BEST), self._best_loss
        if best is not None and _as_good(best, peak, share) and worth(self.measure, loss) <= worth(self.measure, least):
            return False
        self._kept[BEST], self._best_loss = auc, loss
        return True

    def _aucs(self, logit: NDArray[np.float64]) -> Aucs:
        users, code = np.unique(self.user, return_inverse=True)
        found = auc_by_group(code, len(users), self.label > 0.5, logit)
        return found.auc[found.defined]

    @cached_property
    def _share(self) -> NDArray[np.float64]:
        """(U,) of the impressions; they sum to 1."""
        _, rows = of_both_labels(self.user, self.label)
        found: NDArray[np.float64] = rows / rows.sum()
        return found

    def tensors(self) -> dict[str, Tensor]:
        """What a run that goes on needs beside its curve."""
        return {name: torch.from_numpy(auc) for name, auc in self._kept.items()}

    def restore(self, tensors: dict[str, Tensor], curve: list[Entry], best_step: int) -> None:
        """The inverse, of the run's curve and the step of its best state."""
        if self.measure != "calibrated_log_loss" or not curve:
            return
        if PEAK not in tensors:
            raise CheckpointError("the unfinished run is of an earlier release; pass --restart to begin anew")
        self._kept = {name: tensors[name].numpy() for name in (PEAK, BEST)}
        self._best_loss = next(entry["calibrated_log_loss"] for entry in curve if entry["step"] == best_step)


def _as_good(auc: Aucs, peak: Aucs, share: NDArray[np.float64]) -> bool:
    """Whether a state's GAUC is within one standard error of the highest."""
    difference = peak - auc
    return bool(difference @ share <= standard_error(difference, share))


def standard_error(value: NDArray[np.float64], share: NDArray[np.float64]) -> float:
    """Of the mean of (U,) values with (U,) shares that sum to 1, over users; infinite for fewer than two."""
    users = len(value)
    if users < 2:
        return math.inf
    spread = share * (value - value @ share)
    return math.sqrt(float(spread @ spread) * users / (users - 1))
