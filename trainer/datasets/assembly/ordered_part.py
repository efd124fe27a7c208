"""Step 2 of `assemble`: the rows of a part's users by time, of which some become impressions."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from din_core.store.schema import SPLITS
from trainer.datasets.assembly.gathered_rows import GatheredRows
from trainer.datasets.assembly.time_histogram import TimeHistogram
from trainer.datasets.assembly.user_partitions import read_arrow, write_arrow
from trainer.datasets.assembly.user_rows import (
    AssembleOptions,
    UserRows,
    behavior_schema,
    order_rows,
    shown_schema,
)
from trainer.datasets.streams.raw_data import RawData

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class OrderJob:
    """What `order_part` needs, whatever process it runs in."""

    raw: RawData
    """without its streams"""
    options: AssembleOptions
    rows: GatheredRows
    folder: Path
    """which all processes see"""

    @property
    def splits_given(self) -> bool:
        """Whether the source's splits hold."""
        return self.raw.splits_given and self.options.split is None


@dataclass
class ImpressionTimes:
    """When impressions are, before negatives; of the splits only where they are given."""

    times: TimeHistogram = field(default_factory=TimeHistogram)
    train_times: TimeHistogram = field(default_factory=TimeHistogram)
    later: int = int(np.iinfo(np.int64).max)
    """the earliest that is not train"""
    given: Ints = field(default_factory=lambda: np.zeros(len(SPLITS), np.int64))
    """how many each split has"""

    def merge(self, other: ImpressionTimes) -> None:
        """Add those of another part."""
        self.times.merge(other.times)
        self.train_times.merge(other.train_times)
        self.later = min(self.later, other.later)
        self.given += other.given


def order_part(job: OrderJob, part: int) -> ImpressionTimes:
    """Write the ordered rows of a part."""
    rows = order_rows(*job.rows.part(part), job.raw, job.options)
    found = ImpressionTimes()
    found.times.add(rows.shown.timestamp.to_numpy())
    if job.splits_given:
        train = rows.shown.split == 0
        found.train_times.add(rows.shown.timestamp[train].to_numpy())
        found.later = min([found.later, *map(int, rows.shown.timestamp[~train])])
        found.given += np.bincount(rows.shown.split, minlength=len(SPLITS))
    for name, frame, schema in (
        ("behaviors", rows.behaviors, behavior_schema(job.raw)),
        ("impressions", rows.shown, shown_schema(job.raw)),
    ):
        write_arrow(_path(job.folder, name, part), pa.Table.from_pandas(frame, schema=schema, preserve_index=False))
    return found


@dataclass(frozen=True)
class OrderedRows:
    """The parts that `order_part` wrote to a folder, with the splits that are in force."""

    folder: Path
    cuts: tuple[int, ...] = ()
    """where validation and test begin; empty where the source's splits hold"""
    valid_from: int | None = None
    """where train ends, of given splits without validation"""

    def part(self, part: int) -> UserRows:
        """The rows of a part."""
        behaviors, shown = (
            read_arrow(_path(self.folder, name, part)).to_pandas() for name in ("behaviors", "impressions")
        )
        if self.cuts:
            shown["split"] = np.searchsorted(self.cuts, shown.timestamp, side="right")
        if self.valid_from is not None:
            shown.loc[(shown.split == 0) & (shown.timestamp >= self.valid_from), "split"] = 1
        return UserRows(behaviors, shown)


def _path(folder: Path, name: str, part: int) -> Path:
    return folder / f"ordered-{name}-{part}.arrow"
