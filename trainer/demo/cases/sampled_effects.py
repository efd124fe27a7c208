"""Leave-one-out effects of a sample of impressions: whether weights rank like them, and whether one behavior rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from din_core.explain import agreement
from din_core.model.checkpoint import Checkpoint
from din_core.scoring import Scorer
from din_core.store import BehaviorStore, BulkTables
from trainer.demo.cases.weight_sums import Bar
from trainer.evaluation.faithfulness.impression_measures import scene
from trainer.evaluation.faithfulness.sampled_impressions import shown


@dataclass(frozen=True)
class Effects:
    """Of N impressions."""

    tau: NDArray[np.float64]
    """(N,) NaN where there is nothing to rank"""
    share: NDArray[np.float64]
    """(N,) share of Σ|effect| that belongs to the strongest behavior; NaN without effects"""
    item_ids: list[str | None]
    """(N) whose it is"""


def read_effects(
    checkpoint: Checkpoint, store: BehaviorStore, bulk: BulkTables, rows: NDArray[np.int64], bar: Bar
) -> Effects:
    """Effects of the impressions at these positions of the bulk tables."""
    scorer = Scorer(checkpoint)
    found = Effects(np.full(len(rows), np.nan), np.full(len(rows), np.nan), [None] * len(rows))
    for n, one in enumerate(bar(shown(store, bulk, rows), len(rows))):
        seen = scene(scorer, one)
        agreed = agreement(seen.scores, seen.effects, top=(1,))
        if agreed.tau is not None and not agreed.alike:
            found.tau[n] = agreed.tau
        share = agreed.best[1]
        if share is not None:
            found.share[n] = share
            found.item_ids[n] = agreed.behaviors[int(np.abs(agreed.effects).argmax())].item.item_id
    return found
