"""Learning curves: training loss and validation metrics over the epochs of each checkpoint."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from din_core.figures.ink import legible
from din_core.figures.palette import DARK, LIGHT

DASHES = ("solid", "dash", "dot")
"""Colours are few: from the seventh model on they come again, dashed."""


@dataclass(frozen=True, slots=True)
class CurvesWords:
    """What the chart says, and what stands above it."""

    train_loss: str = "Training loss"
    gauc: str = "Validation GAUC"
    epoch: str = "epoch"
    kept: str = "kept"


ENGLISH = CurvesWords()


@dataclass(frozen=True, slots=True)
class Curve:
    """One checkpoint's values, one an evaluation."""

    name: str
    epoch: tuple[float, ...]
    value: tuple[float, ...]
    kept: int | None
    """Index of the evaluation whose state the checkpoint holds."""


@dataclass(frozen=True, slots=True)
class CurvesInfo:
    """One quantity over all checkpoints that tell it."""

    quantity: str
    curves: tuple[Curve, ...]
    without: tuple[str, ...]
    """Checkpoints whose `metrics.json` holds no such curve."""


def curves_info(metrics: Mapping[str, Mapping[str, Any]], quantity: str) -> CurvesInfo:
    """`metrics` is what each checkpoint's `metrics.json` holds, by the name on screen."""
    found = {name: curve_of(name, held, quantity) for name, held in metrics.items()}
    return CurvesInfo(
        quantity,
        tuple(curve for curve in found.values() if curve is not None),
        tuple(name for name, curve in found.items() if curve is None),
    )


def curve_of(name: str, metrics: Mapping[str, Any], quantity: str) -> Curve | None:
    """None where there is nothing to draw."""
    entries = metrics.get("curve")
    usable = [
        entry
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, Mapping) and all(is_number(entry.get(key)) for key in ("epoch", quantity))
    ]
    if not usable:
        return None
    steps = [entry.get("step") for entry in usable]
    best = metrics.get("best_step")
    return Curve(
        name,
        tuple(float(entry["epoch"]) for entry in usable),
        tuple(float(entry[quantity]) for entry in usable),
        steps.index(best) if best is not None and best in steps else None,
    )


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def plot_curves(info: CurvesInfo, dark: bool = False, words: CurvesWords = ENGLISH) -> go.Figure:
    """A line for each checkpoint; a ring around the evaluation whose state it holds."""
    colors = DARK if dark else LIGHT
    figure = go.Figure()
    for place, curve in enumerate(info.curves):
        color = colors[place % len(colors)]
        line = {"color": color, "width": 2, "dash": DASHES[place // len(colors) % len(DASHES)]}
        kept = [i == curve.kept for i in range(len(curve.epoch))]
        figure.add_trace(
            go.Scatter(
                x=curve.epoch,
                y=curve.value,
                name=curve.name,
                mode="lines+markers",
                line=line,
                marker={
                    "color": color,
                    "size": [11 if is_kept else 5 for is_kept in kept],
                    "symbol": ["circle-open" if is_kept else "circle" for is_kept in kept],
                    "line": {"width": 2, "color": color},
                },
                customdata=[f", {words.kept}" if is_kept else "" for is_kept in kept],
                hovertemplate=f"{curve.name}<br>{words.epoch} %{{x:.2f}}: %{{y:.4f}}%{{customdata}}<extra></extra>",
            )
        )
    figure.update_layout(
        height=380,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": -0.2, "yanchor": "top"},
        showlegend=True,
        xaxis={"title": words.epoch, "fixedrange": True, "zeroline": False, "rangemode": "tozero"},
        yaxis={"fixedrange": True, "zeroline": False},
    )
    return legible(figure, dark)
