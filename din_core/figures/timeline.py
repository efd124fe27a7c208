"""Where each behavior of a history stands on the time axis, and which dates are written under it.

Baskets share a timestamp, so on a true time axis their bars would hide each other. Positions stay as near to
true time as a minimal gap between neighbours allows, and the dates follow the same stretch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from din_core.domain import FoldedBehavior, History

MAX_GAP = 0.004
"""Widest gap kept between neighbours, as a part of the axis."""
GAP_SHARE = 0.7
"""Part of the axis that gaps may take up; the rest stays true time."""
HOUR = 3600
DAY = 24 * HOUR
MOST_TICKS = 14
MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200)


@dataclass(frozen=True, slots=True)
class Tick:
    """One date under the axis."""

    timestamp: int
    position: float
    label: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The lines of one history: L single behaviors, each an occurrence of one of T distinct ones."""

    behaviors: tuple[FoldedBehavior, ...]
    """(T,) what the model sees: every item once with its count, or for a model of sequences every single behavior."""
    line_behavior: NDArray[np.int64]
    """(L,) index into `behaviors`, oldest line first."""
    line_time: NDArray[np.int64]
    """(L,) seconds since 1970."""
    position: NDArray[np.float64]
    """(L,) place on the axis, 0 to 1, increasing."""
    as_of: int
    """The axis ends here, at 1."""
    ticks: tuple[Tick, ...]
    unseen_lines: int
    """Lines of the history that the model does not see: it keeps only the most recent."""
    line_type: tuple[str | None, ...] = ()
    """(L,) the type of each line; () where none of them has one."""

    @property
    def distinct(self) -> int:
        """Different items among `behaviors`."""
        return len({folded.item.item_id for folded in self.behaviors})


def timeline_info(history: History, behaviors: tuple[FoldedBehavior, ...]) -> Timeline:
    """Lay out the lines of `history` that `behaviors` hold, folded or not."""
    rows = rows_of_lines(history, behaviors)
    kept = [(b, row) for b, row in zip(history.behaviors, rows, strict=True) if row is not None]
    time = np.array([b.timestamp for b, _ in kept], dtype=np.int64)
    start = int(time[0]) if len(time) else history.as_of
    span = max(history.as_of - start, 1)
    position = spread((time - start) / span)
    return Timeline(
        behaviors=behaviors,
        line_behavior=np.array([row for _, row in kept], dtype=np.int64),
        line_time=time,
        position=position,
        as_of=history.as_of,
        ticks=tuple(
            Tick(at, place(at, time, position, history.as_of), label) for at, label in date_ticks(start, history.as_of)
        ),
        unseen_lines=len(history.behaviors) - len(kept),
        line_type=tuple(b.behavior_type for b, _ in kept) if any(b.behavior_type for b, _ in kept) else (),
    )


def rows_of_lines(history: History, behaviors: tuple[FoldedBehavior, ...]) -> list[int | None]:
    """For each line of `history` the row of `behaviors` that holds it; None for a line that none holds.

    An item may have several rows: from the newest back, each takes as many of the item's lines as it counts.
    """
    free: dict[str, list[tuple[int, int]]] = {}
    for row, folded in enumerate(behaviors):
        free.setdefault(folded.item.item_id, []).append((row, folded.count))
    found: list[int | None] = []
    for line in reversed(history.behaviors):
        rows = free.get(line.item.item_id)
        if not rows:
            found.append(None)
            continue
        row, count = rows.pop()
        if count > 1:
            rows.append((row, count - 1))
        found.append(row)
    return found[::-1]


def spread(wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """The increasing positions in [0, 1], least squares nearest to `wanted`, at least one gap apart.

    `wanted` is not decreasing. Isotonic regression of wanted - i·gap by pooling adjacent violators.
    """
    count = len(wanted)
    gap = min(MAX_GAP, GAP_SHARE / max(count, 1))
    offset = gap * np.arange(count)
    blocks: list[tuple[float, int]] = []
    for value in wanted - offset:
        mean, size = float(value), 1
        while blocks and blocks[-1][0] > mean:
            before, n = blocks.pop()
            mean, size = (before * n + mean * size) / (n + size), n + size
        blocks.append((mean, size))
    flat = np.repeat([m for m, _ in blocks], [n for _, n in blocks]) if blocks else np.empty(0)
    found: NDArray[np.float64] = np.clip(flat, 0.0, 1.0 - gap * max(count - 1, 0)) + offset
    return found


def place(at: int, time: NDArray[np.int64], position: NDArray[np.float64], as_of: int) -> float:
    """Position of a moment: between the last line before it and the first line from it on, by true time."""
    if not len(time):
        return 1.0
    after = int(np.searchsorted(time, at, side="left"))
    left_time, left = (int(time[after - 1]), float(position[after - 1])) if after else (int(time[0]), 0.0)
    right_time, right = (int(time[after]), float(position[after])) if after < len(time) else (as_of, 1.0)
    share = (at - left_time) / max(right_time - left_time, 1)
    return left + (right - left) * min(max(share, 0.0), 1.0)


def date_ticks(start: int, end: int) -> list[tuple[int, str]]:
    """Round moments from `start` to `end` with their labels: months, days or hours, at most 15."""
    span = end - start
    if span > 45 * DAY:
        months = span / (30 * DAY)
        centuries = 1200 * -(-months // (1200 * MOST_TICKS))  # a link may name any year up to 9999
        step = next((step for step in MONTH_STEPS if months / step <= MOST_TICKS), int(centuries))
        return [(at, f"{moment(at):%b %Y}") for at in month_starts(start, end, step)]
    unit = DAY if span > 2 * DAY else HOUR
    step = max(-(-span // unit // MOST_TICKS), 1) * unit
    found = range(-(-start // unit) * unit, end + 1, step)
    return [(at, f"{moment(at).day} {moment(at):%b}" if unit == DAY else f"{moment(at):%H:%M}") for at in found]


def month_starts(start: int, end: int, step: int) -> Iterator[int]:
    """The first second of every `step`-th month, counted from January of year 0."""
    at = moment(start).replace(day=1, hour=0, minute=0, second=0)
    while at.timestamp() <= end:
        if at.timestamp() >= start and (at.year * 12 + at.month - 1) % step == 0:
            yield int(at.timestamp())
        if (at.year, at.month) == (datetime.max.year, 12):
            return
        at = (at + timedelta(days=32)).replace(day=1)


def moment(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
