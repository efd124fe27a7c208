"""Activation weights over time: what the model multiplies each past behavior's embedding by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from din_core.domain import FoldedBehavior, Item, Scores, UnitReading
from din_core.figures.ink import ink_of, legible
from din_core.figures.palette import DARK, LIGHT, LIGHT_OTHER, Slots, choose_slots, own_slots
from din_core.figures.timeline import Timeline

OTHER = "other"
UNKNOWN = "unknown"
WEIGHT_NOUNS = {"attention": "activation weight", "evolution": "attention weight", "own": "weight"}
"""What a weight is called, by pooling; all others are pooling weights."""
WITHOUT_REFERENCE = ("sum", "own")
"""Poolings whose weights are not held against those of an average: a sum's, and what an owner calls weights."""


@dataclass(frozen=True, slots=True)
class CategoryGroup:
    """The behaviors of one category, or of all that have no colour of their own."""

    category: str
    slot: int | None
    """Colour of the palette; None for the grey of "other"."""
    weight: float
    """Σ weight × repeats over the group's behaviors."""
    lines: int
    """Behaviors of the group, repeats counted."""
    categories: int = 1


@dataclass(frozen=True, slots=True)
class ActivationInfo:
    """One model's activation weights for one candidate over one history of T distinct behaviors."""

    model: str
    fingerprint: str
    pooling: str
    normalisation: str
    candidate: Item
    probability: float
    timeline: Timeline
    weight: NDArray[np.float64]
    """(T,) weight of one occurrence, as the model uses it: not normalised unless `normalisation` says so."""
    category: tuple[str, ...]
    """(T,)"""
    groups: tuple[CategoryGroup, ...]
    """Coloured categories by falling Σ |weight| × repeats, then "other"."""
    intensity: float
    """Σ weight × repeats: the interest intensity."""
    reference: float | None
    """1/H, what average pooling gives every behavior; None without behaviors, and for sum pooling, which counts
    them on another scale."""

    @property
    def repeats(self) -> NDArray[np.int64]:
        """(T,)"""
        return np.array([b.count for b in self.timeline.behaviors], dtype=np.int64)

    @property
    def total(self) -> NDArray[np.float64]:
        """(T,) weight × repeats."""
        return self.weight * self.repeats

    @property
    def extent(self) -> tuple[float, float]:
        """Lowest and highest value the weight axis must hold; zero always lies within."""
        values = [0.0, self.reference or 0.0, *self.weight.tolist()]
        return min(values), max(values)

    @property
    def slot(self) -> tuple[int | None, ...]:
        """(T,) colour of each behavior."""
        slots = {group.category: group.slot for group in self.groups if group.slot is not None}
        return tuple(slots.get(category) for category in self.category)


def activation_infos(
    scores: Scores,
    timeline: Timeline,
    color_by: str = "category",
    places: Sequence[int] | None = None,
    slots: Slots | None = None,
) -> list[ActivationInfo]:
    """One info for each candidate of `scores`, coloured so that categories keep their colour between them.

    `scores.behaviors` are the timeline's. `color_by` is an item field. `places` are the candidates; None for all.
    `slots` are the categories' own; None gives the strongest here one each.
    """
    if scores.behaviors != timeline.behaviors:
        raise ValueError("the scores and the timeline are not of the same history")
    category = categories_of(timeline.behaviors, color_by)
    repeats = np.array([b.count for b in timeline.behaviors], dtype=np.int64)
    weights = np.asarray(scores.weight, dtype=np.float64)
    distinct = Distinct.of(category)
    own = own_slots(known(distinct.rank(np.abs(weights).sum(axis=0) * repeats))) if slots is None else slots
    return [
        ActivationInfo(
            model=scores.model,
            fingerprint=scores.fingerprint,
            pooling=scores.pooling,
            normalisation=scores.normalisation,
            candidate=scores.candidates[c],
            probability=float(scores.probability[c]),
            timeline=timeline,
            weight=weights[c],
            category=category,
            groups=distinct.groups(distinct.rank(np.abs(weights[c]) * repeats), own, weights[c], repeats),
            intensity=float(weights[c] @ repeats),
            reference=1 / int(repeats.sum()) if len(repeats) and scores.pooling not in WITHOUT_REFERENCE else None,
        )
        for c in (range(len(scores.candidates)) if places is None else places)
    ]


