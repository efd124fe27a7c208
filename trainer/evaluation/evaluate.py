"""Measuring checkpoints on one split, against each other and on items new to the user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from din_core.domain import CheckpointError
from din_core.metrics import (
    METRICS,
    Bootstrap,
    Estimate,
    Measured,
    base_rate_log_loss,
    expected_calibration_error,
    log_loss,
)
from din_core.model.checkpoint import Checkpoint, load_checkpoint
from din_core.store import BulkTables, open_store
from trainer.evaluation.repeat_features import Events, seen_before
from trainer.training.calibration.calibrate import RECORD, map_of
from trainer.training.fitting.prediction import predict
from trainer.training.freed_memory import keep_freed_memory
from trainer.training.samples import Samples, build_samples, impressions_of
from trainer.training.train import device_name, pick_device

NEW_METRICS = ("auc", "gauc")
"""Also measured on the impressions of items that the user had no behavior with."""


@dataclass(frozen=True)
class Predictions:
    """One checkpoint's predictions for M impressions of one split."""

    samples: Samples
    """What the checkpoint read; its impressions are in this order."""
    probability: NDArray[np.float64]
    """(M,)"""
    logit: NDArray[np.float64]
    """(M,)"""


class Split:
    """One split of a store, on which any number of checkpoints is predicted and measured.

    Samples are built once for all checkpoints that read histories alike, such as the seeds of one model.
    DinLensError when the split is empty.
    """

    def __init__(self, bulk: BulkTables, name: str, device: str = "auto") -> None:
        self.bulk, self.name, self.device = bulk, name, pick_device(device)
        self.impression = impressions_of(bulk, name)
        """(M,) positions in the bulk tables, in the order of every checkpoint's predictions."""
        self.user, self.label = bulk.impression_user[self.impression], bulk.impression_label[self.impression]
        self._built: list[tuple[Checkpoint, Samples]] = []

    def predict(self, checkpoint: Checkpoint) -> Predictions:
        """Probabilities of every impression."""
        samples = self._samples_of(checkpoint)
        logit = predict(checkpoint.model.to(self.device), samples)
        return Predictions(samples, _sigmoid(logit), logit)

    def _samples_of(self, checkpoint: Checkpoint) -> Samples:
        config = checkpoint.config
        for other, samples in self._built:
            alike = (other.config.max_history, other.config.folds) == (config.max_history, config.folds)
            if alike and other.vocabulary == checkpoint.vocabulary:
                return samples
        built = build_samples(self.bulk, checkpoint.vocabulary, self.name, config.max_history, config.folds)
        self._built.append((checkpoint, built.to(self.device)))
        return self._built[-1][1]

    @cached_property
    def rows(self) -> Bootstrap:
        """All impressions, for measuring."""
        return Bootstrap(self.user, self.label)

    @cached_property
    def new(self) -> NDArray[np.bool_]:
        """(M,) whether the user had no behavior with the item before."""
        lines = Events(self.bulk.behavior_user, self.bulk.behavior_item, self.bulk.behavior_time)
        item, time = self.bulk.impression_item[self.impression], self.bulk.impression_time[self.impression]
        return ~seen_before(lines, Events(self.user, item, time))

    @cached_property
    def new_rows(self) -> Bootstrap | None:
        """The impressions of items new to the user; None where there are none."""
        return Bootstrap(self.user[self.new], self.label[self.new]) if self.new.any() else None

    def base_rate(self) -> dict[str, Any]:
        """The share of positives, and the log loss of giving it to every impression; None where all labels are one."""
        return {"base_rate": float(self.label.mean()), "base_rate_log_loss": base_rate_log_loss(self.label)}

    def counts(self) -> dict[str, int]:
        """Impressions, users with both labels, users that GAUC skips, and impressions of items new to the user."""
        users = len(np.intersect1d(self.user[self.label == 1], self.user[self.label == 0]))
        return {
            "impressions": len(self.impression),
            "users": users,
            "skipped_users": len(np.unique(self.user)) - users,
            "new_impressions": int(self.new.sum()),
        }


