"""Interest evolution: how DIEN's state moves through time, and what the model would have said on the way.

Dimensions: T behaviors, D width of the state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from din_core.domain.evolution import EvolutionPath
from din_core.figures.activation import day, written_categories
from din_core.figures.heatmap import number, plain
from din_core.figures.ink import ink_of, legible
from din_core.figures.palette import DARK, LIGHT
from din_core.figures.timeline import Tick, Timeline

TIME_SCALE = ((0.0, "#a9c4e2"), (1.0, "#0a3564"))
"""Old to new."""
TIME_SCALE_DARK = ((0.0, "#39587d"), (1.0, "#d9ecff"))
BAR = 0.004
"""Width of a bar at most, as a part of the axis."""
TICK_GAP = 0.08
"""Of the axis' length, between two dates below it at least: room for one that is turned, on a phone."""


@dataclass(frozen=True, slots=True)
class EvolutionInfo:
    """One candidate's path through T behaviors, step by step."""

    title: tuple[str, ...]
    """(T,) of the behaviors, oldest first"""
    category: tuple[str, ...]
    """(T,)"""
    time: tuple[int, ...]
    """(T,) seconds since 1970"""
    position: NDArray[np.float64]
    """(T,) place on the time axis, 0 to 1"""
    ticks: tuple[Tick, ...]
    attention: NDArray[np.float64]
    """(T,)"""
    moved: NDArray[np.float64]
    """(T,) Euclidean distance from the state before the step to the state after it"""
    left: NDArray[np.float64]
    """(T + 1,) how far the final state is: before the first step, and after each"""
    probability: NDArray[np.float64]
    """(T + 1,) what the model gives when the history ends before the first of them, and after each"""
    place: NDArray[np.float64]
    """(T + 1, 2) the states on their first two principal components"""
    share: tuple[float, float]
    """The part of the states' variance that each of the two explains; 0 where nothing moves."""
    type: tuple[str | None, ...] = ()
    """(T,) types of the behaviors; None where one has none"""


def evolution_info(path: EvolutionPath, timeline: Timeline) -> EvolutionInfo:
    """`timeline` is of the same behaviors."""
    if path.behaviors != timeline.behaviors:
        raise ValueError("the path and the timeline are not of the same history")
    states = np.asarray(path.states, dtype=np.float64)
    position = np.empty(len(path.behaviors))
    position[timeline.line_behavior] = timeline.position
    place, share = principal(states)
    return EvolutionInfo(
        title=tuple(b.item.label for b in path.behaviors),
        category=written_categories(path.behaviors),
        time=tuple(b.last_timestamp for b in path.behaviors),
        position=position,
        ticks=timeline.ticks,
        attention=np.asarray(path.attention, dtype=np.float64),
        moved=np.linalg.norm(np.diff(states, axis=0), axis=1),
        left=np.linalg.norm(states[-1] - states, axis=1),
        probability=np.asarray(path.probability, dtype=np.float64),
        place=place,
        share=share,
        type=tuple(b.behavior_type for b in path.behaviors),
    )


def principal(states: NDArray[np.float64]) -> tuple[NDArray[np.float64], tuple[float, float]]:
    """(n, D) → (n, 2) on the first two principal components of these rows, and the variance that each explains.

    Signs are fixed: the last row lies to the right of and above the mean.
    """
    centred = states - states.mean(axis=0)
    left, size, _ = np.linalg.svd(centred, full_matrices=False)
    found = np.zeros((len(states), 2))
    kept = min(2, len(size))
    found[:, :kept] = left[:, :kept] * size[:kept]
    found *= np.where(found[-1] < 0, -1.0, 1.0)
    total = float((size**2).sum())
    shares = [*(size**2 / total if total > 0 else np.zeros_like(size)).tolist(), 0.0, 0.0]
    return found, (shares[0], shares[1])


@dataclass(frozen=True, slots=True)
class EvolutionLabels:
    """The words of both charts; `{…}` are filled in."""

    probability: str = "Probability had the history ended there"
    moved: str = "How far the step moves the state"
    attention: str = "Attention"
    even: str = "1/T"
    before: str = "before the first behavior"
    start: str = "start"
    end: str = "final state"
    step: str = "step {n}"
    component: str = "component {n}: {share} % of the path's variance"
    left: str = "{value} from the final state"
    day: Callable[[int], str] = day
    """Seconds since 1970 as a date."""
    tick: Callable[[str], str] = str
    """A date under the time axis."""


