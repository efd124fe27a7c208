"""One step of the guided tour: each category's activation weight beside its measured effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import wrap

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from din_core.domain.tour import TourCandidate
from din_core.figures.ink import ink_of, legible
from din_core.figures.palette import DARK, DARK_OTHER, LIGHT, LIGHT_OTHER

ROW_HEIGHT = 34
"""Pixels a category."""
LABEL_ROOM = 1.45
"""Axes are so much wider than the widest bar: on a phone too its number stands beside it, uncut."""

TITLE_WIDTH = 18
"""Characters of a line of an axis' title: on a phone the two panels are narrow."""


@dataclass(frozen=True, slots=True)
class TourBar:
    """One category."""

    name: str
    lines: int
    cause: bool
    weight: float
    effect: float
    """Points of probability."""


@dataclass(frozen=True, slots=True)
class TourInfo:
    """One candidate under one model."""

    bars: tuple[TourBar, ...]
    """Largest |weight| first; equal ones by name."""
    reach: tuple[float, float]
    """Half the width of the axis of weights and of effects; zero is in the middle."""


@dataclass(frozen=True, slots=True)
class TourLabels:
    """What the chart says."""

    weight: str = "Sum of activation weights"
    effect: str = "Points lost without it"
    cause: str = "a reason, as the shopper was made"
    other: str = "not a reason"


def tour_info(candidate: TourCandidate, model: str, reach: tuple[float, float] | None = None) -> TourInfo:
    """`model` of din_core.domain.tour.MODELS; `reach` is given where several charts share their axes."""
    bars = [
        TourBar(entry.name, entry.lines, entry.cause, entry.weight[model], entry.effect[model])
        for entry in candidate.categories
    ]
    bars.sort(key=lambda bar: (-abs(bar.weight), bar.name))
    return TourInfo(tuple(bars), reach or reach_of(candidate, (model,)))


def reach_of(candidate: TourCandidate, models: tuple[str, ...]) -> tuple[float, float]:
    """The widest weight and effect of these models, a little more for room; at least 0.1 and 1 point."""

    def widest(values: list[Mapping[str, float]], least: float) -> float:
        return 1.12 * max([least, *(abs(by_model[model]) for by_model in values for model in models)])

    entries = candidate.categories
    return widest([entry.weight for entry in entries], 0.1), widest([entry.effect for entry in entries], 1.0)


def plot_tour(info: TourInfo, labels: TourLabels, dark: bool = False) -> go.Figure:
    """Two panels of bars on one list of categories; reasons in colour, the others grey."""
    color, grey = ((DARK, DARK_OTHER) if dark else (LIGHT, LIGHT_OTHER))[:2]
    ink = ink_of(dark)
    figure = make_subplots(rows=1, cols=2, shared_yaxes=True, horizontal_spacing=0.06)
    names = [f"{bar.name} · {bar.lines}×" for bar in info.bars]
    for cause in (True, False):
        chosen = [(name, bar) for name, bar in zip(names, info.bars, strict=True) if bar.cause is cause]
        for column, quantity in ((1, "weight"), (2, "effect")):
            figure.add_trace(
                go.Bar(
                    x=[getattr(bar, quantity) for _, bar in chosen],
                    y=[name for name, _ in chosen],
                    orientation="h",
                    name=labels.cause if cause else labels.other,
                    legendgroup=str(cause),
                    showlegend=column == 1 and bool(chosen),
                    marker={"color": color[0] if cause else grey},
                    text=[written(getattr(bar, quantity), quantity) for _, bar in chosen],
                    textposition="outside",
                    cliponaxis=False,
                    textfont={"color": ink},
                    hovertemplate="%{y}<br>%{text}<extra></extra>",
                ),
                row=1,
                col=column,
            )
    for column, (reach, title) in enumerate(zip(info.reach, (labels.weight, labels.effect), strict=True), 1):
        figure.update_xaxes(
            range=[-LABEL_ROOM * reach, LABEL_ROOM * reach],
            title={"text": "<br>".join(wrap(title, TITLE_WIDTH)), "standoff": 8, "font": {"size": 11}},
            zeroline=True,
            zerolinecolor=ink,
            fixedrange=True,
            nticks=5,
            row=1,
            col=column,
        )
    figure.update_yaxes(
        categoryorder="array",
        categoryarray=names[::-1],
        automargin=True,
        fixedrange=True,
        ticklabelstandoff=12,
    )
    figure.update_layout(
        height=ROW_HEIGHT * len(names) + 124,
        margin={"l": 8, "r": 24, "t": 36, "b": 58},
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom"},
        bargap=0.35,
        barmode="overlay",
    )
    return legible(figure, dark)


def written(value: float, quantity: str) -> str:
    """`0.40`, or `+77.6` for points of probability."""
    text = f"{value:.2f}" if quantity == "weight" else f"{value:+.1f}"
    return text.replace("-", "−") if float(text) else text.lstrip("+-")
