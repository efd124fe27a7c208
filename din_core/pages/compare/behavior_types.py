"""Behaviors of one type in the heat map, as *Inspect* draws and lists them: the link says which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from din_core.domain import FoldedBehavior, History
from din_core.figures import HeatmapRow
from din_core.pages.compare.rows import MapRow
from din_core.pages.language.translate import t
from din_core.pages.session import address, visitor
from din_core.pages.widgets.one_or_all import one_or_all


def choose_type(histories: Sequence[History]) -> str | None:
    """The type that is drawn; None for all. Where histories have no two types, and none is chosen, nothing is asked."""
    chosen = visitor.session().view.type
    known = {b.behavior_type for history in histories for b in history.behaviors}
    types = sorted({one for one in (*known, chosen) if one is not None})
    if len(known) < 2 and chosen is None:
        return None

    def keep(wanted: str | None) -> None:
        own = visitor.session()
        own.view = replace(own.view, type=wanted)
        address.record_choice()

    everything = t("all types")
    one_or_all("compare_type", t("Type"), types, chosen, lambda one: one or everything, keep, width=200)
    return chosen


def rows_of_type(mapped: Sequence[MapRow], kind: str) -> list[HeatmapRow]:
    """The rows' behaviors of one type with their weights: of an item's repeats, those that are of it."""
    times = {id(history): times_of_type(history, kind) for history in histories_of(mapped)}
    return [of_type(one.row, times[id(one.history)], kind) for one in mapped]


def histories_of(mapped: Sequence[MapRow]) -> list[History]:
    """Each once."""
    return list({id(one.history): one.history for one in mapped}.values())


def times_of_type(history: History, kind: str) -> dict[str, list[int]]:
    """By item, when its behaviors of that type were, oldest first."""
    times: dict[str, list[int]] = {}
    for behavior in history.behaviors:
        if behavior.behavior_type == kind:
            times.setdefault(behavior.item.item_id, []).append(behavior.timestamp)
    return times


def of_type(row: HeatmapRow, times: Mapping[str, Sequence[int]], kind: str) -> HeatmapRow:
    """One row; `times` are those of its history."""
    places = [place for place, one in enumerate(row.behaviors) if kind in one.types]
    kept = tuple(_repeats(row.behaviors[place], times, kind) for place in places)
    return HeatmapRow(row.name, kept, row.weight[places])


def _repeats(folded: FoldedBehavior, times: Mapping[str, Sequence[int]], kind: str) -> FoldedBehavior:
    if folded.types == (kind,):
        return folded
    seen = times[folded.item.item_id]
    return replace(folded, count=len(seen), first_timestamp=seen[0], last_timestamp=seen[-1], types=(kind,))
