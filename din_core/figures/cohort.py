"""A cohort's means: over bins of age, rank or repeats as curves, and by candidate and behavior category as a map.

Dimensions: B bins, R candidate categories, K behavior categories.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from din_core.domain.cohort import Mean
from din_core.figures.heatmap import DIVERGING, DIVERGING_DARK, colorbar, plain, shortened
from din_core.figures.ink import ink_of, legible
from din_core.figures.palette import DARK, LIGHT

ROW_HEIGHT = 26
"""Pixels a candidate category."""
ROW_LETTERS, COLUMN_LETTERS = 19, 36
"""Of a category's name on an axis: of each of a row's two lines, and in all."""


@dataclass(frozen=True, slots=True)
class Bin:
    """One mean."""

    name: str
    value: float | None
    """None where there is nothing to take the mean of."""
    low: float | None
    high: float | None
    count: int
    """Behaviors that the mean is of, repeats counted, once an impression"""
    users: int


@dataclass(frozen=True, slots=True)
class BinsInfo:
    """Series over the same bins."""

    series: tuple[tuple[str, tuple[Bin, ...]], ...]


@dataclass(frozen=True, slots=True)
class BinsLabels:
    """The words of the chart; `{…}` are filled in."""

    x: str = "age of the behavior in days"
    y: str = "mean weight of one occurrence"
    interval: str = "95 %: {low} to {high}"
    no_interval: str = "no interval"
    of: str = "{count} behaviors, {users} users"


@dataclass(frozen=True, slots=True)
class CategoriesInfo:
    """Mean weights of candidate categories (rows) on behavior categories (columns)."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[Bin, ...], ...]
    """(R, K)"""

    @property
    def limit(self) -> float:
        """The size that has the strongest colour."""
        return max((abs(cell.value) for row in self.cells for cell in row if cell.value is not None), default=0.0)


@dataclass(frozen=True, slots=True)
class CategoriesLabels:
    """The words of the map; `{…}` are filled in."""

    value: str = "mean weight of one occurrence"
    cell: str = "{row} on {column}: {value}"
    interval: str = "95 %: {low} to {high}"
    no_interval: str = "no interval"
    of: str = "{count} behaviors, {users} users"
    x: str = "category of the behavior"


def bins_info(series: Mapping[str, Mean], names: Sequence[str]) -> BinsInfo:
    """`names` (B) are of the bins."""
    return BinsInfo(tuple((name, bins_of(mean, names)) for name, mean in series.items()))


def categories_info(rows: Mapping[str, Mean], columns: Sequence[str]) -> CategoriesInfo:
    """`rows` by candidate category, each over the behavior categories `columns`; empty columns are left out."""
    cells = [bins_of(mean, columns) for mean in rows.values()]
    kept = [k for k in range(len(columns)) if any(row[k].count for row in cells)]
    return CategoriesInfo(
        tuple(rows), tuple(columns[k] for k in kept), tuple(tuple(row[k] for k in kept) for row in cells)
    )


def bins_of(mean: Mean, names: Sequence[str]) -> tuple[Bin, ...]:
    """The bins of a mean, by name."""
    columns = (mean.value.tolist(), mean.low.tolist(), mean.high.tolist(), mean.count.tolist(), mean.users.tolist())
    return tuple(
        Bin(name, there(value), there(low), there(high), count, users)
        for name, value, low, high, count, users in zip(names, *columns, strict=True)
    )


def there(value: float) -> float | None:
    """None for NaN."""
    return None if math.isnan(value) else value


def plot_bins(
    info: BinsInfo, dark: bool = False, labels: BinsLabels = BinsLabels(), percent: bool = False
) -> go.Figure:
    """A line with 95 % intervals for each series; bins where nothing is are gaps."""
    colors, ink = DARK if dark else LIGHT, ink_of(dark)
    figure = go.Figure()
    for place, (name, bins) in enumerate(info.series):
        color = colors[place]
        ends = [(b.value, b.low, b.high) for b in bins]
        figure.add_trace(
            go.Scatter(
                x=[b.name for b in bins],
                y=[b.value for b in bins],
                name=name,
                mode="lines+markers",
                line={"color": color, "width": 2, "dash": "solid" if place == 0 else "dash"},
                marker={"color": color, "size": 7, "symbol": ("circle", "diamond", "square")[place % 3]},
                error_y={
                    "type": "data",
                    "symmetric": False,
                    "array": [0 if v is None or h is None else h - v for v, _, h in ends],
                    "arrayminus": [0 if v is None or low is None else v - low for v, low, _ in ends],
                    "color": color,
                    "thickness": 1.5,
                    "width": 3,
                },
                customdata=[hover(name if len(info.series) > 1 else "", b, labels, percent) for b in bins],
                hovertemplate="%{customdata}<extra></extra>",
            )
        )
    figure.add_hline(y=0, line={"color": ink, "width": 1})
    figure.update_layout(
        height=300,
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        hoverlabel={"align": "left"},
        showlegend=len(info.series) > 1,
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom"},
        xaxis={
            "title": {"text": labels.x, "standoff": 12},
            "type": "category",
            "fixedrange": True,
            "showgrid": False,
            "autotickangles": [0, 90],  # at 30°, which is usual, the last two lie over each other
        },
        yaxis={
            "title": {"text": labels.y},
            "fixedrange": True,
            "zeroline": False,
            "tickformat": ".1%" if percent else "",
        },
    )
    return legible(figure, dark)