def plot_evolution(info: EvolutionInfo, dark: bool = False, labels: EvolutionLabels = EvolutionLabels()) -> go.Figure:
    """Score, length of the step and attention, one under the other on one time axis."""
    color, ink = (DARK if dark else LIGHT)[0], ink_of(dark)
    titles = (labels.probability, labels.moved, labels.attention)
    figure = make_subplots(
        rows=3, shared_xaxes=True, vertical_spacing=0.09, row_heights=[0.4, 0.3, 0.3], subplot_titles=titles
    )
    figure.add_trace(
        go.Scatter(
            x=[-0.01, *info.position.tolist(), 1.0],
            y=[*info.probability.tolist(), float(info.probability[-1])],
            mode="lines",
            line={"shape": "hv", "width": 2, "color": color},
            customdata=[labels.before, *step_words(info, labels), labels.end],
            hovertemplate="%{customdata}<br>%{y:.2%}<extra></extra>",
        ),
        row=1,
        col=1,
    )
    width = min(BAR, 0.7 / max(len(info.position), 1))
    for place, values in ((2, info.moved), (3, info.attention)):
        bars = go.Bar(
            x=info.position.tolist(),
            y=values.tolist(),
            width=width,
            marker={"color": color, "line": {"width": 0}},
            customdata=step_words(info, labels),
            hovertemplate="%{customdata}<br>" + titles[place - 1] + " %{y:.4f}<extra></extra>",
        )
        figure.add_trace(bars, row=place, col=1)
    if len(info.attention):
        line = {"dash": "dash", "width": 1, "color": ink}
        figure.add_hline(y=1 / len(info.attention), line=line, row=3)
        figure.layout.annotations[2].text = f"{labels.attention} · ╌╌ {labels.even}"  # beside bars it would cover them
    figure.update_layout(
        height=540, margin={"l": 8, "r": 8, "t": 32, "b": 8}, showlegend=False, hoverlabel={"align": "left"}
    )
    figure.update_annotations(font={"color": ink, "size": 13})
    for title in figure.layout.annotations[:3]:
        title.update(x=0, xanchor="left")
    plain_axis, ticks = {"fixedrange": True, "zeroline": False}, apart(info.ticks)
    figure.update_xaxes(range=[-0.015, 1.01], showgrid=False, **plain_axis)
    figure.update_xaxes(
        tickvals=[t.position for t in ticks], ticktext=[labels.tick(t.label) for t in ticks], row=3, col=1
    )
    figure.update_yaxes(rangemode="tozero", automargin=True, nticks=5, **plain_axis)
    figure.update_yaxes(tickformat=".0%", row=1, col=1)
    return legible(figure, dark)


def apart(ticks: Sequence[Tick]) -> list[Tick]:
    """Those at least TICK_GAP from the one before, so that no two dates lie over each other on a phone."""
    kept: list[Tick] = []
    for tick in ticks:
        if not kept or tick.position - kept[-1].position >= TICK_GAP:
            kept.append(tick)
    return kept


def plot_path(info: EvolutionInfo, dark: bool = False, labels: EvolutionLabels = EvolutionLabels()) -> go.Figure:
    """The states on their two principal components, in order; both axes on one scale, so that lengths compare."""
    ink = ink_of(dark)
    x, y = info.place.T.tolist()
    point_words = [labels.before, *step_words(info, labels)]
    figure = go.Figure(
        go.Scatter(
            x=x,
            y=y,
            mode="lines+markers",
            line={"color": "#7c8490", "width": 1},
            marker={
                "size": 8,
                "color": list(range(len(x))),
                "cmin": 0,
                "cmax": max(len(x) - 1, 1),
                "colorscale": [list(stop) for stop in (TIME_SCALE_DARK if dark else TIME_SCALE)],
                "line": {"width": 0.5, "color": ink},
                "colorbar": time_bar(info, ink, labels),
                "showscale": len(x) > 1,
            },
            customdata=[
                f"{words}<br>{plain(labels.left.format(value=number(left)))}"
                for words, left in zip(point_words, info.left.tolist(), strict=True)
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    ends = {0: labels.start, len(x) - 1: labels.end}
    for at, text in ends.items():
        figure.add_annotation(x=x[at], y=y[at], text=plain(text), font={"color": ink}, arrowcolor=ink, arrowwidth=1)
    axis = {"zeroline": False, "fixedrange": True, "nticks": 6}
    titles = [component(labels, n, share) for n, share in enumerate(info.share, 1)]
    figure.update_layout(
        height=460,
        margin={"l": 8, "r": 8, "t": 24, "b": 8},
        showlegend=False,
        hoverlabel={"align": "left"},
        xaxis={**axis, "title": {"text": titles[0]}, "automargin": True},
        yaxis={
            **axis,
            "title": {"text": titles[1]},
            "automargin": True,
            "scaleanchor": "x",
        },
    )
    return legible(figure, dark)


def time_bar(info: EvolutionInfo, ink: str, labels: EvolutionLabels) -> dict[str, Any]:
    """Colours of the first and the last step, by their dates."""
    steps = len(info.time)
    return {
        "orientation": "h",
        "x": 0.5,  # both dates are wider than their ends of the bar: on a phone they need the room beside it
        "xanchor": "center",
        "y": 1,
        "yanchor": "bottom",
        "lenmode": "pixels",
        "len": 180,
        "thickness": 8,
        "outlinewidth": 0,
        "tickvals": [1, steps] if steps > 1 else [steps],
        "ticktext": [labels.day(at) for at in (info.time[:1] + info.time[-1:] if steps > 1 else info.time)],
        "tickfont": {"color": ink, "size": 11},
    }


def component(labels: EvolutionLabels, n: int, share: float) -> str:
    return plain(labels.component.format(n=n, share=f"{100 * share:.1f}"))


def step_words(info: EvolutionInfo, labels: EvolutionLabels) -> Sequence[str]:
    """(T,) which behavior, of what category and type, when."""
    types = info.type or [None] * len(info.title)
    rows = zip(info.title, info.category, types, info.time, strict=True)
    return [
        " · ".join(
            [
                f"{plain(title)}<br>{plain(category)}",
                *([plain(kind)] if kind else []),
                labels.day(at),
                plain(labels.step.format(n=n)),
            ]
        )
        for n, (title, category, kind, at) in enumerate(rows, 1)
    ]
