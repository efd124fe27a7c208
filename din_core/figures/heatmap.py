"""Who switches on what: weights of several rows (candidates, models, users) over the same columns of behaviors.

A cell is Σ weight × repeats over one item, or one category. What is not shown is summed in a column of its own, so
that the cells of a row, with the rest, add up to its interest intensity. Dimensions: R rows, K columns, T behaviors.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from din_core.domain import FoldedBehavior
from din_core.figures.activation import categories_of, day, written_categories
from din_core.figures.ink import hover_label, ink_of

Fold = Literal["item", "category"]
Order = Literal["weight", "time"]
Scale = Literal["shared", "row"]

DIVERGING = (
    (0.0, "#8f3d00"),
    (0.25, "#e08a45"),
    (0.5, "#f4f4f2"),
    (0.75, "#6ea6dc"),
    (1.0, "#0b4a86"),
)
"""Orange below zero, blue above: apart for the colour-blind, zero nearly as white as the page."""
DIVERGING_DARK = (
    (0.0, "#ffb27a"),
    (0.25, "#a8602c"),
    (0.5, "#1b212b"),
    (0.75, "#3f7db8"),
    (1.0, "#a5d6ff"),
)
ROW_HEIGHT = 46
"""Pixels a row."""
LETTERS = 34
"""Of a column's name under the chart."""
ROW_LETTERS = 20
"""Of one line of a row's name; a name has three."""


@dataclass(frozen=True, slots=True)
class HeatmapRow:
    """One row: what one model gives to each behavior of one history, for one candidate."""

    name: str
    behaviors: tuple[FoldedBehavior, ...]
    weight: NDArray[np.floating[Any]]
    """(T,) weight of one occurrence"""


@dataclass(frozen=True, slots=True)
class Column:
    """One item, or one category."""

    key: str
    """The item's id, or the category."""
    name: str
    """Told apart by the id where two items share a title."""
    category: str
    first: int
    """Time of its oldest behavior in any of the rows, seconds since 1970."""
    last: int
    """Of its newest."""
    types: tuple[str, ...] = ()
    """The types that its behaviors have, in alphabetical order."""


@dataclass(frozen=True, slots=True)
class HeatmapInfo:
    """All rows over the columns shown."""

    fold: Fold
    scale: Scale
    rows: tuple[str, ...]
    columns: tuple[Column, ...]
    total: NDArray[np.float64]
    """(R, K) Σ weight × repeats; NaN where the row sees no such behavior."""
    lines: NDArray[np.int64]
    """(R, K) behaviors, repeats counted"""
    rest: NDArray[np.float64]
    """(R,) the same sum over all columns that are not shown"""
    rest_lines: NDArray[np.int64]
    """(R,)"""
    rest_columns: int
    """How many are not shown."""

    @property
    def intensity(self) -> NDArray[np.float64]:
        """(R,) Σ weight × repeats over everything: what is shown and the rest."""
        found: NDArray[np.float64] = np.nansum(self.total, axis=1) + self.rest
        return found

    @property
    def extent(self) -> NDArray[np.float64]:
        """(R, 2) lowest and highest cell of each row that is shown; zero always lies within."""
        shown = np.nan_to_num(np.concatenate([self.total, np.zeros((len(self.rows), 1))], axis=1))
        return np.stack([shown.min(axis=1), shown.max(axis=1)], axis=1)

    @property
    def limit(self) -> NDArray[np.float64]:
        """(R,) the size that has the strongest colour: one for all rows, or each row's own."""
        own: NDArray[np.float64] = np.abs(self.extent).max(axis=1)
        return np.full_like(own, own.max(initial=0.0)) if self.scale == "shared" else own


def heatmap_info(
    rows: Sequence[HeatmapRow],
    *,
    fold: Fold = "item",
    order: Order = "weight",
    most: int = 20,
    scale: Scale = "shared",
    field: str = "category",
    labels: Mapping[str, str] | None = None,
) -> HeatmapInfo:
    """The `most` columns with the largest |Σ weight × repeats| in any row, by weight or by their newest behavior.

    With a scale per row, sizes are compared as parts of their row's largest: weights of two models have no common
    unit. `field` is the item field that holds the category, `labels` what items are called, by id.
    """
    everything = columns_of(rows, fold, field, labels or {})
    total, lines = summed(rows, everything, fold, field)
    size = np.abs(np.nan_to_num(total))
    largest = size.max(axis=1, initial=0.0)
    unit = np.where(largest > 0, largest, 1.0) if scale == "row" else np.ones(len(rows))
    strength = (size / unit[:, None]).max(axis=0, initial=0.0)
    names = told_apart([column.name for column in everything.values()], list(everything))
    columns = [replace(c, name=n) for n, c in zip(names, everything.values(), strict=True)]
    by_weight = sorted(range(len(columns)), key=lambda k: (-strength[k], -columns[k].last, columns[k].name))
    shown, hidden = by_weight[:most], by_weight[most:]
    if order == "time":
        shown.sort(key=lambda k: (columns[k].last, columns[k].name))
    return HeatmapInfo(
        fold=fold,
        scale=scale,
        rows=named([row.name for row in rows]),
        columns=tuple(columns[k] for k in shown),
        total=total[:, shown],
        lines=lines[:, shown],
        rest=np.nansum(total[:, hidden], axis=1),
        rest_lines=lines[:, hidden].sum(axis=1),
        rest_columns=len(hidden),
    )


