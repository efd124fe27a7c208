"""Whether predicted probabilities are met: observed shares of positives over predicted ones, for one or more models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from din_core.figures.ink import ink_of, legible
from din_core.figures.palette import DARK, LIGHT


@dataclass(frozen=True, slots=True)
class CalibrationPoint:
    """Rows of about one probability."""

    predicted: float
    observed: float
    rows: int


@dataclass(frozen=True, slots=True)
class CalibrationInfo:
    """Each model's points, by rising probability."""

    models: tuple[tuple[str, tuple[CalibrationPoint, ...]], ...]

    @property
    def limit(self) -> float:
        """The largest share or probability."""
        return max((max(p.predicted, p.observed) for _, points in self.models for p in points), default=1.0)


@dataclass(frozen=True, slots=True)
class CalibrationLabels:
    """The words of the chart; `{…}` are filled in."""

    predicted: str = "predicted probability"
    observed: str = "observed share of positives"
    perfect: str = "as predicted"
    point: str = "{model}: predicted {predicted}, observed {observed}, {rows} impressions"


def calibration_info(
    models: Mapping[str, tuple[Sequence[float], Sequence[float], Sequence[int]]],
) -> CalibrationInfo:
    """By model: predicted (B), observed (B), rows (B)."""
    return CalibrationInfo(
        tuple(
            (
                name,
                tuple(CalibrationPoint(float(p), float(o), int(n)) for p, o, n in zip(*columns, strict=True)),
            )
            for name, columns in models.items()
        )
    )


def plot_calibration(
    info: CalibrationInfo, dark: bool = False, labels: CalibrationLabels = CalibrationLabels()
) -> go.Figure:
    """A line for each model beside the diagonal."""
    colors, ink = DARK if dark else LIGHT, ink_of(dark)
    end = min(1.0, 1.05 * info.limit)
    figure = go.Figure(
        go.Scatter(
            x=[0, end],
            y=[0, end],
            mode="lines",
            name=labels.perfect,
            line={"color": ink, "width": 1, "dash": "dot"},
            hoverinfo="skip",
        )
    )
    for place, (name, points) in enumerate(info.models):
        figure.add_trace(
            go.Scatter(
                x=[p.predicted for p in points],
                y=[p.observed for p in points],
                name=name,
                mode="lines+markers",
                line={"color": colors[place], "width": 2, "dash": "solid" if place == 0 else "dash"},
                marker={"color": colors[place], "size": 7, "symbol": ("circle", "diamond", "square")[place % 3]},
                customdata=[
                    labels.point.format(
                        model=name, predicted=f"{p.predicted:.1%}", observed=f"{p.observed:.1%}", rows=f"{p.rows:,}"
                    )
                    for p in points
                ],
                hovertemplate="%{customdata}<extra></extra>",
            )
        )
    axis = {"range": [0, end], "tickformat": ".0%", "fixedrange": True, "zeroline": False}
    figure.update_layout(
        height=340,
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        hoverlabel={"align": "left"},
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom"},
        showlegend=True,
        xaxis={**axis, "title": {"text": labels.predicted, "standoff": 6}},
        yaxis={**axis, "title": {"text": labels.observed}},
    )
    return legible(figure, dark)