def activation_info(
    scores: Scores, timeline: Timeline, candidate: int = 0, color_by: str = "category"
) -> ActivationInfo:
    """The info of one candidate."""
    return activation_infos(scores, timeline, color_by, [candidate])[0]


def categories_of(behaviors: Sequence[FoldedBehavior], field: str = "category") -> tuple[str, ...]:
    """(T,) each behavior's value of an item field, the first of several, `unknown` where there is none."""
    values = [b.item.fields.get(field) for b in behaviors]
    return tuple((value if isinstance(value, str) else value and value[0]) or UNKNOWN for value in values)


def written_categories(behaviors: Sequence[FoldedBehavior], field: str = "category") -> tuple[str, ...]:
    """(T,) the same with all of several values."""
    return tuple(b.item.text(field) or UNKNOWN for b in behaviors)


def coloured(
    category: Sequence[str],
    weight: NDArray[np.floating[Any]],
    repeats: NDArray[np.int64],
    slots: Slots | None = None,
) -> dict[str, int]:
    """The categories with a colour, by falling Σ |weight| × repeats, and its slot; `slots` as in `activation_infos`."""
    ranked = known(Distinct.of(category).rank(np.abs(weight.astype(np.float64)) * repeats))
    return choose_slots(ranked, own_slots(ranked) if slots is None else slots)


def known(categories: Sequence[str]) -> list[str]:
    """Without UNKNOWN, which is always grey."""
    return [name for name in categories if name != UNKNOWN]


