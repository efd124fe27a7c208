"""Every model's metric with its 95 % interval: which differences are more than chance."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import plotly.graph_objects as go

from din_core.domain.leaderboard import Leaderboard
from din_core.figures.ink import ink_of, legible
from din_core.figures.palette import DARK, LIGHT

LABELS = {"auc": "AUC", "gauc": "GAUC", "log_loss": "Log loss", "ece": "ECE", "rela_impr": "RelaImpr"}
LOWER_IS_BETTER = frozenset({"log_loss", "ece"})
ROW_HEIGHT = 30
"""Pixels a model."""


@dataclass(frozen=True, slots=True)
class LeaderboardWords:
    """What the chart says."""

    here: str = "at hand in this app"
    elsewhere: str = "measured only"
    higher: str = "higher is better"
    lower: str = "lower is better"
    interval: str = "95 % interval"
    seeds: str = "over seeds"
    base_rate: str = "base rate"
    none: str = "no value"


ENGLISH = LeaderboardWords()


@dataclass(frozen=True, slots=True)
class Dot:
    """One model."""

    title: str
    mean: float
    sd: float | None
    low: float | None
    high: float | None
    here: bool
    """Whether its checkpoint is at hand in the app."""


@dataclass(frozen=True, slots=True)
class LeaderboardInfo:
    """One metric over all models that have it."""

    metric: str
    dots: tuple[Dot, ...]
    """Best first."""
    reference: float | None
    """The reference model's mean; None where it has none."""
    reference_title: str
    missing: tuple[str, ...]
    """Models without a value."""
    base_rate: float | None = None
    """The base rate's log loss, where the metric is log loss."""


def leaderboard_info(board: Leaderboard, metric: str, here: Collection[str] = ()) -> LeaderboardInfo:
    """`metric` of LABELS; `here` are the recipe names of the checkpoints at hand."""
    found = [(row, row.metrics.get(metric)) for row in board.rows]
    dots = [Dot(row.title, m.mean, m.sd, m.low, m.high, row.model in here) for row, m in found if m is not None]
    reference = next(((row.title, m) for row, m in found if row.model == board.reference), None)
    return LeaderboardInfo(
        metric=metric,
        dots=tuple(sorted(dots, key=lambda dot: dot.mean if metric in LOWER_IS_BETTER else -dot.mean)),
        reference=reference[1].mean if reference is not None and reference[1] is not None else None,
        reference_title=reference[0] if reference is not None else board.reference,
        missing=tuple(row.title for row, m in found if m is None),
        base_rate=board.base_rate_log_loss if metric == "log_loss" else None,
    )


def plot_leaderboard(info: LeaderboardInfo, dark: bool = False, words: LeaderboardWords = ENGLISH) -> go.Figure:
    """A dot and its interval for each model, best on top; filled where the checkpoint is at hand."""
    color = (DARK if dark else LIGHT)[0]
    ink = ink_of(dark)
    better = words.lower if info.metric in LOWER_IS_BETTER else words.higher
    figure = go.Figure()
    for here in (True, False):
        dots = [dot for dot in info.dots if dot.here == here]
        if not dots:
            continue
        figure.add_trace(
            go.Scatter(
                x=[dot.mean for dot in dots],
                y=[dot.title for dot in dots],
                mode="markers",
                name=words.here if here else words.elsewhere,
                marker={
                    "size": 9,
                    "color": color if here else "rgba(0,0,0,0)",
                    "line": {"width": 1.5, "color": color if here else ink},
                },
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": [(dot.high if dot.high is not None else dot.mean) - dot.mean for dot in dots],
                    "arrayminus": [dot.mean - (dot.low if dot.low is not None else dot.mean) for dot in dots],
                    "color": color if here else ink,
                    "thickness": 1.5,
                    "width": 3,
                },
                customdata=[[written(info.metric, dot, words), interval(info.metric, dot, words)] for dot in dots],
                hovertemplate="%{y}<br>%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
            )
        )
    if info.reference is not None:
        line = {"dash": "dash", "width": 1, "color": ink}
        figure.add_vline(x=info.reference, line=line, name=info.reference_title, showlegend=True)
    if info.base_rate is not None:
        line = {"dash": "dot", "width": 1.5, "color": ink}
        figure.add_vline(x=info.base_rate, line=line, name=words.base_rate, showlegend=True)
    missing = [f"{title} ({words.none})" for title in info.missing]
    if missing:  # they keep their row: the chart is as high for every metric
        figure.add_trace(go.Scatter(x=[None] * len(missing), y=missing, showlegend=False, hoverinfo="skip"))
    figure.update_layout(
        height=ROW_HEIGHT * (len(info.dots) + len(missing)) + 96,
        margin={"l": 8, "r": 16, "t": 36, "b": 44},
        hoverlabel={"align": "left"},
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom"},
        showlegend=True,
        xaxis={
            "title": {"text": f"{LABELS[info.metric]} ({better})", "standoff": 8},
            "tickformat": "+.0%" if info.metric == "rela_impr" else "",
            "zeroline": False,
            "showgrid": True,
            "fixedrange": True,
        },
        yaxis={
            "categoryorder": "array",
            "categoryarray": [*missing, *(dot.title for dot in reversed(info.dots))],
            "automargin": True,
            "showgrid": False,
            "fixedrange": True,
            "ticklabelstandoff": 8,
        },
    )
    return legible(figure, dark)


def number(metric: str, value: float) -> str:
    """`0.7576`, or `+29.6 %` for RelaImpr."""
    return f"{100 * value:+.1f}\N{NO-BREAK SPACE}%".replace("-", "−") if metric == "rela_impr" else f"{value:.4f}"


def written(metric: str, dot: Dot, words: LeaderboardWords = ENGLISH) -> str:
    """The mean over seeds ± their standard deviation."""
    if dot.sd is None:
        return f"{LABELS[metric]} {number(metric, dot.mean)}"
    spread = f"{100 * dot.sd:.1f}" if metric == "rela_impr" else f"{dot.sd:.4f}"
    return f"{LABELS[metric]} {number(metric, dot.mean)} ± {spread} {words.seeds}"


def interval(metric: str, dot: Dot, words: LeaderboardWords = ENGLISH) -> str:
    """The 95 % interval in words."""
    if dot.low is None or dot.high is None:
        return f"{words.interval}: –"
    return f"{words.interval}: {number(metric, dot.low)} … {number(metric, dot.high)}"
