"""Measuring checkpoints on one split, against each other and on items new to the user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from din_core.domain import CheckpointError
from din_core.metrics import (
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
        result["rela_impr"] = {name: rela_impr(mean[name], reference[name]) for name in ("auc", "gauc")}
    return result


def predict_split(checkpoint: Checkpoint, bulk: BulkTables, split: str, device: str = "auto") -> Predictions:
    """Probabilities of every impression of a split."""
    target = pick_device(device)
    samples = build_samples(bulk, checkpoint.vocabulary, split, checkpoint.config.max_history).to(target)
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
    by_user, interval, gauc_bounds = (
        gauc(user, label, score),
        auc_interval(user, label, score),
        gauc_interval(user, label, score),
    )
    return {
        "impressions": len(rows),
        "users": by_user.users,
        "skipped_users": by_user.skipped_users,
        "auc": auc(label, score),
        "auc_interval": [interval.low, interval.high],
        "gauc": by_user.value,
        "gauc_interval": [gauc_bounds.low, gauc_bounds.high],
        "log_loss": log_loss(label, score),
        "ece": expected_calibration_error(label, score),
        "new_impressions": int(new.sum()),
        "new_auc": auc(label[new], score[new]) if new.any() else None,
        "new_gauc": gauc(user[new], label[new], score[new]).value if new.any() else None,
    }


def _mean(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    names = ("auc", "gauc", "log_loss", "ece", "new_auc", "new_gauc")
    return {name: float(np.mean([row[name] for row in rows])) for name in names if rows[0][name] is not None}
