"""From streams of raw rows to the four tables on disk, in memory for the ids and for one part of the users.

1. Rows are read once, ids become codes, and rows go to files by user (`EventRows`).
2. Part by part, rows are ordered by user and time, histories get times and impressions are chosen; then it is known
   where splits end (`order_part`).
3. Part by part, positives are counted by period and item, and behaviors before validation by item.
4. Part by part, negatives are drawn where the source has none, and tables are written (`written_part`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from din_core.domain import DinLensError
from din_core.store.schema import SPLITS
from din_core.store.splits.split_rule import DEFAULT_SHARES, SplitCuts
from trainer.datasets.assembly.entity_rows import EntityRows
from trainer.datasets.assembly.event_rows import EventRows
from trainer.datasets.assembly.gathered_rows import gathered
from trainer.datasets.assembly.matched_negatives import PositivePools, periods
from trainer.datasets.assembly.ordered_part import ImpressionTimes, OrderedRows, OrderJob, order_part
from trainer.datasets.assembly.popularity import PopularityTally
from trainer.datasets.assembly.user_partitions import parts_for
from trainer.datasets.assembly.user_rows import AssembleOptions
from trainer.datasets.assembly.written_part import WriteJob, WrittenPart, written_part
from trainer.datasets.four_tables import TablesWriter
from trainer.datasets.streams.input_files import InputFiles
from trainer.datasets.streams.raw_data import RawData
from trainer.datasets.streams.row_checks import RowRejects

Ints = NDArray[np.int64]
Job = TypeVar("Job")
Found = TypeVar("Found")


class OneProcess:
    """How parts are worked on: here, one after the other; a cluster does it side by side."""

    def map(self, work: Callable[[Job, int], Found], job: Job, parts: int) -> Iterable[Found]:
        """What `work` makes of the job and each part, in their order."""
        return (work(job, part) for part in range(parts))

    def read(self, raw: RawData, folder: Path, parts: int, options: AssembleOptions, rejects: RowRejects) -> list[Path]:
        """Step 1; the folders in which rows lie now, in their order."""
        EventRows(raw, folder, parts).read(raw.events(), options)
        return [folder]

    def write(self, job: WriteJob, folder: Path, parts: int) -> Iterable[WrittenPart]:
        """Step 4."""
        return self.map(written_part, job, parts)


@dataclass
class Assembled:
    """What was written."""

    items: int = 0
    users: int = 0
    behaviors: int = 0
    impressions: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SPLITS, 0))
    positives: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SPLITS, 0))
    popularity_auc: float | None = None
    """test AUC of the number of an item's behaviors and train positives before validation; None with one label only"""
    popularity_auc_uniform: float | None = None
    """the same with negatives drawn uniformly, where negatives were drawn"""


@dataclass
class UnfinishedRun:
    """What a run that was stopped left in the writer's folder, and where this one says what it leaves."""

    settled: Mapping[str, Any] | None
    """as `settle` was given it; None where there is nothing"""
    settle: Callable[[dict[str, Any]], None]


def assemble(
    raw: RawData,
    writer: TablesWriter,
    options: AssembleOptions,
    files: InputFiles,
    rejects: RowRejects,
    unfinished: UnfinishedRun | None = None,
    processes: OneProcess | None = None,
) -> Assembled:
    """Write the tables of `raw`, read from `files`; DinLensError when no row can be used, or none can be told apart.

    Where `unfinished` has settled rows in the writer's folder, none is read again.
    """
    run = _Assembly(raw, writer, options, files, rejects, processes or OneProcess())
    run.gather(unfinished)
    run.order()
    run.cut()
    run.count()
    run.write()
    return run.done