def evaluate(
    store: str,
    checkpoints: Sequence[Path],
    split: str,
    base: Sequence[Path] = (),
    device: str = "auto",
    predictions: Path | None = None,
) -> dict[str, Any]:
    """Figures of each checkpoint and of their mean; with `base`, RelaImpr over the mean of those.

    Several checkpoints are several seeds of one model. Every figure NAME has its 95 % interval over users beside
    it as NAME_interval, the mean's also its standard deviation over the seeds as NAME_sd; None where the rows give
    none. `calibration` holds a checkpoint's map and what this split's log loss and ECE are without it; None where it
    was written before there were any. `predictions` (one checkpoint only) receives a row per impression as Parquet.
    """
    if predictions and len(checkpoints) != 1:
        raise CheckpointError(f"--predictions takes 1 checkpoint, not {len(checkpoints)}; call once for each")
    keep_freed_memory()
    on = Split(read_bulk(store), split, device)
    result: dict[str, Any] = {"split": split, "device": device_name(on.device), **on.base_rate()}
    measured: dict[str, Measured] = {}
    for role, folders in (("checkpoints", checkpoints), ("base", base)):
        if not folders:
            continue
        loaded = [load_checkpoint(folder) for folder in folders]
        predicted = [on.predict(checkpoint) for checkpoint in loaded]
        if predictions and role == "checkpoints":
            write_predictions(on.bulk, predicted[0], predictions)
        seeds = [one.probability for one in predicted]
        measured[role] = on.rows.measure(seeds)
        new = on.new_rows.measure([seed[on.new] for seed in seeds]) if on.new_rows else None
        result[role] = [
            {
                "checkpoint": str(checkpoint.folder),
                "fingerprint": checkpoint.fingerprint,
                **on.counts(),
                **_figures(measured[role].seed(i), new.seed(i) if new else None),
                "calibration": _calibration(checkpoint, on.label, predicted[i].logit),
            }
            for i, checkpoint in enumerate(loaded)
        ]
        result[f"{role}_mean"] = _figures(measured[role], new)
    if base:
        over = {name: measured["checkpoints"].rela_impr(measured["base"], name) for name in ("auc", "gauc")}
        result["rela_impr"] = {key: value for name, found in over.items() for key, value in _flat(name, found).items()}
    return result


def _calibration(
    checkpoint: Checkpoint, label: NDArray[np.integer], logit: NDArray[np.float64]
) -> dict[str, Any] | None:
    """The checkpoint's own record in short, and figures of this split without it; labels and logits (M,)."""
    held = checkpoint.metrics.get(RECORD)
    if not held:
        return None
    before = _sigmoid(map_of(checkpoint.metrics).inverse(logit))
    return {
        **{name: held[name] for name in ("form", "reason", "slope", "bias", "impressions", "positives")},
        "uncalibrated_log_loss": log_loss(label, before),
        "uncalibrated_ece": expected_calibration_error(label, before),
    }


def _sigmoid(logit: NDArray[np.float64]) -> NDArray[np.float64]:
    probability: NDArray[np.float64] = 1 / (1 + np.exp(-logit))
    return probability


def read_bulk(store: str) -> BulkTables:
    """Everything in a store, by its URL."""
    opened = open_store(store)
    try:
        return opened.bulk()
    finally:
        opened.close()


def write_predictions(bulk: BulkTables, predicted: Predictions, path: Path) -> None:
    """One row per impression: user_id, item_id, timestamp, label, probability."""
    rows = predicted.samples.impression
    frame = pd.DataFrame(
        {
            "user_id": bulk.users["user_id"].to_numpy()[bulk.impression_user[rows]],
            "item_id": bulk.items["item_id"].to_numpy()[bulk.impression_item[rows]],
            "timestamp": bulk.impression_time[rows],
            "label": bulk.impression_label[rows],
            "probability": predicted.probability,
        }
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_parquet(path, index=False)


def _figures(measured: Measured, new: Measured | None) -> dict[str, Any]:
    """Every metric on all impressions, then on those of items new to the user as new_NAME."""
    figures: dict[str, Any] = {}
    for name in METRICS:
        figures |= _flat(name, measured.estimate(name))
    for name in NEW_METRICS:
        figures |= _flat(f"new_{name}", new.estimate(name) if new else None)
    return figures


def _flat(name: str, found: Estimate | None) -> dict[str, Any]:
    """An estimate as NAME, NAME_interval and, over several seeds, NAME_sd."""
    if found is None:
        return {name: None, f"{name}_interval": None}
    spread = {} if found.sd is None else {f"{name}_sd": found.sd}
    return {name: found.mean, f"{name}_interval": None if found.low is None else [found.low, found.high], **spread}
