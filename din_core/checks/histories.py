"""What stands before the impressions: how much, and how often what is shown now."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from din_core.checks.events import history_lengths, stands_in_history
from din_core.checks.finding import Finding
from din_core.domain.translatable import Translatable
from din_core.domain.written import percent
from din_core.store import BulkTables

MANY_EMPTY = 0.5
"""Share of impressions without a history from which on attention has little to attend to."""
DAY = 86_400
CLOCKS = 2
"""Times of the day that days have where they are written without: midnight of summer and of winter."""
FAR_APART = 0.2
"""Difference of the shares of known items from which on "seen before" tells positives from negatives."""


def lengths(tables: BulkTables) -> Iterator[Finding]:
    """Behaviors before an impression."""
    if not len(tables.impression_user):
        return
    found = history_lengths(tables)
    empty = float((found == 0).mean())
    if empty == 1:  # the store's own counts say so, with the times
        return
    half, most = (int(np.quantile(found, q, method="inverted_cdf")) for q in (0.5, 0.95))
    text = Translatable(
        "half of the impressions have at most {half} behaviors before them, 95 % at most {most}; {empty} have none",
        half=f"{half:,}",
        most=f"{most:,}",
        empty=percent(empty),
    )
    few = empty > MANY_EMPTY
    advice = Translatable("most impressions show no attention at all: load earlier behaviors, if there are any")
    yield Finding("histories", "note" if few else "fine", text, advice if few else None)


def days(tables: BulkTables) -> Iterator[Finding]:
    """Behaviors that are dated by the day among impressions with a time: what came later that day leaks."""
    of_behaviors, of_impressions = (np.unique(t % DAY) for t in (tables.behavior_time, tables.impression_time))
    dated = len(of_behaviors) <= CLOCKS and len(np.unique(tables.behavior_time)) > CLOCKS
    if not dated or len(of_impressions) <= CLOCKS:
        return
    text = Translatable("behaviors have days alone, but impressions have times of the day")
    advice = Translatable(
        "a behavior of the same day stands in the history even where it came after the impression: load the tables "
        "with `ingest --session day`, so that histories hold earlier days alone"
    )
    yield Finding("days", "problem", text, advice)


def repeats(tables: BulkTables) -> Iterator[Finding]:
    """How often what is shown stands in the history already, for positives and for negatives."""
    positive = tables.impression_label == 1
    if positive.all() or not positive.any():
        return
    known = stands_in_history(tables)
    of_positives, of_negatives = float(known[positive].mean()), float(known[~positive].mean())
    text = Translatable(
        "the item is in the user's history already at {positives} of the positives and {negatives} of the negatives",
        positives=percent(of_positives),
        negatives=percent(of_negatives),
    )
    apart = abs(of_positives - of_negatives) > FAR_APART
    advice = Translatable(
        "a model can tell much by repeats alone: that is honest where users come back for the same, and a leak where "
        "negatives were drawn among what they never touched"
    )
    yield Finding("repeats", "note" if apart else "fine", text, advice if apart else None)