class _Assembly:
    def __init__(
        self,
        raw: RawData,
        writer: TablesWriter,
        options: AssembleOptions,
        files: InputFiles,
        rejects: RowRejects,
        processes: OneProcess,
    ) -> None:
        self.raw, self.writer, self.options, self.rejects = raw, writer, options, rejects
        self.processes, self.progress, self.parts = processes, files.progress, parts_for(files.bytes)
        self.entities, self.done = EntityRows(raw, writer.work), Assembled()

    def _each(self, what: str, found: Iterable[Found]) -> Iterator[Found]:
        """What was found of each part, under a bar."""
        self.progress(what, 0, self.parts)
        for part, one in enumerate(found):
            yield one
            self.progress(what, part + 1, self.parts)

    def gather(self, unfinished: UnfinishedRun | None) -> None:
        """Step 1."""
        settled = None if unfinished is None else unfinished.settled
        if settled is None:
            folders = self.processes.read(self.raw, self.writer.work, self.parts, self.options, self.rejects)
            self.rejects.check_any_kept()
            self.rejects.check_most_kept()
        else:
            folders = [self.writer.work / name for name in settled["folders"]]
        pieces = [EventRows(self.raw, folder, self.parts) for folder in folders]
        for piece in pieces:
            piece.restore()
        self.rows, self.users, self.items = gathered(folders, pieces, self.parts)
        if settled is None:
            self.entities.write("items", self.items, self.raw.items())
            self.entities.write("users", self.users, self.raw.users())
        else:
            self.rejects.restore(settled["rejects"])
        if unfinished is not None:
            named = [str(folder.relative_to(self.writer.work)) for folder in folders]
            unfinished.settle({"folders": named, "rejects": self.rejects.settle()})

    def order(self) -> None:
        """Step 2; DinLensError where no impression is left."""
        self.job = OrderJob(self.raw.without_streams(), self.options, self.rows, self.writer.work)
        self.found = ImpressionTimes()
        for part in self._each("ordering by user and time", self.processes.map(order_part, self.job, self.parts)):
            self.found.merge(part)
        if not self.found.times.total:
            raise self.rejects.error("No impression is left of the rows; look at the options and at what was read")

    def cut(self) -> None:
        """Where splits end; DinLensError where one would be empty.

        Given splits without validation get it from train: the last tenth.
        """
        found = self.found
        if not self.job.splits_given:
            cuts = self._cuts_in_time()
            self.ordered = OrderedRows(self.writer.work, (cuts.valid_from, cuts.test_from))
            self.later = cuts.valid_from
            return
        if not found.given[0]:
            raise DinLensError(
                "The splits that are given hold no train impressions; look at the split column or files."
            )
        valid_from = None if found.given[1] else found.train_times.cuts().test_from
        self.ordered = OrderedRows(self.writer.work, (), valid_from)
        self.later = found.later if valid_from is None else min(found.later, valid_from)

    def _cuts_in_time(self) -> SplitCuts:
        rule, times = self.options.split, self.found.times
        if rule is None:
            cuts = times.cuts()
            if not times.first < cuts.valid_from < cuts.test_from:
                raise DinLensError(
                    f"The {times.total:,} impressions cannot be split by time: too many of them have one and the "
                    "same; give data of a longer time."
                )
            return cuts
        if rule.cuts and self.raw.times_made:
            raise DinLensError("The data has no times, so --split-time says nothing of it; give --split-ratio.")
        cuts = rule.cuts or times.cuts(rule.shares or DEFAULT_SHARES)
        rule.check_counts(cuts, times.counts(cuts), times.first, times.last)
        return cuts

    def count(self) -> None:
        """Step 3."""
        self.popular: Ints = np.zeros(len(self.items), np.int64)
        times = self.found.times
        self.pools = PositivePools(
            periods(times.first, times.last, self.raw.period, self.ordered.cuts), len(self.items)
        )
        for rows in self._each("counting positives", map(self.ordered.part, range(self.parts))):
            seen = rows.behaviors["item_code"][rows.behaviors.timestamp < self.later]
            hits = rows.shown[rows.shown.label == 1]
            for found in (seen, hits["item_code"][hits.split == 0]):
                self.popular += np.bincount(found, minlength=len(self.items))
            if self.raw.only_positives:
                self.pools.add(hits.timestamp.to_numpy(), hits["item_code"].to_numpy(np.int64))
        self.pools.fold()

    def write(self) -> None:
        """Step 4."""
        user_ids, item_ids = self.users.names(), self.items.names()
        used_users, used_items = np.zeros(len(user_ids), bool), np.zeros(len(item_ids), bool)
        drawn, uniform = PopularityTally(), PopularityTally()
        job = WriteJob(self.job.raw, self.options, self.ordered, self.popular, self.pools, user_ids, item_ids)
        written = self.processes.write(job, self.writer.work, self.parts)
        for part in self._each("writing tables", written):
            for name in part.tables:
                self.writer.append(name, part.table(name))
            used_users[part.users] = True
            used_items[part.items] = True
            drawn.merge(part.drawn)
            uniform.merge(part.uniform)
            self._tally(part)
        self.done.popularity_auc, self.done.popularity_auc_uniform = drawn.auc(), uniform.auc()
        self.done.items = self._write_entities("items", item_ids, used_items)
        self.done.users = self._write_entities("users", user_ids, used_users)

    def _tally(self, part: WrittenPart) -> None:
        self.done.behaviors += part.behaviors
        for code, split in enumerate(SPLITS):
            self.done.impressions[split] += int(part.impressions[code])
            self.done.positives[split] += int(part.positives[code])

    def _write_entities(self, name: str, ids: pa.Array, used: NDArray[np.bool_]) -> int:
        """Write items or users that are in use: those with a row of their own first; how many there are."""
        missing = used.copy()
        for codes, rows in self.entities.read(name):
            self.writer.append(name, rows.filter(pa.array(used[codes])))
            missing[codes] = False
        rest, schema = ids.filter(pa.array(missing)), self.entities.schemas[name]
        unknown = [pa.nulls(len(rest), kind) for kind in schema.types[1:]]
        self.writer.append(name, pa.table([rest, *unknown], schema=schema))
        return int(used.sum())
