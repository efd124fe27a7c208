"""The gap between two probabilities as a waterfall: what is there without any history, then part after part of it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import plotly.graph_objects as go

from din_core.domain import GapPart, GapSplit, ScoreGap
from din_core.figures.heatmap import plain, shortened
from din_core.figures.ink import ink_of, legible

Kind = Literal["empty", "part", "rest", "gap"]

LETTERS = 44
"""Of a part's name beside the chart."""
LINE_LETTERS = 24
"""Of one line of it."""
ROW_HEIGHT = 40
"""Pixels a bar."""
ROOM = 0.03
"""Of the axis' length, left free at either end."""
DIGIT = 8
"""Pixels of a letter of a number."""
COLOURS = {False: ("#2f6fb5", "#b3541e", "#6b7280"), True: ("#6ea6dc", "#e08a45", "#9aa4b2")}
"""Towards the first, towards the second, and both ends; by whether the theme is dark."""


@dataclass(frozen=True, slots=True)
class WaterfallStep:
    """One bar, in points of probability."""

    kind: Kind
    name: str
    start: float
    """Where it begins: where the last one ended."""
    end: float
    behaviors: int = 0
    """Repeats counted; 0 for what is no part of the history."""
    error: float = 0.0
    """Standard error of its length; 0 where it is exact."""

    @property
    def change(self) -> float:
        """Above 0: towards the first."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class WaterfallInfo:
    """From no gap to all of it."""

    steps: tuple[WaterfallStep, ...]
    """Without any history first, then the parts in their order and the rest; last, from 0, the gap itself."""

    @property
    def extent(self) -> tuple[float, float]:
        """Lowest and highest point that any bar reaches; zero always lies within."""
        ends = [0.0, *(step.end for step in self.steps)]
        return min(ends), max(ends)


@dataclass(frozen=True, slots=True)
class WaterfallLabels:
    """The chart's words, in the reader's language."""

    empty: str = "Without any history"
    rest: str = "All else ({n} items)"
    gap: str = "The gap"
    axis: str = "points of probability"
    behaviors: str = "behaviors: {n}"
    error: str = "± {error} (standard error)"


def waterfall_info(
    found: ScoreGap, split: GapSplit, names: Mapping[str, str], labels: WaterfallLabels = WaterfallLabels()
) -> WaterfallInfo:
    """`split` is one of the gap's own; `names`: what its parts are called, where that is not their own name."""
    level = 100 * found.empty
    steps = [WaterfallStep("empty", labels.empty, 0.0, level)]
    parts: list[tuple[Kind, str, GapPart]] = [("part", names.get(p.name, p.name), p) for p in split.parts]
    if split.rest is not None:
        parts.append(("rest", labels.rest.format(n=f"{split.rest.items:,}"), split.rest))
    for kind, name, part in parts:
        after = level + 100 * part.gap
        steps.append(WaterfallStep(kind, name, level, after, part.behaviors, 100 * part.error))
        level = after
    return WaterfallInfo((*steps, WaterfallStep("gap", labels.gap, 0.0, 100 * found.gap)))


def plot_waterfall(info: WaterfallInfo, dark: bool = False, labels: WaterfallLabels = WaterfallLabels()) -> go.Figure:
    """Bars that lie, so that names are read on a phone too; each begins where the one above it ends."""
    rows = list(range(len(info.steps)))
    up, down, whole = COLOURS[dark]
    figure = go.Figure(
        go.Bar(
            orientation="h",
            y=rows,
            x=[step.change for step in info.steps],
            base=[step.start for step in info.steps],
            marker_color=[whole if s.kind in ("empty", "gap") else up if s.change >= 0 else down for s in info.steps],
            width=0.62,
            customdata=[hover_words(step, labels) for step in info.steps],
            hovertemplate="%{customdata}<extra></extra>",
            showlegend=False,
        )
    )
    ink, (low, high) = ink_of(dark), info.extent
    column = DIGIT * max(len(signed(step.change)) for step in info.steps) + 4
    for row, (step, following) in enumerate(zip(info.steps[:-1], info.steps[1:], strict=True)):
        begins = following.start if following.kind != "gap" else following.end
        figure.add_shape(
            type="line", x0=step.end, x1=begins, y0=row + 0.31, y1=row + 0.69, line={"color": ink, "width": 1}
        )
    for row, step in enumerate(info.steps):
        figure.add_annotation(  # in a column of their own: beside the bars they lie over lines and names on a phone
            xref="paper",
            x=1,
            y=row,
            text=f"<b>{signed(step.change)}</b>" if step.kind == "gap" else signed(step.change),
            showarrow=False,
            xanchor="right",
            xshift=column,
            font={"color": ink, "size": 13},
        )
    room = ROOM * (high - low or 1)
    figure.update_layout(
        height=ROW_HEIGHT * len(rows) + 80,
        margin={"l": 8, "r": column + 4, "t": 8, "b": 8},
        dragmode=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    figure.update_xaxes(
        range=[low - room, high + room],
        title={"text": labels.axis, "standoff": 14},
        zeroline=True,
        zerolinecolor=ink,
        nticks=6,
        fixedrange=True,
    )
    figure.update_yaxes(
        tickvals=rows,
        ticktext=[wrapped(step.name) for step in info.steps],
        range=[len(rows) - 0.5, -0.5],
        automargin=True,
        showgrid=False,
        zeroline=False,
        fixedrange=True,
    )
    return legible(figure, dark)


def hover_words(step: WaterfallStep, labels: WaterfallLabels) -> str:
    """A bar in words."""
    lines = [f"<b>{plain(step.name)}</b>", f"{signed(step.change, 2)} {plain(labels.axis)}"]
    if step.behaviors:
        lines.append(plain(labels.behaviors.format(n=f"{step.behaviors:,}")))
    if step.error:
        lines.append(plain(labels.error.format(error=f"{step.error:.2f}")))
    return "<br>".join(lines)


def wrapped(name: str) -> str:
    """In lines; of a long name its beginning and its end."""
    return "<br>".join(plain(line) for line in textwrap.wrap(shortened(name, LETTERS), LINE_LETTERS))


def signed(points: float, decimals: int = 1) -> str:
    """`+12.3`, `−0.4`, `0.0`."""
    text = f"{points:+.{decimals}f}".replace("-", "−")
    return text[1:] if not text.strip("+−0.") else text