@dataclass(frozen=True, slots=True)
class Distinct:
    """The K distinct categories of T behaviors, by name."""

    names: tuple[str, ...]
    place: NDArray[np.intp]
    """(T,) each behavior's category"""

    @classmethod
    def of(cls, category: Sequence[str]) -> Distinct:
        names = sorted(set(category))
        place = {name: k for k, name in enumerate(names)}
        return cls(tuple(names), np.array([place[name] for name in category], dtype=np.intp))

    def sums(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """(T,) → (K,)."""
        return np.bincount(self.place, values, len(self.names)).astype(np.float64)

    def rank(self, strength: NDArray[np.float64]) -> list[str]:
        """Categories by falling total strength (T,), ties by name."""
        return [self.names[k] for k in np.argsort(-self.sums(strength), kind="stable")]

    def groups(
        self,
        ranked: Sequence[str],
        own: Slots,
        weight: NDArray[np.float64],
        repeats: NDArray[np.int64],
    ) -> tuple[CategoryGroup, ...]:
        """Coloured groups in the order of `ranked`, then everything else as one."""
        slots = choose_slots(known(ranked), own)
        place = {name: k for k, name in enumerate(self.names)}
        total, lines = self.sums(weight * repeats), self.sums(repeats)
        found = [
            CategoryGroup(name, slot, float(total[place[name]]), int(lines[place[name]]))
            for name, slot in slots.items()
        ]
        others = [k for k, name in enumerate(self.names) if name not in slots]
        if others:
            found.append(CategoryGroup(OTHER, None, float(total[others].sum()), int(lines[others].sum()), len(others)))
        return tuple(found)


def plot_activation(info: ActivationInfo) -> go.Figure:
    """The same as a Plotly figure, for exports and tests: a bar for each line, zero and 1/H marked."""
    timeline = info.timeline
    slots = info.slot
    noun = WEIGHT_NOUNS.get(info.pooling, "pooling weight")
    figure = go.Figure()
    for entry in info.groups:
        lines = [i for i, row in enumerate(timeline.line_behavior) if slots[row] == entry.slot]
        color = LIGHT_OTHER if entry.slot is None else LIGHT[entry.slot]
        rows = timeline.line_behavior[lines]
        figure.add_trace(
            go.Bar(
                x=timeline.position[lines],
                y=info.weight[rows],
                width=min(0.004, 0.7 / max(len(timeline.position), 1)),
                name=entry.category,
                marker={"color": color, "line": {"width": 0}},
                customdata=[
                    [
                        timeline.behaviors[row].item.label,
                        info.category[row],
                        day(at),
                        timeline.behaviors[row].count,
                    ]
                    for row, at in zip(rows, timeline.line_time[lines], strict=True)
                ],
                hovertemplate="%{customdata[0]}<br>%{customdata[1]} · %{customdata[2]}<br>"
                "repeats %{customdata[3]} · weight %{y:.4f}<extra></extra>",
            )
        )
    figure.add_hline(y=0, line={"color": "#444444", "width": 1})
    if info.reference is not None:
        figure.add_hline(y=info.reference, line={"dash": "dash", "width": 1}, annotation_text="average pooling 1/H")
    figure.update_layout(
        barmode="overlay",
        title=f"{info.model}: {noun}s for {info.candidate.label}",
        xaxis={
            "range": [-0.01, 1.01],
            "tickvals": [tick.position for tick in timeline.ticks],
            "ticktext": [tick.label for tick in timeline.ticks],
            "title": "time of the behavior (stretched where baskets are full)",
        },
        yaxis={"title": noun, "zeroline": False},
    )
    return figure


@dataclass(frozen=True, slots=True)
class GapResponseInfo:
    """One behavior's activation weight over the time gaps that the unit tells apart: R ranges, shortest first."""

    begin: tuple[float, ...]
    """(R,) first day of each range, the first 0"""
    end: tuple[float, ...]
    """(R,) where the next one begins; of the last, twice where it begins itself"""
    weight: tuple[float, ...]
    """(R,)"""
    gap: float
    """Days from the behavior to the impression."""
    own: int
    """The range that it lies in."""


@dataclass(frozen=True, slots=True)
class GapResponseLabels:
    """What the chart says."""

    gap: str = "time gap between behavior and impression"
    weight: str = "activation weight"
    here: str = "this behavior"
    units: tuple[str, ...] = ("1 minute", "1 hour", "1 day", "1 week", "1 month", "1 year")
    """Of GAP_TICKS."""


GAP_TICKS = (1 / 1440, 1 / 24, 1.0, 7.0, 30.0, 365.0)
"""Days, on a logarithmic axis."""
GAP_LABELS = GapResponseLabels()


def gap_response_info(reading: UnitReading) -> GapResponseInfo:
    """ValueError for a model that reads no gaps."""
    if not reading.ranges:
        raise ValueError("the model reads no time gaps")
    begin = tuple(first for first, _ in reading.ranges)
    return GapResponseInfo(
        begin=begin,
        end=(*begin[1:], 2 * begin[-1]),
        weight=tuple(weight for _, weight in reading.ranges),
        gap=reading.gap,
        own=sum(first <= reading.gap for first in begin) - 1,
    )


def plot_gap_response(info: GapResponseInfo, dark: bool = False, labels: GapResponseLabels = GAP_LABELS) -> go.Figure:
    """A step a range, over a logarithmic axis of time; a ring where the behavior is."""
    color = (DARK if dark else LIGHT)[0]
    start = info.end[0] / 2  # 0 lies nowhere on such an axis
    figure = go.Figure()
    figure.add_trace(
        go.Scatter(
            x=(start, *info.begin[1:], info.end[-1]),
            y=(*info.weight, info.weight[-1]),
            mode="lines",
            line={"shape": "hv", "color": color, "width": 2},
            hovertemplate="%{y:.4f}<extra></extra>",
            name=labels.weight,
        )
    )
    figure.add_trace(
        go.Scatter(
            x=[min(max(info.gap, start), info.end[-1])],
            y=[info.weight[info.own]],
            mode="markers",
            marker={"symbol": "circle-open", "size": 12, "color": color, "line": {"width": 2, "color": color}},
            hovertemplate=f"{labels.here}: %{{y:.4f}}<extra></extra>",
            name=labels.here,
        )
    )
    figure.update_layout(
        height=300,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        showlegend=False,
        xaxis={
            "type": "log",
            "title": labels.gap,
            "tickvals": list(GAP_TICKS),
            "ticktext": list(labels.units),
            "fixedrange": True,
        },
        yaxis={"title": labels.weight, "fixedrange": True, "zeroline": True, "zerolinecolor": ink_of(dark)},
    )
    return legible(figure, dark)


def day(at: int) -> str:
    """`20 Nov 2017`, UTC."""
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment.day} {moment:%b %Y}"
