"""From streams of raw rows to the four tables on disk, in memory for the ids and for one part of the users.

1. Rows are read once, ids become codes, and rows go to files by user (`GatheredRows`).
2. Part by part, rows are ordered by user and time, histories get times and impressions are chosen; then it is known
   where splits end.
3. Part by part, positives are counted by period and item, and behaviors before validation by item.
4. Part by part, negatives are drawn where the source has none, and tables are written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from din_core.domain import DinLensError
from din_core.store.schema import SPLITS
from din_core.store.splits.split_rule import DEFAULT_SHARES, SplitCuts
from trainer.datasets.assembly.gathered_rows import GatheredRows
from trainer.datasets.assembly.matched_negatives import PositivePools, periods
from trainer.datasets.assembly.popularity import PopularityTally
from trainer.datasets.assembly.time_histogram import TimeHistogram
from trainer.datasets.assembly.user_partitions import UserPartitions, parts_for
from trainer.datasets.assembly.user_rows import (
    AssembleOptions,
    UserRows,
    behavior_schema,
    field_type,
    order_rows,
    shown_schema,
)
from trainer.datasets.four_tables import TablesWriter
from trainer.datasets.streams.input_files import InputFiles, Progress
from trainer.datasets.streams.raw_data import RawData
from trainer.datasets.streams.row_checks import RowRejects

Ints = NDArray[np.int64]


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


def assemble(
    raw: RawData,
    writer: TablesWriter,
    options: AssembleOptions,
    files: InputFiles,
    rejects: RowRejects,
    unfinished: UnfinishedRun | None = None,
) -> Assembled:
    """Write the tables of `raw`, read from `files`; DinLensError when no row can be used, or none can be told apart.

    Where `unfinished` has settled rows in the writer's folder, none is read again.
    """
    parts = parts_for(files.bytes)
    with ExitStack() as open_files:
        rows = open_files.enter_context(GatheredRows(raw, options, writer.work, parts))
        if unfinished is not None and unfinished.settled is not None:
            rows.restore()
            rejects.restore(unfinished.settled)
        else:
            rows.read(rejects)
            if unfinished is not None:
                rows.settle()
                unfinished.settle(rejects.settle())
        run = _Assembly(raw, writer, options, rows, files.progress, open_files)
        if not run.order():
            raise rejects.error("No impression is left of the rows; look at the options and at what was read")
        run.cut()
        run.count()
        run.write()
    return run.done


@dataclass
class UnfinishedRun:
    """What a run that was stopped left in the writer's folder, and where this one says what it leaves."""

    settled: Mapping[str, Any] | None
    """as `settle` was given it; None where there is nothing"""
    settle: Callable[[dict[str, Any]], None]


