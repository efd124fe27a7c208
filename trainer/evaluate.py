"""Measuring checkpoints on one split, against each other and on items new to the user."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from din_core.domain import CheckpointError
from din_core.metrics import (
    Interval,
    MetricError,
    auc,
    auc_interval,
    expected_calibration_error,
    gauc,
    gauc_interval,
    log_loss,
    rela_impr,
)
from din_core.model.checkpoint import Checkpoint, load_checkpoint
from din_core.store import BulkTables, open_store
from trainer.fit import predict
from trainer.repeat_features import Events, seen_before
from trainer.samples import build_samples
from trainer.train import device_name, keep_freed_memory, pick_device


@dataclass(frozen=True)
class Predictions:
    """One checkpoint's predictions for M impressions of one split."""

    impression: NDArray[np.int64]
    """(M,) positions in the store's bulk tables"""
    probability: NDArray[np.float64]
    """(M,)"""


def evaluate(
    store: str,
    checkpoints: Sequence[Path],
    split: str,
    base: Sequence[Path] = (),
    device: str = "auto",
    predictions: Path | None = None,
) -> dict[str, Any]:
    """Figures of each checkpoint and their means; with `base`, RelaImpr over the mean of those.

    Several checkpoints are several seeds of one model. `predictions` (one checkpoint only) receives a row per
    impression as Parquet.
    """
    if predictions and len(checkpoints) != 1:
        raise CheckpointError(f"--predictions takes 1 checkpoint, not {len(checkpoints)}; call once for each")
    keep_freed_memory()
    target = pick_device(device)
    opened = open_store(store)
    bulk = opened.bulk()
    opened.close()
    result: dict[str, Any] = {"split": split, "device": device_name(target)}
    for role, folders in (("checkpoints", checkpoints), ("base", base)):
        if not folders:
            continue
        rows = []
        for folder in folders:
            checkpoint = load_checkpoint(folder)
            predicted = predict_split(checkpoint, bulk, split, device)
            rows.append(
                {
                    "checkpoint": str(folder),
                    "fingerprint": checkpoint.fingerprint,
                    **_figures(bulk, predicted),
                }
            )
            if predictions:
                write_predictions(bulk, predicted, predictions)
        result[role] = rows
        result[f"{role}_mean"] = _mean(rows)
    if base:
        mean, reference = result["checkpoints_mean"], result["base_mean"]
        result["rela_impr"] = {name: _gain(mean[name], reference[name]) for name in ("auc", "gauc")}
    return result


def predict_split(checkpoint: Checkpoint, bulk: BulkTables, split: str, device: str = "auto") -> Predictions:
    """Probabilities of every impression of a split."""
    target = pick_device(device)
    config = checkpoint.config
    samples = build_samples(bulk, checkpoint.vocabulary, split, config.max_history, config.folds).to(target)
    logit = predict(checkpoint.model.to(target), samples)
    return Predictions(samples.impression, 1 / (1 + np.exp(-logit)))


def write_predictions(bulk: BulkTables, predicted: Predictions, path: Path) -> None:
    """One row per impression: user_id, item_id, timestamp, label, probability."""
    rows = predicted.impression
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


def _figures(bulk: BulkTables, predicted: Predictions) -> dict[str, Any]:
    rows = predicted.impression
    user, label, score = bulk.impression_user[rows], bulk.impression_label[rows], predicted.probability
    lines = Events(bulk.behavior_user, bulk.behavior_item, bulk.behavior_time)
    new = ~seen_before(lines, Events(user, bulk.impression_item[rows], bulk.impression_time[rows]))
    by_user = gauc(user, label, score)
    return {
        "impressions": len(rows),
        "users": by_user.users,
        "skipped_users": by_user.skipped_users,
        "auc": auc(label, score),
        "auc_interval": _bounds(lambda: auc_interval(user, label, score)),
        "gauc": by_user.value,
        "gauc_interval": _bounds(lambda: gauc_interval(user, label, score)),
        "log_loss": log_loss(label, score),
        "ece": expected_calibration_error(label, score),
        "new_impressions": int(new.sum()),
        "new_auc": _or_none(lambda: auc(label[new], score[new])),
        "new_gauc": _or_none(lambda: gauc(user[new], label[new], score[new]).value),
    }


def _gain(measured: float, base: float) -> float | None:
    return _or_none(lambda: rela_impr(measured, base))


def _or_none(measure: Callable[[], float]) -> float | None:
    """A metric, or None where the rows at hand give it no value."""
    try:
        return measure()
    except MetricError:
        return None


def _bounds(measure: Callable[[], Interval]) -> list[float] | None:
    try:
        interval = measure()
    except MetricError:
        return None
    return [interval.low, interval.high]


def _mean(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    names = ("auc", "gauc", "log_loss", "ece", "new_auc", "new_gauc")
    return {
        name: float(np.mean([row[name] for row in rows]))
        for name in names
        if all(row[name] is not None for row in rows)
    }
