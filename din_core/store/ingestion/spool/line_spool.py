"""The checked rows of behaviors or impressions as numbers, in memory while they are few and on disk from there on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Lines = NDArray[np.void]

LINE = np.dtype(
    [
        ("user", "<i4"),
        ("item", "<i4"),
        ("time", "<i8"),
        ("context", "<i4"),
        ("kind", "<i4"),
        ("label", "i1"),
        ("split", "i1"),
    ]
)
"""A row: positions of user and item among the ids, seconds, codes of context, behavior type and split (-1: none)."""


class LineSpool:
    """Rows in the order in which they were added. `folder` is asked for a place on disk once that is needed."""

    part_rows = 1 << 22
    """Rows of a part: some 100 MB, which is what a spool holds in memory."""

    def __init__(self, name: str, folder: Callable[[], Path]) -> None:
        self.name = name
        self.rows = 0
        self.in_order = True
        """Whether the rows came by user, then by time."""
        self._folder = folder
        self._held: list[Lines] = []
        self._n_held = 0
        self._parts: list[Path] = []
        self._last = np.zeros(1, LINE)

    def add(self, columns: dict[str, Any]) -> None:
        """Add rows, given by the names in LINE; what is not given is -1."""
        lines: Lines = np.empty(len(columns["user"]), LINE)
        for name in LINE.names or ():
            lines[name] = columns.get(name, -1)
        self._watch_order(lines)
        self._held.append(lines)
        self._n_held += len(lines)
        self.rows += len(lines)
        if self._n_held >= self.part_rows:
            self._write_part()

    def _watch_order(self, lines: Lines) -> None:
        if self.in_order and len(lines):
            self.in_order = _in_order(np.concatenate([self._last, lines[:1]])) and _in_order(lines)
            self._last = lines[-1:]

    def _write_part(self) -> None:
        part = self._folder() / f"{self.name}-{len(self._parts):05}.rows"
        with part.open("wb") as file:
            for lines in self._held:
                lines.tofile(file)
        self._parts.append(part)
        self._held, self._n_held = [], 0

    def parts(self) -> Iterator[Lines]:
        """All rows again, a part at a time."""
        for part in self._parts:
            yield np.fromfile(part, LINE)
        if self._held:
            self._held = [np.concatenate(self._held)]
            yield self._held[0]

    def column(self, name: str) -> NDArray[Any]:
        """(rows,) one of LINE's columns."""
        found = [lines[name] for lines in self.parts()]
        return np.concatenate(found) if found else np.empty(0, LINE[name])

    @property
    def on_disk(self) -> bool:
        return bool(self._parts)

    def settle(self) -> dict[str, Any]:
        """Write what is held to disk too; what `restore` needs."""
        if self._held:
            self._write_part()
        return {"rows": self.rows, "in_order": self.in_order, "parts": [part.name for part in self._parts]}

    def restore(self, settled: dict[str, Any]) -> None:
        """The state of a spool of this name that was settled in the same folder."""
        self.rows, self.in_order = settled["rows"], settled["in_order"]
        self._parts = [self._folder() / name for name in settled["parts"]]


def _in_order(lines: Lines) -> bool:
    user, time = np.diff(lines["user"]), np.diff(lines["time"])
    return bool(((user > 0) | ((user == 0) & (time >= 0))).all())


def by_user(lines: Sequence[Lines]) -> Lines:
    """The rows by user, then time, those of one time as they came."""
    joined: Lines = np.concatenate(lines)
    if _in_order(joined):
        return joined
    return joined[np.lexsort((joined["time"], joined["user"]))]