class _Assembly:
    def __init__(
        self,
        raw: RawData,
        writer: TablesWriter,
        options: AssembleOptions,
        rows: GatheredRows,
        progress: Progress,
        open_files: ExitStack,
    ) -> None:
        self.raw, self.writer, self.options, self.rows, self.progress = raw, writer, options, rows, progress
        self.open_files, self.parts = open_files, rows.events.parts
        self.times, self.train_times = TimeHistogram(), TimeHistogram()
        self.given = np.zeros(len(SPLITS), np.int64)
        self.splits_given = raw.splits_given and options.split is None
        self.done = Assembled()

    def _partitions(self, name: str, schema: pa.Schema) -> UserPartitions:
        return self.open_files.enter_context(UserPartitions(self.writer.work, name, self.parts, schema))

    def order(self) -> int:
        """Step 2; how many impressions there are, before negatives."""
        self.behaviors = self._partitions("behaviors", behavior_schema(self.raw))
        self.shown = self._partitions("impressions", shown_schema(self.raw))
        self.later = np.iinfo(np.int64).max
        for part in range(self.parts):
            self.progress("ordering by user and time", part, self.parts)
            rows = order_rows(self.rows.events.read(part), self.rows.histories.read(part), self.raw, self.options)
            self.times.add(rows.shown.timestamp.to_numpy())
            if self.splits_given:
                train = rows.shown.split == 0
                self.train_times.add(rows.shown.timestamp[train].to_numpy())
                self.later = min([self.later, *rows.shown.timestamp[~train]])
                self.given += np.bincount(rows.shown.split, minlength=len(SPLITS))
            for to, frame in ((self.behaviors, rows.behaviors), (self.shown, rows.shown)):
                to.write_part(part, pa.Table.from_pandas(frame, schema=to.schema, preserve_index=False))
        self.behaviors.close()
        self.shown.close()
        return self.times.total

    def cut(self) -> None:
        """Where splits end; DinLensError where one would be empty.

        Given splits without validation get it from train: the last tenth.
        """
        self.cuts: tuple[int, ...] = ()
        self.valid_from: int | None = None
        if self.splits_given and not self.given[0]:
            raise DinLensError(
                "The splits that are given hold no train impressions; look at the split column or files."
            )
        if self.splits_given and not self.given[1]:
            self.valid_from = self.train_times.cuts().test_from
            self.later = min(self.later, self.valid_from)
        if not self.splits_given:
            cuts = self._cuts_in_time()
            self.cuts = (cuts.valid_from, cuts.test_from)
            self.later = cuts.valid_from

    def _cuts_in_time(self) -> SplitCuts:
        rule, times = self.options.split, self.times
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

    def _rows(self, part: int) -> UserRows:
        shown = self.shown.read(part).to_pandas()
        if self.cuts:
            shown["split"] = np.searchsorted(self.cuts, shown.timestamp, side="right")
        if self.valid_from is not None:
            shown.loc[(shown.split == 0) & (shown.timestamp >= self.valid_from), "split"] = 1
        return UserRows(self.behaviors.read(part).to_pandas(), shown)

    def count(self) -> None:
        """Step 3."""
        self.popular: Ints = np.zeros(len(self.rows.items), np.int64)
        bounds = periods(self.times.first, self.times.last, self.raw.period, self.cuts)
        self.pools = PositivePools(bounds, len(self.rows.items))
        for part in range(self.parts):
            self.progress("counting positives", part, self.parts)
            rows = self._rows(part)
            seen = rows.behaviors["item_code"][rows.behaviors.timestamp < self.later]
            hits = rows.shown[rows.shown.label == 1]
            for found in (seen, hits["item_code"][hits.split == 0]):
                self.popular += np.bincount(found, minlength=len(self.rows.items))
            if self.raw.only_positives:
                self.pools.add(hits.timestamp.to_numpy(), hits["item_code"].to_numpy(np.int64))
        self.pools.fold()

    def write(self) -> None:
        """Step 4."""
        self.user_ids, self.item_ids = self.rows.users.names(), self.rows.items.names()
        self.used_users, self.used_items = np.zeros(len(self.rows.users), bool), np.zeros(len(self.rows.items), bool)
        drawn, uniform = PopularityTally(), PopularityTally()
        for part in range(self.parts):
            self.progress("writing tables", part, self.parts)
            rows = self._rows(part)
            shown = rows.shown
            if self.raw.only_positives:
                rng = np.random.default_rng([self.options.seed, part])
                acted = np.sort(np.concatenate([self._keys(frame) for frame in (rows.behaviors, shown)]))
                shown = self._with_negatives(acted, shown, rng)
                easy = self._with_negatives(acted, rows.shown[rows.shown.split == 2], rng, uniform=True)
                uniform.add(self.popular[easy["item_code"]], easy.label.to_numpy(np.int64))
            test = shown[shown.split == 2]
            drawn.add(self.popular[test["item_code"]], test.label.to_numpy(np.int64))
            self._append("behaviors", rows.behaviors, self.raw.behavior_fields)
            self._append("impressions", shown, self.raw.context_fields)
            self._tally(rows.behaviors, shown)
        self.done.popularity_auc, self.done.popularity_auc_uniform = drawn.auc(), uniform.auc()
        self.done.items = self._entities("items", self.item_ids, self.used_items)
        self.done.users = self._entities("users", self.user_ids, self.used_users)

    def _with_negatives(
        self, acted: Ints, hits: pd.DataFrame, rng: np.random.Generator, *, uniform: bool = False
    ) -> pd.DataFrame:
        """The positives and their negatives: none of what the user acts on, in its period or, without repeats, ever.

        `acted` are the sorted keys of that.
        """
        drawn = hits.loc[hits.index.repeat(self.options.negatives)].assign(label=0)
        drawn["item_code"] = self.pools.draw(drawn.timestamp.to_numpy(), rng, uniform=uniform)
        keys = self._keys(drawn)
        place = np.searchsorted(acted, keys)  # of millions, a tenth of the time of np.isin, which sorts both by order
        known: NDArray[np.bool_] = acted[np.minimum(place, len(acted) - 1)] == keys
        drawn = drawn[~known].drop_duplicates(["user_code", "timestamp", "item_code"])
        return pd.concat([hits, drawn]).sort_values(["user_code", "timestamp", "item_code"], kind="stable")

    def _keys(self, rows: pd.DataFrame) -> Ints:
        period = self.pools.period(rows.timestamp.to_numpy()) if self.raw.repeats else 0
        users = rows.user_code.to_numpy(np.int64) * (len(self.pools.bounds) + 1) + period
        keys: Ints = users * len(self.rows.items) + rows["item_code"].to_numpy(np.int64)
        return keys

    def _append(self, name: str, rows: pd.DataFrame, fields: tuple[str, ...]) -> None:
        columns = {
            "user_id": self.user_ids.take(pa.array(rows.user_code)),
            "item_id": self.item_ids.take(pa.array(rows["item_code"])),
            "timestamp": pa.array(rows.timestamp, pa.int64()),
        }
        if name == "impressions":
            columns["label"] = pa.array(rows.label, pa.int8())
            columns["split"] = pa.array(SPLITS).take(pa.array(rows.split))
        for own in fields:
            columns[own] = pa.array(rows[own], field_type(self.raw, own), from_pandas=True)
        self.writer.append(name, pa.table(columns))

    def _tally(self, behaviors: pd.DataFrame, shown: pd.DataFrame) -> None:
        for frame in (behaviors, shown):
            self.used_users[frame.user_code] = True
            self.used_items[frame["item_code"]] = True
        self.done.behaviors += len(behaviors)
        for code, split in enumerate(SPLITS):
            own = shown.label[shown.split == code]
            self.done.impressions[split] += len(own)
            self.done.positives[split] += int(own.sum())

    def _entities(self, name: str, ids: pa.Array, used: NDArray[np.bool_]) -> int:
        """Write items or users that are in use: those with a row of their own first; how many there are."""
        missing = used.copy()
        for codes, rows in self.rows.entities(name):
            self.writer.append(name, rows.filter(pa.array(used[codes])))
            missing[codes] = False
        rest, schema = ids.filter(pa.array(missing)), self.rows.entity_schemas[name]
        unknown = [pa.nulls(len(rest), kind) for kind in schema.types[1:]]
        self.writer.append(name, pa.table([rest, *unknown], schema=schema))
        return int(used.sum())
