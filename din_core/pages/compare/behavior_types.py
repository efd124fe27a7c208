"""Behaviors of one type in the heat map, as *Inspect* draws and lists them: the link says which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from din_core.domain import FoldedBehavior, History
from din_core.figures import HeatmapRow
from din_core.pages.language.translate import t
from din_core.pages.session import address, visitor

ALL = ""
"""As an option, no single type."""


def choose_type(histories: Sequence[History]) -> str | None:
    """The type that is drawn; None for all. Where histories have no two types, and none is chosen, nothing is asked."""
    chosen = visitor.session().view.type
    known = {b.behavior_type for history in histories for b in history.behaviors}
    types = sorted({one for one in (*known, chosen) if one is not None})
    if len(known) < 2 and chosen is None:
        return None

    def change() -> None:
        own = visitor.session()
        own.view = replace(own.view, type=st.session_state["compare_type"] or None)
        address.record_choice()

    st.session_state["compare_type"] = chosen or ALL
    everything = t("all types")
    st.selectbox(
        t("Type"),
        [ALL, *types],
        format_func=lambda one: one or everything,
        key="compare_type",
        width=200,
        on_change=change,
    )
    return chosen


def of_type(row: HeatmapRow, history: History, kind: str) -> HeatmapRow:
    """A row's behaviors of one type with their weights: of an item's repeats, those that are of it."""
    times: dict[str, list[int]] = {}
    for behavior in history.behaviors:
        if behavior.behavior_type == kind:
            times.setdefault(behavior.item.item_id, []).append(behavior.timestamp)
    places = [place for place, one in enumerate(row.behaviors) if kind in one.types]
    kept = [_repeats(row.behaviors[place], kind, times) for place in places]
    return HeatmapRow(row.name, tuple(kept), row.weight[places])


def _repeats(folded: FoldedBehavior, kind: str, times: dict[str, list[int]]) -> FoldedBehavior:
    if folded.types == (kind,):
        return folded
    seen = times[folded.item.item_id]
    return replace(folded, count=len(seen), first_timestamp=seen[0], last_timestamp=seen[-1], types=(kind,))
