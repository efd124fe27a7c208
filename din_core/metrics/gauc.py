"""AUC within users, weighted by impressions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from din_core.metrics.auc import auc_by_group
from din_core.metrics.inputs import MetricError, labels, same_length, scores, user_codes


@dataclass(frozen=True, slots=True)
class Gauc:
    """GAUC and the users behind it."""

    value: float
    users: int
    """Users that count: those with both labels among their rows."""
    skipped_users: int
    """Users with one label only, whose AUC has no value."""


def gauc(user: ArrayLike, label: ArrayLike, score: ArrayLike) -> Gauc:
    """How well each user's own impressions are ordered, independent of how users compare with each other.

        GAUC = Σᵢ #impressionᵢ × AUCᵢ / Σᵢ #impressionᵢ

    Zhou et al., "Deep Interest Network for Click-Through Rate Prediction" (KDD 2018), section "Metrics",
    after Zhu et al., "Optimized Cost per Click in Taobao Display Advertising" (KDD 2017). Users whose
    impressions all have one label are skipped in both sums and counted.

    `user` (N,) ids, integers or strings; `label` (N,) of 0 and 1; `score` (N,) of any numbers. MetricError
    on NaN, on other labels, and when no user has both labels.
    """
    (codes, n_users), positive, ranked = user_codes(user), labels(label), scores("score", score)
    same_length(user=codes, label=positive, score=ranked)
    found = auc_by_group(codes, n_users, positive, ranked)
    if not found.defined.any():
        raise MetricError(f"none of the {n_users} users has both labels; GAUC needs at least one who has.")
    value = np.average(found.auc[found.defined], weights=found.rows[found.defined])
    users = int(found.defined.sum())
    return Gauc(float(value), users, n_users - users)
