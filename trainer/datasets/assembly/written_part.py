"""Step 4 of `assemble`: the tables of a part's users, with negatives where the source has none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from din_core.store.schema import SPLITS
from trainer.datasets.assembly.matched_negatives import PositivePools
from trainer.datasets.assembly.ordered_part import OrderedRows
from trainer.datasets.assembly.popularity import PopularityTally
from trainer.datasets.assembly.user_partitions import read_arrow, write_arrow
from trainer.datasets.assembly.user_rows import AssembleOptions, UserRows, field_type
from trainer.datasets.streams.raw_data import RawData

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class WriteJob:
    """What `written_part` needs, whatever process it runs in."""

    raw: RawData
    """without its streams"""
    options: AssembleOptions
    rows: OrderedRows
    popular: Ints
    """(items,) behaviors and train positives before validation"""
    pools: PositivePools
    user_ids: pa.Array
    """by code"""
    item_ids: pa.Array


@dataclass
class WrittenPart:
    """A part's tables, and what is counted of them."""

    tables: Mapping[str, pa.Table | Path]
    """`behaviors` and `impressions`; where another process has written them, their files"""
    users: Ints
    """codes that are in use"""
    items: Ints
    behaviors: int
    impressions: Ints
    """(3,) by split"""
    positives: Ints
    drawn: PopularityTally = field(default_factory=PopularityTally)
    """of the test impressions"""
    uniform: PopularityTally = field(default_factory=PopularityTally)
    """of these with negatives drawn uniformly"""

    def table(self, name: str) -> pa.Table:
        """The rows, which are looked at once: a file of them goes."""
        rows = self.tables[name]
        if not isinstance(rows, Path):
            return rows
        found = read_arrow(rows)
        rows.unlink()
        return found

    def save(self, folder: Path, part: int) -> None:
        """Write the tables to files, so that this is small."""
        paths = {name: folder / f"written-{name}-{part}.arrow" for name in self.tables}
        for name, path in paths.items():
            write_arrow(path, self.table(name))
        self.tables = paths


def written_part(job: WriteJob, part: int) -> WrittenPart:
    """The tables of a part."""
    rows = job.rows.part(part)
    shown, uniform = rows.shown, PopularityTally()
    if job.raw.only_positives:
        rng = np.random.default_rng([job.options.seed, part])
        acted = np.sort(np.concatenate([_keys(job, frame) for frame in (rows.behaviors, shown)]))
        shown = _with_negatives(job, acted, shown, rng)
        easy = _with_negatives(job, acted, rows.shown[rows.shown.split == 2], rng, uniform=True)
        uniform.add(job.popular[easy["item_code"]], easy.label.to_numpy(np.int64))
    found = _counted(job, UserRows(rows.behaviors, shown))
    found.uniform = uniform
    test = shown[shown.split == 2]
    found.drawn.add(job.popular[test["item_code"]], test.label.to_numpy(np.int64))
    return found


def _counted(job: WriteJob, rows: UserRows) -> WrittenPart:
    both = rows.behaviors, rows.shown
    return WrittenPart(
        {
            "behaviors": _table(job, "behaviors", rows.behaviors, job.raw.behavior_fields),
            "impressions": _table(job, "impressions", rows.shown, job.raw.context_fields),
        },
        np.unique(np.concatenate([frame.user_code.to_numpy() for frame in both])),
        np.unique(np.concatenate([frame["item_code"].to_numpy() for frame in both])),
        len(rows.behaviors),
        np.bincount(rows.shown.split, minlength=len(SPLITS)),
        np.bincount(rows.shown.split[rows.shown.label == 1], minlength=len(SPLITS)),
    )


def _with_negatives(
    job: WriteJob, acted: Ints, hits: pd.DataFrame, rng: np.random.Generator, *, uniform: bool = False
) -> pd.DataFrame:
    """The positives and their negatives: none of what the user acts on, in its period or, without repeats, ever.

    `acted` are the sorted keys of that.
    """
    drawn = hits.loc[hits.index.repeat(job.options.negatives)].assign(label=0)
    drawn["item_code"] = job.pools.draw(drawn.timestamp.to_numpy(), rng, uniform=uniform)
    keys = _keys(job, drawn)
    place = np.searchsorted(acted, keys)  # of millions, a tenth of the time of np.isin, which sorts both by order
    known: NDArray[np.bool_] = acted[np.minimum(place, len(acted) - 1)] == keys
    drawn = drawn[~known].drop_duplicates(["user_code", "timestamp", "item_code"])
    return pd.concat([hits, drawn]).sort_values(["user_code", "timestamp", "item_code"], kind="stable")


def _keys(job: WriteJob, rows: pd.DataFrame) -> Ints:
    period = job.pools.period(rows.timestamp.to_numpy()) if job.raw.repeats else 0
    users = rows.user_code.to_numpy(np.int64) * (len(job.pools.bounds) + 1) + period
    keys: Ints = users * len(job.item_ids) + rows["item_code"].to_numpy(np.int64)
    return keys


def _table(job: WriteJob, name: str, rows: pd.DataFrame, fields: tuple[str, ...]) -> pa.Table:
    columns = {
        "user_id": job.user_ids.take(pa.array(rows.user_code)),
        "item_id": job.item_ids.take(pa.array(rows["item_code"])),
        "timestamp": pa.array(rows.timestamp, pa.int64()),
    }
    if name == "impressions":
        columns["label"] = pa.array(rows.label, pa.int8())
        columns["split"] = pa.array(SPLITS).take(pa.array(rows.split))
    for own in fields:
        columns[own] = pa.array(rows[own], field_type(job.raw, own), from_pandas=True)
    return pa.table(columns)
