"""What a changed network is worth beside the trained one, on the same impressions and draws of users."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from din_core.metrics.bootstrap import LEVEL
from din_core.model.checkpoint import Checkpoint
from din_core.model.network import InterestNetwork
from trainer.evaluation.evaluate import Split

COMPARED = ("auc", "gauc", "log_loss")


def figures(on: Split, checkpoint: Checkpoint, others: Mapping[str, InterestNetwork]) -> dict[str, Any]:
    """AUC, GAUC and log loss of the trained network and of others by name, with 95 % intervals over users.

    Of the others also by how much they differ from the trained one, as NAME_change.
    """
    trained = on.rows.measure([on.predict(checkpoint).probability])
    result: dict[str, Any] = {}
    for role, network in {"trained": None, **others}.items():
        changed = checkpoint if network is None else dataclasses.replace(checkpoint, model=network)
        measured = trained if network is None else on.rows.measure([on.predict(changed).probability])
        told: dict[str, Any] = {}
        for name in (name for name in COMPARED if name in measured.points):
            told[name] = _with_interval(float(measured.points[name][0]), measured.replicates[name][:, 0])
            if network is not None:
                told[f"{name}_change"] = _with_interval(
                    float(measured.points[name][0] - trained.points[name][0]),
                    (measured.replicates[name] - trained.replicates[name])[:, 0],
                )
        result[role] = told
    return result


def _with_interval(value: float, replicates: np.ndarray) -> dict[str, Any]:
    known = replicates[~np.isnan(replicates)]
    ends = np.quantile(known, ((1 - LEVEL) / 2, (1 + LEVEL) / 2)).tolist() if len(known) else None
    return {"value": value, "interval": ends}
