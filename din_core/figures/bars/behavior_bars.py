"""The behaviors that move a score most: what each does to it, beside the weight that the model gives it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from din_core.domain import Explanation, Scores
from din_core.figures.heatmap import plain, shortened
from din_core.figures.ink import ink_of, legible
from din_core.figures.palette import DARK, LIGHT

LETTERS = 40
"""Of a behavior's name beside its bars."""
ROW_HEIGHT = 26
"""Pixels a behavior."""


@dataclass(frozen=True, slots=True)
class BehaviorBarsInfo:
    """N behaviors of one candidate, the one with the largest |effect| first."""

    model: str
    candidate: str
    probability: float
    names: tuple[str, ...]
    """(N,) titles, with counts above 1"""
    effect: NDArray[np.float64]
    """(N,) logit with all its occurrences less logit without them"""
    weight: NDArray[np.float64]
    """(N,) of one occurrence"""
    others: int
    """Behaviors that are not among them."""


def behavior_bars_info(scores: Scores, effects: Explanation, most: int = 15, candidate: int = 0) -> BehaviorBarsInfo:
    """ValueError where scores and effects are of two histories, or `most` is below 1."""
    if scores.behaviors != effects.behaviors:
        raise ValueError("the scores and the effects are not of the same history")
    if most < 1:
        raise ValueError(f"most is {most}, but must be 1 or more")
    effect = np.asarray(effects.values, np.float64)
    order = np.argsort(-np.abs(effect), kind="stable")[:most]
    chosen = [scores.behaviors[place] for place in order]
    return BehaviorBarsInfo(
        model=scores.model,
        candidate=scores.candidates[candidate].label,
        probability=float(scores.probability[candidate]),
        names=tuple(b.item.label if b.count == 1 else f"{b.item.label} × {b.count}" for b in chosen),
        effect=effect[order],
        weight=np.asarray(scores.weight[candidate], np.float64)[order],
        others=len(effect) - len(order),
    )


def plot_behavior_bars(info: BehaviorBarsInfo, dark: bool = False) -> go.Figure:
    """Two bars a behavior on one row each, the largest effect at the top; zero is marked in both."""
    colours = DARK if dark else LIGHT
    figure = make_subplots(cols=2, shared_yaxes=True, horizontal_spacing=0.04)
    rows = list(range(len(info.names)))
    for column, (title, values, colour) in enumerate(
        (("effect on the logit", info.effect, colours[0]), ("weight of one occurrence", info.weight, colours[4])),
        start=1,
    ):
        bars = go.Bar(
            x=values,
            y=rows,
            orientation="h",
            marker={"color": colour, "line": {"width": 0}},
            customdata=[plain(name) for name in info.names],
            hovertemplate="%{customdata}<br>" + title + " %{x:.4f}<extra></extra>",
        )
        figure.add_trace(bars, row=1, col=column)
        figure.update_xaxes(title=title, zeroline=True, zerolinecolor=ink_of(dark), row=1, col=column)
    figure.update_yaxes(
        tickvals=rows, ticktext=[plain(shortened(name, LETTERS)) for name in info.names], autorange="reversed"
    )
    left = f" ({info.others:,} other behaviors are not shown)" if info.others else ""
    figure.update_layout(
        title=f"{plain(info.model)}: {info.probability:.1%} for {plain(info.candidate)}{left}",
        showlegend=False,
        height=140 + ROW_HEIGHT * max(len(rows), 2),
        font={"color": ink_of(dark)},
    )
    return legible(figure, dark)
