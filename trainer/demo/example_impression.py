"""The demo's opening example: an impression in which attention and average pooling part ways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from din_core.domain import DinLensError
from din_core.model.checkpoint import Checkpoint
from din_core.store import BulkTables
from trainer.evaluation.evaluate import Split

DISTINCT = (60, 220)
"""Distinct behaviors in the history: enough to show a pattern, few enough to be read at once."""
REPEATS = (2, 12)
"""How often the candidate itself is among them."""


def find_example(
    bulk: BulkTables, din: Checkpoint, base: Checkpoint, known: Mapping[str, bool], titles: Mapping[str, str]
) -> dict[str, Any]:
    """The bought test impression whose DIN probability is furthest above average pooling's.

    Among users that `known` has as True, with histories that are easy to read, and candidates whose title no
    other candidate of that time has; `titles` is by item id. It is an example picked to be
    seen, not evidence: the table of models in `trainer/README.md` is. DinLensError when no impression qualifies.
    """
    test = Split(bulk, "test", "cpu")
    scored = test.predict(din)
    samples, gap = scored.samples, scored.probability - test.predict(base).probability
    best: tuple[float, int] | None = None
    for g in range(samples.groups):
        behaviors = slice(*samples.behavior_offsets[g : g + 2])
        past, repeats = samples.behavior[behaviors].numpy(), samples.count[behaviors].numpy()
        distinct = len(np.unique(past))  # without folding, repeats lie side by side
        if not DISTINCT[0] <= distinct <= DISTINCT[1] or not known.get(_user_id(bulk, int(samples.user[g]))):
            continue
        group = samples.candidate[slice(*samples.candidate_offsets[g : g + 2])]
        shown = [titles.get(_item_id(bulk, int(i))) for i in group]
        for m in range(*samples.candidate_offsets[g : g + 2]):
            itself = float(repeats[past == int(samples.candidate[m])].sum())
            bought = samples.label[m] == 1 and REPEATS[0] <= itself <= REPEATS[1]
            title = titles.get(_item_id(bulk, int(samples.candidate[m])))
            if bought and title and shown.count(title) == 1 and (best is None or gap[m] > best[0]):
                best = (float(gap[m]), m)
    if best is None:
        raise DinLensError(
            f"0 test impressions qualify as the opening example ({DISTINCT[0]} to {DISTINCT[1]} distinct behaviors, "
            f"bought, {REPEATS[0]} to {REPEATS[1]} repeats of the candidate); use a larger store"
        )
    row = int(samples.impression[best[1]])
    return {
        "user_id": _user_id(bulk, int(bulk.impression_user[row])),
        "item_id": _item_id(bulk, int(bulk.impression_item[row])),
        "as_of": int(bulk.impression_time[row]),
    }


def _user_id(bulk: BulkTables, position: int) -> str:
    return str(bulk.users["user_id"].iat[position])


def _item_id(bulk: BulkTables, position: int) -> str:
    return str(bulk.items["item_id"].iat[position])