def columns_of(rows: Sequence[HeatmapRow], fold: Fold, field: str, labels: Mapping[str, str]) -> dict[str, Column]:
    """Every item, or category, of any row, by its key."""
    found: dict[str, Column] = {}
    for behaviors in {id(row.behaviors): row.behaviors for row in rows}.values():
        categories = (categories_of if fold == "category" else written_categories)(behaviors, field)
        for key, category, b in zip(keys(behaviors, fold, field), categories, behaviors, strict=True):
            now = found.get(key)
            name = labels.get(key, b.item.label) if fold == "item" else category
            first, last, types = b.first_timestamp, b.last_timestamp, {kind for kind in b.types if kind is not None}
            if now is not None:
                first, last, types = min(first, now.first), max(last, now.last), types.union(now.types)
            found[key] = Column(key, name, category, first, last, tuple(sorted(types)))
    return found


def keys(behaviors: Sequence[FoldedBehavior], fold: Fold, field: str) -> Sequence[str]:
    """(T,) which column each behavior belongs to."""
    return categories_of(behaviors, field) if fold == "category" else [b.item.item_id for b in behaviors]


def summed(
    rows: Sequence[HeatmapRow], columns: dict[str, Column], fold: Fold, field: str
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """(R, all columns) Σ weight × repeats, NaN where there is no behavior, and the behaviors."""
    place = {key: k for k, key in enumerate(columns)}
    total = np.zeros((len(rows), len(columns)))
    lines = np.zeros((len(rows), len(columns)), dtype=np.int64)
    for r, row in enumerate(rows):
        at = [place[key] for key in keys(row.behaviors, fold, field)]
        count = np.array([b.count for b in row.behaviors], dtype=np.int64)
        np.add.at(total[r], at, np.asarray(row.weight, dtype=np.float64) * count)
        np.add.at(lines[r], at, count)
    return np.where(lines > 0, total, np.nan), lines


def told_apart(names: Sequence[str], keys: Sequence[str]) -> tuple[str, ...]:
    """The names, with their keys where several are alike: `Milk · 862349`."""
    times = Counter(names)
    return named([n if times[n] == 1 else f"{n} · {key}" for n, key in zip(names, keys, strict=True)])


def ticks(columns: Sequence[Column]) -> tuple[str, ...]:
    """What stands below the columns: short names, which end in the id where they are alike so far."""
    return told_apart([shortened(column.name, LETTERS) for column in columns], [column.key for column in columns])


def named(names: Sequence[str]) -> tuple[str, ...]:
    """The names, numbered from the second on where several are alike: `Milk`, `Milk (2)`."""
    found: dict[str, None] = {}
    for name in names:
        unique, n = name, 1
        while unique in found:
            n += 1
            unique = f"{name} ({n})"
        found[unique] = None
    return tuple(found)


@dataclass(frozen=True, slots=True)
class HeatmapLabels:
    """The words of the chart; `{…}` are filled in."""

    value: str = "weight × repeats"
    rest: str = "the rest: {n}"
    rest_hover: str = "Σ weight × repeats over the {n} columns that are not shown: {value}, behaviors: {lines}"
    cell: str = "{value}: {total}, behaviors: {lines}, {each} each on average"
    missing: str = "no such behavior here"
    largest: str = "row's largest"
    to: str = "{low} to {high}"
    day: Callable[[int], str] = day
    """Seconds since 1970 as a date."""


def plot_heatmap(info: HeatmapInfo, dark: bool = False, labels: HeatmapLabels = HeatmapLabels()) -> go.Figure:
    """Cells in colour; the rest as plain numbers in a column of its own, as a sum of many would outshine every cell."""
    figure = make_subplots(cols=2, shared_yaxes=True, column_widths=[0.9, 0.1], horizontal_spacing=0.012)
    rows = list(range(len(info.rows)))
    names = [plain(tick) for tick in ticks(info.columns)]
    unit = np.where(info.limit > 0, info.limit, 1.0)
    limit = 1.0 if info.scale == "row" else float(unit.max(initial=0.0)) or 1.0
    z = info.total / unit[:, None] if info.scale == "row" else info.total
    ink = ink_of(dark)
    ends = [f"−{labels.largest}", "0", labels.largest]
    if info.scale == "shared":
        ends = [number(-limit), "0", number(limit)]
    figure.add_trace(
        go.Heatmap(
            x=names,
            y=rows,
            z=[[None if np.isnan(v) else float(v) for v in row] for row in z],
            zmin=-limit,
            zmax=limit,
            colorscale=[list(stop) for stop in (DIVERGING_DARK if dark else DIVERGING)],
            xgap=1,
            ygap=2,
            customdata=[[cell_words(info, r, k, labels) for k in range(len(names))] for r in rows],
            hovertemplate="%{customdata}<extra></extra>",
            hoverongaps=False,
            colorbar=colorbar(labels.value, limit, ends, ink),
        ),
        row=1,
        col=1,
    )
    absent = np.argwhere(np.isnan(info.total))
    figure.add_trace(
        go.Scatter(
            x=[names[k] for _, k in absent],
            y=[int(r) for r, _ in absent],
            mode="text",
            text=["·"] * len(absent),
            textfont={"color": ink},
            customdata=[
                "<br>".join(plain(text) for text in (info.rows[r], info.columns[k].name, labels.missing))
                for r, k in absent
            ],
            hovertemplate="%{customdata}<extra></extra>",
        ),
        row=1,
        col=1,
    )
    if info.rest_columns:
        rest = labels.rest.format(n=info.rest_columns)
        figure.add_trace(
            go.Scatter(
                x=[rest] * len(rows),
                y=rows,
                mode="text",
                text=[number(value) for value in info.rest.tolist()],
                textfont={"color": ink},
                customdata=[
                    labels.rest_hover.format(n=info.rest_columns, value=number(value), lines=f"{lines:,}")
                    for value, lines in zip(info.rest.tolist(), info.rest_lines.tolist(), strict=True)
                ],
                hovertemplate="%{customdata}<extra></extra>",
            ),
            row=1,
            col=2,
        )
    lay_out(figure, [row_label(info, r, labels) for r in rows], ink)
    return figure.update_layout(hoverlabel=hover_label(dark))


def colorbar(title: str, limit: float, ends: Sequence[str], ink: str) -> dict[str, Any]:
    """Above the chart, its ends and zero marked."""
    return {
        "orientation": "h",
        "x": 0,
        "xanchor": "left",
        "y": 1,
        "yanchor": "bottom",
        "ypad": 6,
        "lenmode": "pixels",
        "len": 230,
        "thickness": 10,
        "outlinewidth": 0,
        "tickvals": [-limit, 0, limit],
        "ticktext": list(ends),
        "tickfont": {"color": ink, "size": 11},
        "title": {"text": plain(title), "side": "top", "font": {"color": ink, "size": 12}},
    }


def lay_out(figure: go.Figure, rows: Sequence[str], ink: str) -> None:
    """Sizes and axes; the first row on top."""
    figure.update_layout(
        height=ROW_HEIGHT * len(rows) + 270,
        margin={"l": 8, "r": 8, "t": 76, "b": 8},
        hoverlabel={"align": "left"},
        showlegend=False,
    )
    axis = {"showgrid": False, "zeroline": False, "fixedrange": True, "tickfont": {"color": ink, "size": 11}}
    figure.update_xaxes(type="category", automargin=True, tickangle=-55, **axis)
    places = list(range(len(rows)))
    figure.update_yaxes(range=[len(rows) - 0.5, -0.5], tickvals=places, ticktext=list(rows), **axis)
    figure.update_yaxes(automargin=True, ticklabelstandoff=4)


def row_label(info: HeatmapInfo, r: int, labels: HeatmapLabels) -> str:
    """The row's name in three lines at most; with a scale of its own, its range in the last."""
    most = 2 if info.scale == "row" else 3
    lines = [plain(line) for line in textwrap.wrap(info.rows[r], ROW_LETTERS, max_lines=most, placeholder=" …")]
    if info.scale == "row":
        low, high = info.extent[r].tolist()
        lines.append(f"<i>{plain(labels.to.format(low=number(low), high=number(high)))}</i>")
    return "<br>".join(lines)


def cell_words(info: HeatmapInfo, r: int, k: int, labels: HeatmapLabels) -> str:
    """What stands at the pointer; nothing for a cell without behaviors."""
    column, lines, total = info.columns[k], int(info.lines[r, k]), float(info.total[r, k])
    if not lines:
        return ""
    first, last = labels.day(column.first), labels.day(column.last)
    when = last if first == last else f"{first} – {last}"
    weight = labels.cell.format(value=labels.value, total=number(total), lines=f"{lines:,}", each=number(total / lines))
    kinds = [", ".join(column.types)] if column.types else []
    about = " · ".join([*([] if info.fold == "category" else [column.category]), *kinds, when])
    return "<br>".join(plain(text) for text in (info.rows[r], column.name, about, weight))


def shortened(text: str, letters: int) -> str:
    """Its beginning and its end: sizes and makers, which tell products apart, stand last."""
    head = letters // 3
    return text if len(text) <= letters else f"{text[:head].rstrip()}…{text[head + 1 - letters :].lstrip()}"


def plain(text: str) -> str:
    """Text that Plotly shows as it is: nothing in it is markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def number(value: float) -> str:
    """Three significant digits: `0.0123`, `−12.4`."""
    text = f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return ("0" if float(f"{value:.3g}") == 0 else text).replace("-", "−")