def plot_categories(
    info: CategoriesInfo, dark: bool = False, labels: CategoriesLabels = CategoriesLabels()
) -> go.Figure:
    """The map, its colours centred at zero; cells without a behavior stay empty."""
    ink = ink_of(dark)
    limit = info.limit or 1.0
    figure = go.Figure(
        go.Heatmap(
            x=[plain(name) for name in info.columns],
            y=[plain(name) for name in info.rows],
            z=[[cell.value for cell in row] for row in info.cells],
            zmin=-limit,
            zmax=limit,
            colorscale=[list(stop) for stop in (DIVERGING_DARK if dark else DIVERGING)],
            xgap=1,
            ygap=1,
            customdata=[
                [cell_words(row, cell, labels) for cell in cells]
                for row, cells in zip(info.rows, info.cells, strict=True)
            ],
            hovertemplate="%{customdata}<extra></extra>",
            hoverongaps=False,
            colorbar={
                **colorbar(labels.value, limit, [number(-limit), "0", number(limit)], ink),
                "len": 180,
            },
        )
    )
    axis = {"showgrid": False, "zeroline": False, "fixedrange": True, "automargin": True, "type": "category"}
    font = {"color": ink, "size": 10}
    figure.update_layout(
        height=ROW_HEIGHT * len(info.rows) + 360,
        margin={"l": 8, "r": 8, "t": 76, "b": 8},
        hoverlabel={"align": "left"},
        xaxis={
            **axis,
            "tickfont": font,
            "tickangle": -90,  # so that all fit a narrow screen
            "title": {"text": labels.x, "standoff": 24},
            "tickvals": list(range(len(info.columns))),
            "ticktext": [plain(shortened(name, COLUMN_LETTERS)) for name in info.columns],
        },
        yaxis={
            **axis,
            "tickfont": font,
            "autorange": "reversed",
            "ticklabelstandoff": 4,
            "tickvals": list(range(len(info.rows))),
            "ticktext": [row_label(name) for name in info.rows],
        },
    )
    return legible(figure, dark)


def hover(series: str, found: Bin, labels: BinsLabels, percent: bool) -> str:
    """What stands at the pointer."""
    lines = [series, f"{labels.x}: {found.name}", f"{labels.y}: {number(found.value, percent)}"]
    return "<br>".join(plain(line) for line in [*lines, *below(found, labels, percent)] if line)


def cell_words(row: str, cell: Bin, labels: CategoriesLabels) -> str:
    """What stands at the pointer; nothing for a cell without behaviors."""
    if not cell.count:
        return ""
    first = labels.cell.format(row=row, column=cell.name, value=number(cell.value))
    return "<br>".join(plain(line) for line in [first, *below(cell, labels)])


def below(found: Bin, labels: BinsLabels | CategoriesLabels, percent: bool = False) -> list[str]:
    """The interval, and what the mean is of."""
    ends = labels.no_interval
    if found.low is not None:
        ends = labels.interval.format(low=number(found.low, percent), high=number(found.high, percent))
    return [ends, labels.of.format(count=f"{found.count:,}", users=f"{found.users:,}")]


def number(value: float | None, percent: bool = False) -> str:
    """`−0.0123` with three digits that say something, `12.3 %`; a dash for None."""
    if value is None:
        return "–"
    if percent:
        return f"{100 * value:.1f}\N{NO-BREAK SPACE}%".replace("-", "−")
    digits = 3 if value == 0 else min(max(2 - math.floor(math.log10(abs(value))), 0), 6)
    return f"{value:.{digits}f}".replace("-", "−")


def row_label(name: str) -> str:
    """In two lines at most."""
    return "<br>".join(plain(line) for line in textwrap.wrap(name, ROW_LETTERS, max_lines=2, placeholder=" …"))
