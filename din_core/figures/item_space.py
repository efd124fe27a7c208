"""A map of item embeddings: category by colour and shape, or the predicted probability; the history marked.

n points, each one embedding, which several items may share.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from din_core.domain.results import Floats
from din_core.figures.ink import ink_of, legible
from din_core.figures.palette import DARK, DARK_OTHER, LIGHT, LIGHT_OTHER, Slots, choose_slots

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "hexagram")
"""One a colour slot: shape says the same as colour, and stays when colour says the score."""
OTHER_SYMBOL = "circle"
ACCENT, DARK_ACCENT = "#0b5394", "#8ecbff"
"""The theme's own: the candidate's ring lies above the history's."""
HEIGHT = 640
LONGEST_NAME = 30
OPACITY, OTHER_OPACITY = 0.85, 0.5
"""So that points behind others are seen; a chosen point leaves the others as they are."""
TICKS = (0.0001, 0.001, 0.01, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.99, 0.999)
"""Probabilities that the colour bar may name."""


@dataclass(frozen=True, slots=True)
class SpaceLabels:
    """The words on the map."""

    others: str = "other categories"
    unknown: str = "no category, or several"
    history: str = "in the history"
    candidate: str = "candidate"
    focus: str = "item looked at"
    probability: str = "predicted probability"
    shared: str = "{n} items share this embedding"
    repeats: str = "{n}× in the history"
    axes: tuple[str, str] = ("", "")


@dataclass(frozen=True, eq=False)
class SpaceInfo:
    """What the map shows."""

    points: Floats
    """(n, 2)"""
    embedding: NDArray[np.int64]
    """(n,) which embedding of the item space"""
    title: tuple[str, ...]
    category: tuple[str | None, ...]
    """(n) None where it is missing, or the items that share the embedding differ"""
    slots: Mapping[str, int]
    """Colour slot and shape by category; the others share a grey"""
    count: NDArray[np.int64]
    """(n,) items that share it"""
    repeats: NDArray[np.int64]
    """(n,) how often the history holds one of them"""
    candidate: int | None
    """The point of the candidate; None where it is not on the map."""
    focus: int | None
    """The point of the item whose neighbours are listed."""
    probability: Floats | None
    """(n,) None: colour says the category"""


def category_slots(category: Sequence[str | None], first: Sequence[str], own: Slots) -> dict[str, int]:
    """The colours of a map: each category's `own`; of those that share one, the earliest of `first` has it, else the
    most frequent on the map.
    """
    times = Counter(name for name in category if name)
    frequent = sorted(times, key=lambda name: (-times[name], name))
    return choose_slots([name for name in dict.fromkeys([*first, *frequent]) if name in times], own)


def item_space_info(
    points: Floats,
    embedding: NDArray[np.int64],
    title: Sequence[str],
    category: Sequence[str | None],
    count: NDArray[np.int64],
    repeats: Mapping[int, int],
    candidate: int | None,
    focus: int | None,
    slots: Mapping[str, int],
    probability: Floats | None = None,
) -> SpaceInfo:
    """`repeats` by embedding, `candidate` and `focus` the embeddings that they have; all others (n)."""
    there = {int(e): place for place, e in enumerate(embedding)}
    return SpaceInfo(
        points=np.asarray(points, np.float64),
        embedding=np.asarray(embedding, np.int64),
        title=tuple(title),
        category=tuple(category),
        slots=dict(slots),
        count=np.asarray(count, np.int64),
        repeats=np.array([repeats.get(int(e), 0) for e in embedding], np.int64),
        candidate=None if candidate is None else there.get(candidate),
        focus=None if focus is None else there.get(focus),
        probability=probability,
    )


def plot_item_space(info: SpaceInfo, labels: SpaceLabels | None = None, dark: bool = False) -> go.Figure:
    """One trace a category on screen; rings around the history and the candidate."""
    labels = labels or SpaceLabels()
    ink, grey = ink_of(dark), DARK_OTHER if dark else LIGHT_OTHER
    colors = DARK if dark else LIGHT
    group = np.array([info.slots.get(name or "", -1 if name else -2) for name in info.category], np.int64)
    names = {-2: labels.unknown, -1: labels.others, **{slot: name for name, slot in info.slots.items()}}
    figure = go.Figure()
    for slot in (-2, -1, *sorted(info.slots.values())):  # grey first: colour lies on top
        own = np.flatnonzero(group == slot)
        if len(own):
            color = colors[slot] if slot >= 0 else grey
            symbol = SYMBOLS[slot] if slot >= 0 else OTHER_SYMBOL
            opacity = OPACITY if slot >= 0 or info.probability is not None else OTHER_OPACITY
            figure.add_trace(_dots(info, own, _short(names[slot]), color, symbol, opacity, labels))
            if info.probability is not None:
                figure.add_trace(_legend_entry(_short(names[slot]), ink, symbol))
    seen = np.flatnonzero(info.repeats)
    if len(seen):
        figure.add_trace(_rings(info, seen, labels.history, ink, 5, 1.2))
    accent = DARK_ACCENT if dark else ACCENT
    if info.focus not in (None, info.candidate):
        figure.add_trace(_rings(info, np.array([info.focus]), labels.focus, accent, 12, 1.6))
    if info.candidate is not None:
        figure.add_trace(_rings(info, np.array([info.candidate]), labels.candidate, accent, 16, 3.5))
    axis = {"showgrid": False, "zeroline": False, "showticklabels": False, "ticks": ""}
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        hoverlabel={"align": "left"},
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": -0.06, "yanchor": "top", "itemsizing": "constant"},
        showlegend=True,
        clickmode="event+select",
        dragmode=False,  # so that a finger or wheel on the map still moves the page
        xaxis={**axis, "title": {"text": labels.axes[0], "standoff": 4}},
        yaxis={**axis, "title": {"text": labels.axes[1], "standoff": 4}},
        coloraxis=_score_axis(info.probability, labels) if info.probability is not None else None,
    )
    return legible(figure, dark)


