"""All that checking the tables has found out and loading them needs, so that they are read once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from din_core.domain.translatable import Translatable
from din_core.store.ingestion.field_encoding import category_json, display_json, json_objects
from din_core.store.ingestion.rejects import Reject, TableCounts
from din_core.store.ingestion.spool.codes import TextCodes
from din_core.store.ingestion.spool.line_spool import LineSpool
from din_core.store.ingestion.spool.spool_folder import SpoolFolder
from din_core.store.ingestion.validation import TableValidation, ValidRows
from din_core.store.schema import SPLITS
from din_core.store.splits.settle import cuts_of
from din_core.store.splits.split_rule import SplitCuts, SplitRule

LINE_TABLES = ("behaviors", "impressions")


class CheckedLines:
    """The good rows of behaviors and impressions."""

    def __init__(self, folder: SpoolFolder, contexts: Iterable[str] = (), kinds: Iterable[str] = ()) -> None:
        self.folder = folder
        self.spools = {name: LineSpool(name, folder.path) for name in LINE_TABLES}
        self.contexts, self.kinds = TextCodes(contexts), TextCodes(kinds)
        self._splits = TextCodes(SPLITS)

    def add(self, rows: ValidRows) -> None:
        """Keep a batch of one of the two tables."""
        values = rows.values
        columns = {"user": values["user_id"], "item": values["item_id"], "time": values["timestamp"]}
        fields = {name: rows.batch.column(name) for name in rows.file.fields}
        encode = display_json if rows.file.name == "behaviors" else category_json
        if fields:
            columns["context"] = self.contexts.of(json_objects(fields, encode))
        if "label" in values:
            columns["label"] = values["label"]
        if "split" in values:
            columns["split"] = self._splits.of(values["split"])
        if rows.file.name == "behaviors" and "behavior_type" in rows.file.columns:
            columns["kind"] = self.kinds.of(values["behavior_type"])
        self.spools[rows.file.name].add(columns)


@dataclass
class CheckedTables:
    """The outcome of one pass over all tables."""

    lines: CheckedLines
    counts: dict[str, TableCounts]
    rejects: list[Reject]
    notes: list[str]
    """But those that only loading can tell."""
    unfit: dict[str, list[str]]
    several: list[str]
    """Item fields of which an item may have several values."""
    cuts: SplitCuts | None
    """Where to split impressions that say no split."""

    def settle(self, key: str) -> None:
        """Keep everything on disk, where rows are there already, for an ingest of this key that goes on."""
        lines = self.lines
        if not any(spool.on_disk for spool in lines.spools.values()):
            return
        lines.folder.keep(
            key,
            {
                "spools": {name: spool.settle() for name, spool in lines.spools.items()},
                "contexts": lines.contexts.texts,
                "kinds": lines.kinds.texts,
                "counts": {name: asdict(counts) for name, counts in self.counts.items()},
                "rejects": [asdict(reject) | {"reason": _written(reject.reason)} for reject in self.rejects],
                "notes": [_written(note) for note in self.notes],
                "unfit": self.unfit,
                "several": self.several,
                "cuts": None if self.cuts is None else asdict(self.cuts),
            },
        )


def check(checking: TableValidation, folder: SpoolFolder, rule: SplitRule | None, impressions: int) -> CheckedTables:
    """Read all tables of `checking` once; `rule` is what splits impressions, of which the store has so many."""
    lines = CheckedLines(folder)
    for rows in checking.rows():
        if rows.file.name in LINE_TABLES:
            lines.add(rows)
    unfit = {table: list(names) for table, names in checking.unfit.items()}
    file, spool = checking.files.get("impressions"), lines.spools["impressions"]
    unsplit = file is not None and not file.says_split and spool.rows
    times = spool.column("time") if unsplit else np.empty(0, dtype=np.int64)
    return CheckedTables(
        lines,
        checking.counts,
        list(checking.rejects.values()),
        checking.notes(),
        unfit,
        list(checking.several),
        cuts_of(file, rule, times, impressions),
    )


def restored(settled: Mapping[str, Any], folder: SpoolFolder) -> CheckedTables:
    """What was settled in the folder."""
    lines = CheckedLines(folder, settled["contexts"], settled["kinds"])
    for name, spool in lines.spools.items():
        spool.restore(settled["spools"][name])
    cuts = settled["cuts"]
    return CheckedTables(
        lines,
        {name: TableCounts(**counts) for name, counts in settled["counts"].items()},
        [Reject.of_dict(reject | {"reason": _read(reject["reason"])}) for reject in settled["rejects"]],
        [_read(note) for note in settled["notes"]],
        settled["unfit"],
        settled["several"],
        None if cuts is None else SplitCuts(**cuts),
    )


def _written(value: object) -> object:
    """A text as JSON that keeps its template."""
    if isinstance(value, Translatable):
        return {"template": value.template, "values": {name: _written(one) for name, one in value.values.items()}}
    return value if isinstance(value, int | float | None) else str(value)


def _read(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return Translatable.of_parts(value["template"], {name: _read(one) for name, one in value["values"].items()})
