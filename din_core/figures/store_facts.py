"""Counts of a store as bars: users by their number of behaviors, impressions by week and split."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from din_core.figures.ink import legible
from din_core.figures.palette import DARK, LIGHT

HEIGHT = 260


@dataclass(frozen=True, slots=True)
class BarsInfo:
    """B bars, each a stack of the series."""

    places: tuple[str, ...]
    """(B) what stands under each bar, in order"""
    counts: Mapping[str, tuple[int, ...]]
    """(B) by series"""
    notes: Mapping[str, tuple[str, ...]]
    """(B) by series: what else is known of a bar; empty where nothing is"""


def per_user_info(behaviors_per_user: Sequence[tuple[int, int]], series: str = "users") -> BarsInfo:
    """(behaviors, users) pairs in bars that double: 0, 1, 2–3, 4–7, …; bars in between stay, even if empty."""
    total: dict[int, int] = {}
    for behaviors, users in behaviors_per_user:
        total[behaviors.bit_length()] = total.get(behaviors.bit_length(), 0) + users
    bits = range(min(total, default=0), max(total, default=-1) + 1)
    names = tuple(str(b) if b < 2 else f"{1 << (b - 1):,}–{(1 << b) - 1:,}" for b in bits)
    return BarsInfo(names, {series: tuple(total.get(b, 0) for b in bits)}, {})


def weeks_info(
    weeks: Sequence[tuple[int, str, int, int]], splits: Sequence[str], name: Callable[[int], str]
) -> BarsInfo:
    """(Monday in seconds, split, impressions, positives) in one bar a week, split by split; `name` of its Monday."""
    mondays = sorted({monday for monday, *_ in weeks})
    found = {(monday, split): (shown, positive) for monday, split, shown, positive in weeks}
    counts, notes = {}, {}
    for split in splits:
        cells = [found.get((monday, split), (0, 0)) for monday in mondays]
        if any(shown for shown, _ in cells):
            counts[split] = tuple(shown for shown, _ in cells)
            notes[split] = tuple(f"{100 * positive / shown:.1f} %" if shown else "" for shown, positive in cells)
    return BarsInfo(tuple(map(name, mondays)), counts, notes)


def plot_bars(
    info: BarsInfo, title: str, positive: str = "positive", dark: bool = False, counted: str = ""
) -> go.Figure:
    """`title` is under the bars, `counted` beside them; `positive` names what the notes are shares of."""
    figure = go.Figure()
    for place, (name, counts) in enumerate(info.counts.items()):
        notes = info.notes.get(name)
        figure.add_trace(
            go.Bar(
                x=list(info.places),
                y=list(counts),
                name=name,
                marker={"color": (DARK if dark else LIGHT)[place], "line": {"width": 0}},
                customdata=notes,
                hovertemplate=f"%{{x}}<br>{name}: %{{y:,}}"
                + (f"<br>{positive}: %{{customdata}}" if notes else "")
                + "<extra></extra>",
            )
        )
    figure.update_layout(
        barmode="stack",
        bargap=0.15,
        height=HEIGHT,
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        showlegend=len(info.counts) > 1,
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "traceorder": "normal"},
        xaxis={"title": {"text": title, "standoff": 6}, "fixedrange": True, "type": "category", "nticks": 12},
        yaxis={"title": {"text": counted}, "fixedrange": True, "tickformat": ",", "automargin": True},
    )
    return legible(figure, dark)