def _dots(
    info: SpaceInfo, own: NDArray[np.int64], name: str, color: str, symbol: str, opacity: float, labels: SpaceLabels
) -> go.Scatter:
    scored = {"color": logit(info.probability[own]), "coloraxis": "coloraxis"} if info.probability is not None else {}
    return go.Scatter(
        x=info.points[own, 0],
        y=info.points[own, 1],
        mode="markers",
        name=name,
        marker={
            "size": sizes(info.count[own]),
            "symbol": symbol,
            "color": color,
            "opacity": opacity,
            "line": {"width": 0},
            **scored,
        },
        customdata=info.embedding[own],
        text=[_hover(info, int(point), labels) for point in own],
        hovertemplate="%{text}<extra></extra>",
        showlegend=not scored,
        unselected={"marker": {"opacity": opacity}},
    )


def _legend_entry(name: str, color: str, symbol: str) -> go.Scatter:
    """A shape for the legend, where the points have many colours."""
    return go.Scatter(x=[None], y=[None], mode="markers", name=name, marker={"symbol": symbol, "color": color})


def _rings(info: SpaceInfo, own: NDArray[np.int64], name: str, color: str, wider: int, width: float) -> go.Scatter:
    return go.Scatter(
        x=info.points[own, 0],
        y=info.points[own, 1],
        mode="markers",
        name=name,
        marker={
            "size": sizes(info.count[own]) + wider,
            "symbol": "circle-open",
            "color": color,
            "line": {"width": width},
        },
        hoverinfo="skip",
        unselected={"marker": {"opacity": 1}},
    )


def _score_axis(probability: Floats, labels: SpaceLabels) -> dict[str, object]:
    """Colour by the logit, named in probabilities: differences near 0 and near 1 stay to be seen."""
    found = logit(probability)
    low, high = (float(found.min()), float(found.max())) if len(found) else (-1.0, 1.0)
    ticks = [p for p in TICKS if low <= float(logit(np.array(p))) <= high]
    return {
        "colorscale": "Viridis",
        "cmin": low,
        "cmax": max(high, low + 1e-6),
        "colorbar": {
            "title": {"text": labels.probability, "side": "top"},
            "tickvals": [float(logit(np.array(p))) for p in ticks],
            "ticktext": [f"{100 * p:g}\N{NO-BREAK SPACE}%" for p in ticks],
            "orientation": "h",
            "thickness": 10,
            "y": 1,
            "yanchor": "bottom",
            "tickangle": 0,
            "outlinewidth": 0,
        },
    }


def sizes(count: NDArray[np.int64]) -> NDArray[np.float64]:
    """(n,) pixels across: larger where more items share one embedding."""
    found: NDArray[np.float64] = 6 + np.minimum(2 * np.log2(np.maximum(count, 1)), 16)
    return found


def logit(probability: Floats) -> Floats:
    """ln p/(1−p), within ±14."""
    p = np.clip(np.asarray(probability, np.float64), 1e-6, 1 - 1e-6)
    found: Floats = np.log(p / (1 - p))
    return found


def _hover(info: SpaceInfo, point: int, labels: SpaceLabels) -> str:
    lines = [f"<b>{_plain(info.title[point])}</b>", _plain(info.category[point] or labels.unknown)]
    if info.count[point] > 1:
        lines.append(labels.shared.format(n=f"{info.count[point]:,}"))
    if info.repeats[point]:
        lines.append(labels.repeats.format(n=info.repeats[point]))
    if info.probability is not None:
        lines.append(f"{100 * info.probability[point]:.1f}\N{NO-BREAK SPACE}%")
    return "<br>".join(lines)


def _short(name: str) -> str:
    return _plain(name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…")


def _plain(text: str) -> str:
    """Plotly reads a little HTML: what comes from a store is text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
