"""How the impressions were chosen: what popularity alone is worth, and how much of them training can know."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from din_core.checks.events import Bools, Ints
from din_core.checks.finding import Finding, Verdict
from din_core.domain.translatable import Translatable
from din_core.domain.written import percent
from din_core.metrics import auc
from din_core.store import BulkTables

TOLD = 0.60, 0.70
"""AUC of popularity from which on it is worth knowing, and from which on negatives were hardly drawn alike; the same
below one half."""
FEW_LABELS = 100
"""Positives or negatives below which an AUC, known to some ± .08 then, says nothing of how they were drawn."""
LEAST_KNOWN = 0.9, 0.5
"""Shares of the test impressions whose item was seen before, below which it is worth knowing, and a problem."""


def popularity(tables: BulkTables) -> Iterator[Finding]:
    """The AUC of an item's behaviors before the first validation or test impression, on the test impressions."""
    tested, end = _tested(tables)
    label = tables.impression_label[tested] == 1
    if label.all() or not label.any():
        return
    score = _behaviors_before(tables, end)[tables.impression_item[tested]]
    value = auc(label, score)
    text = Translatable(
        "an item's number of earlier behaviors alone has an AUC of {auc} on the {split} impressions",
        auc=f"{value:.3f}",
        split=_split(tables),
    )
    if min(label.sum(), (~label).sum()) < FEW_LABELS:
        yield Finding("popularity", "note", text, _too_few(label))
        return
    off = max(value, 1 - value)
    verdict: Verdict = "fine" if off < TOLD[0] else "note" if off < TOLD[1] else "problem"
    yield Finding("popularity", verdict, text, None if verdict == "fine" else _of_sampling(value))


def _too_few(label: Bools) -> Translatable:
    return Translatable(
        "{positives} positives and {negatives} negatives are too few to say how they were drawn",
        positives=f"{label.sum():,}",
        negatives=f"{(~label).sum():,}",
    )


def _of_sampling(value: float) -> Translatable:
    if value > 0.5:
        return Translatable(
            "models earn this much without any attention, as where negatives are drawn uniformly from all items: draw "
            "them like the positives of the same time, and hold every AUC against this one"
        )
    return Translatable(
        "the rarer an item, the likelier a positive, as where negatives are drawn from the positives of other users: "
        "draw positives and negatives from the same time"
    )


def coverage(tables: BulkTables) -> Iterator[Finding]:
    """How many of the test impressions show an item that training has seen."""
    tested, end = _tested(tables)
    if not tested.any():
        return
    train = tables.impression_split == "train"
    seen = _behaviors_before(tables, end) + np.bincount(tables.impression_item[train], minlength=len(tables.items))
    known = float((seen[tables.impression_item[tested]] > 0).mean())
    text = Translatable(
        "{known} of the {split} impressions show an item that stands in earlier behaviors or training impressions",
        known=percent(known),
        split=_split(tables),
    )
    verdict: Verdict = "fine" if known >= LEAST_KNOWN[0] else "note" if known >= LEAST_KNOWN[1] else "problem"
    advice = Translatable(
        "a new item is scored by its other fields alone: give items a category or the like, or split later in time"
    )
    yield Finding("coverage", verdict, text, None if verdict == "fine" else advice)


def _split(tables: BulkTables) -> str:
    """What is tested on: "test", or "valid" where there is no such."""
    return "test" if (tables.impression_split == "test").any() else "valid"


def _tested(tables: BulkTables) -> tuple[Bools, int]:
    """(M,) which impressions; and when the first one after training was shown, in seconds."""
    held = tables.impression_split != "train"
    end = int(tables.impression_time[held].min()) if held.any() else 0
    return tables.impression_split == _split(tables), end


def _behaviors_before(tables: BulkTables, end: int) -> Ints:
    """(items,) behaviors with each item before `end`."""
    items = tables.behavior_item[tables.behavior_time < end]
    return np.bincount(items, minlength=len(tables.items))
