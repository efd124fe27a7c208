"""What `python -m trainer bench` measured, a panel a quantity."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from din_core.figures.palette import LIGHT

ROW_HEIGHT = 26
"""Pixels a bar."""
PANEL_HEIGHT = 84
"""Pixels a panel takes beside its bars."""
LINE = 110
"""Letters of a line of the title."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One column of one part."""

    title: str
    bars: tuple[tuple[str, float], ...]
    """Name and value, in the order of the table"""


@dataclass(frozen=True, slots=True)
class BenchInfo:
    """All panels, and what they were measured on."""

    machine: str
    panels: tuple[Panel, ...]


def bench_info(result: Mapping[str, Any]) -> BenchInfo:
    """`result` as the command prints it with `--json`; rows without a value are left out."""
    bars: dict[str, list[tuple[str, float]]] = {}
    for row in result["rows"]:
        for column, value in row["values"].items():
            bars.setdefault(f"{row['part']}: {column}", []).append((row["name"], value))
    machine = [f"{name} {value}" for name, value in result["machine"].items() if value not in ("", None)]
    return BenchInfo(", ".join(machine), tuple(Panel(title, tuple(found)) for title, found in bars.items()))


def plot_bench(info: BenchInfo) -> go.Figure:
    """One panel below the other, first row on top; ratios have their line at 1."""
    if not info.panels:
        return go.Figure(layout={"title": {"text": info.machine}})
    sizes = [len(panel.bars) for panel in info.panels]
    height = sum(ROW_HEIGHT * size + PANEL_HEIGHT for size in sizes)
    figure = make_subplots(
        rows=len(sizes),
        cols=1,
        subplot_titles=[panel.title for panel in info.panels],
        row_heights=sizes,
        vertical_spacing=PANEL_HEIGHT / height if len(sizes) > 1 else 0,
    )
    for place, panel in enumerate(info.panels, 1):
        figure.add_trace(
            go.Bar(
                x=[value for _, value in panel.bars],
                y=[name for name, _ in panel.bars],
                orientation="h",
                marker={"color": LIGHT[0]},
                text=[f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}" for _, value in panel.bars],
                textposition="auto",
                hovertemplate="%{y}: %{x:,.4g}<extra></extra>",
            ),
            row=place,
            col=1,
        )
        if "×" in panel.title:
            figure.add_vline(x=1, line={"dash": "dash", "width": 1, "color": "#111111"}, row=place, col=1)
    machine = "<br>".join(textwrap.wrap(info.machine, LINE))
    figure.update_yaxes(autorange="reversed", automargin=True)
    figure.update_layout(
        height=height + 120,
        showlegend=False,
        template="plotly_white",
        title={"text": f"python -m trainer bench<br><sub>{machine}</sub>"},
        margin={"t": 120, "l": 8, "r": 24, "b": 40},
    )
    return figure
