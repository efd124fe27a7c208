"""A wide table: one row an impression, its history as a list beside it, and fields of item, user and context.

Such a table is read three times: for impressions and histories, for items, and for users.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from din_core.domain import DinLensError
from din_core.store.ingestion import column_checks as checks
from din_core.store.ingestion.column_texts import texts
from din_core.store.ingestion.column_times import check_time_format, timestamps
from din_core.store.schema import MAX_TIMESTAMP
from trainer.datasets.streams.delimited import Format, check_columns, delimited, header_of
from trainer.datasets.streams.input_files import InputFiles
from trainer.datasets.streams.raw_data import RawData
from trainer.datasets.streams.read_options import ReadOptions, option
from trainer.datasets.streams.row_checks import Fault, RowRejects, clean_ids, numbers

FIRST_TIME = 1_000_000
"""Of tables without a time column: that of the first row, others follow a second apart."""
RESERVED = ("user_id", "item_id", "timestamp", "label", "split", "behavior", "history")
"""Names that a context field cannot have."""
_SPLITS = {"val": "valid", "validation": "valid", "dev": "valid"}
_BATCH_ROWS = 1 << 16


@dataclass(frozen=True)
class WideLayout:
    """Which column is what."""

    user: str = "user_id"
    item: str = "item_id"
    label: str = "label"
    time: str | None = None
    """seconds, milliseconds, ISO 8601 or `time_format`; without it, the order of the rows is that of time"""
    time_format: str | None = None
    """how times are written, for strptime"""
    history: str | None = None
    """lists of item ids, oldest first; without it, positives are the behaviors"""
    split: str | None = None
    item_fields: tuple[str, ...] = ()
    user_fields: tuple[str, ...] = ()
    context_fields: tuple[str, ...] = ()
    history_fields: Mapping[str, str] = field(default_factory=dict)
    """item field -> the column that lists its values beside `history`"""
    separator: str = "|"
    """between the entries of a history that is text"""

    @property
    def columns(self) -> list[str]:
        """All columns that are read."""
        own = [self.user, self.item, self.label, self.time, self.history, self.split]
        fields = [*self.item_fields, *self.user_fields, *self.context_fields, *self.history_fields.values()]
        return list(dict.fromkeys([name for name in own if name] + fields))

    @property
    def options(self) -> dict[str, str]:
        """By which option each column is named that has to be there."""
        return {self.user: option("user"), self.item: option("item"), self.label: option("label")}


PROVENANCE = "Source: the wide table {files}, one row an impression. {behaviors}{order}\n"
_MADE_UP = "their times are made up, just before the impression that lists them first."


def read_wide_table(files: InputFiles, rejects: RowRejects, options: ReadOptions) -> RawData:
    """A table whose columns the options name; DinLensError where it lacks one of them."""
    paths = files.need("*.csv", "*.tsv", "*.parquet")
    layout = layout_of(columns_of(paths[0]), options)
    return wide_data(paths, layout, files, rejects)


def wide_data(
    paths: list[Path],
    layout: WideLayout,
    files: InputFiles,
    rejects: RowRejects,
    *,
    splits: Mapping[Path, str] | None = None,
    provenance: str = PROVENANCE,
) -> RawData:
    """The data of wide tables, whose rows are in `splits` by file where these are given."""
    for path in paths:
        check_columns(path, columns_of(path), layout.columns, layout.options)
    table = _WideTable(paths, layout, files, splits or {})
    named = ", ".join(path.name for path in paths)
    listed = f"Behaviors are what its column {layout.history} lists; {_MADE_UP}"
    order = (
        "" if layout.time else " The table has no times: rows are taken to be in the order of time, those of a user "
    )
    order += "" if layout.time else "in the order in which its histories grow."
    return RawData(
        provenance=provenance.format(
            files=named, behaviors=listed if layout.history else "Behaviors are its positives.", order=order
        ),
        events=partial(table.events, rejects),
        items=partial(table.items, rejects),
        users=table.users,
        item_fields=tuple(dict.fromkeys([*layout.item_fields, *layout.history_fields])),
        user_fields=layout.user_fields,
        context_fields=layout.context_fields,
        splits_given=bool(layout.split or splits),
        times_made=layout.time is None,
        numbers=("price",) if "price" in layout.item_fields else (),
        # Without a time, a row's is its number among those of all files.
        file_events={path: partial(table.file_events, path, rejects) for path in paths if layout.time},
    )


def columns_of(path: Path) -> list[str]:
    """The column names of a CSV, TSV or Parquet file."""
    if path.suffix != ".parquet":
        return header_of(path, _format(path))
    try:
        return list(pq.read_schema(path).names)
    except pa.ArrowException as error:
        raise DinLensError(f"{path} is no Parquet file ({error}); look at the file.") from error


def layout_of(columns: list[str], options: ReadOptions) -> WideLayout:
    """What the options say; the usual names where they say nothing, and other columns as context."""

    def default(name: str) -> str | None:
        return name if name in columns else None

    def names(given: str | None) -> tuple[str, ...]:
        return tuple(name.strip() for name in (given or "").split(",") if name.strip())

    check_time_format(options.time_format)
    pairs = [pair.split("=", 1) for pair in names(options.history_fields)]
    if any(len(pair) != 2 for pair in pairs):
        raise DinLensError(
            f"{option('history_fields')} is {options.history_fields!r}; write FIELD=COLUMN, such as "
            "category=category_history, separated by commas."
        )
    layout = WideLayout(
        user=options.user or "user_id",
        item=options.item or "item_id",
        label=options.label or "label",
        time=options.time or default("timestamp"),
        time_format=options.time_format,
        history=options.history or default("history"),
        split=options.split or default("split"),
        item_fields=names(options.item_fields),
        user_fields=names(options.user_fields),
        history_fields=dict(pairs),
        separator=options.separator or "|",
    )
    if options.context_fields is None:
        rest = [name for name in columns if name not in (*layout.columns, *RESERVED)]
    else:
        rest = list(names(options.context_fields))
        reserved = [name for name in rest if name in RESERVED]
        if reserved:
            raise DinLensError(f"A context field cannot be named {reserved[0]!r}; rename the column.")
    return WideLayout(**{**layout.__dict__, "context_fields": tuple(rest)})


def _format(path: Path) -> Format:
    return Format("\t") if path.name.removesuffix(".gz").endswith(".tsv") else Format()


@dataclass(frozen=True)
class _WideTable:
    paths: list[Path]
    layout: WideLayout
    files: InputFiles
    splits: Mapping[Path, str]

    def events(self, rejects: RowRejects) -> Iterator[pd.DataFrame]:
        """Impressions, and the history of each."""
        before = 0
        for path in self.paths:
            before = yield from self.file_events(path, rejects, before)

    def file_events(self, path: Path, rejects: RowRejects, before: int = 0) -> Generator[pd.DataFrame, None, int]:
        """Those of one file, that so many rows come before; returns how many come before the next one."""
        own = self.layout
        for rows, batch in self._batches(path, own.columns, rejects):
            frame, faults, cells = self._impressions(path, batch, before)
            before += len(batch)
            if own.history:
                lists = _lists(batch.column(own.history), own.separator)
                frame["history"] = [[entry for entry in entries if entry] for entries in lists]
            good = rejects.keep(path.name, frame.set_axis(rows), faults, cells)
            yield good.drop(columns="history", errors="ignore")
            if own.history:
                yield good[["user_id", "timestamp", "history"]]
        return before

    def _impressions(
        self, path: Path, batch: pa.RecordBatch, before: int
    ) -> tuple[pd.DataFrame, list[Fault], pd.DataFrame]:
        """A batch's impressions, their faults, and the cells that may hold them."""
        own = self.layout
        checked = {
            "user_id": (own.user, checks.ids(own.user, batch.column(own.user))),
            "item_id": (own.item, checks.ids(own.item, batch.column(own.item))),
            "label": (own.label, checks.labels(batch.column(own.label))),
        }
        if own.time:
            checked["timestamp"] = (own.time, _times(batch.column(own.time), own.time_format))
        if own.split:
            checked["split"] = (own.split, checks.splits(_known_splits(batch.column(own.split))))
        made = {name: _values(check.values) for name, (_, check) in checked.items()}
        if not own.time:
            made["timestamp"] = np.arange(len(batch)) + FIRST_TIME + before
        if path in self.splits:
            made["split"] = np.full(len(batch), self.splits[path], object)
        context = {name: texts(batch.column(name)).to_pandas() for name in own.context_fields}
        frame = pd.DataFrame(made | context)
        faults = [(column, str(reason), mask) for column, check in checked.values() for reason, mask in check.faults]
        cells = batch.select([column for column, _ in checked.values()]).to_pandas()
        return frame.assign(behavior=False if own.history else frame.label == 1), faults, cells

    def items(self, rejects: RowRejects) -> Iterator[pd.DataFrame]:
        """Fields of candidates, then those of items that stand in histories alone."""
        own = self.layout
        if own.item_fields:
            yield from self._entities("item_id", own.item, own.item_fields)
        if own.history and own.history_fields:
            columns = [own.history, *own.history_fields.values()]
            for path in self.paths:
                for rows, batch in self._batches(path, columns, RowRejects()):
                    yield self._listed(path, rows, batch, rejects)

    def users(self) -> Iterator[pd.DataFrame]:
        """Fields of users, where there are any."""
        if self.layout.user_fields:
            yield from self._entities("user_id", self.layout.user, self.layout.user_fields)

    def _entities(self, name: str, column: str, fields: tuple[str, ...]) -> Iterator[pd.DataFrame]:
        for path in self.paths:
            for _, batch in self._batches(path, [column, *fields], RowRejects()):
                found = {name: checks.ids(column, batch.column(column)).values.to_pandas()}
                for own in fields:
                    found[own] = _field(own, batch.column(own))
                yield pd.DataFrame(found).reindex(columns=[name, *self._fields(name)]).drop_duplicates(name)

    def _fields(self, name: str) -> list[str]:
        own = self.layout
        return list(own.user_fields if name == "user_id" else dict.fromkeys([*own.item_fields, *own.history_fields]))

    def _listed(self, path: Path, rows: pd.Index, batch: pa.RecordBatch, rejects: RowRejects) -> pd.DataFrame:
        """Fields of the items in histories, where the lists beside it are as long."""
        own = self.layout
        lists = pd.DataFrame({"item_id": _lists(batch.column(own.history), own.separator)}, index=rows)
        faults: list[Fault] = []
        for name, column in own.history_fields.items():
            lists[name] = _lists(batch.column(column), own.separator)
            differ = lists[name].map(len).to_numpy() != lists.item_id.map(len).to_numpy()
            faults.append((name, f"{column} has not as many entries as {own.history}", differ))
        good = rejects.keep(path.name, lists, faults)
        found = pd.DataFrame({name: [*chain.from_iterable(good[name])] for name in lists}, dtype="str")
        found["item_id"] = clean_ids(found.item_id)
        return found.reindex(columns=["item_id", *self._fields("item_id")])

    def _batches(
        self, path: Path, columns: list[str], rejects: RowRejects
    ) -> Iterator[tuple[pd.Index, pa.RecordBatch]]:
        """Row numbers, from 1, and the columns that are asked for."""
        if path.suffix != ".parquet":
            for frame in delimited(path, _format(path), rejects, self.files.progress, columns):
                yield frame.index, pa.RecordBatch.from_pandas(frame[columns], preserve_index=False)
            return
        with pq.ParquetFile(path) as file:
            done, total = 0, file.metadata.num_rows
            for batch in file.iter_batches(_BATCH_ROWS, columns=columns):
                yield pd.RangeIndex(done + 1, done + len(batch) + 1), batch
                done += len(batch)
                self.files.progress(f"reading {path.name}", done, total)


def _values(values: pa.Array | np.ndarray) -> pd.Series | np.ndarray:
    return values.to_pandas() if isinstance(values, pa.Array) else values


def _field(name: str, column: pa.Array) -> pd.Series:
    """A field's values; several of one user as `a|b`."""
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        return pd.Series(["|".join(filter(None, entries)) for entries in _lists(column, "|")], dtype="str")
    written = texts(column).to_pandas()
    return pd.Series(numbers(written)) if name == "price" else written


def _times(column: pa.Array, written_as: str | None) -> checks.Checked:
    return timestamps(column if written_as else _in_seconds(column), written_as=written_as)


def _in_seconds(column: pa.Array) -> pa.Array:
    """Milliseconds, which are seconds beyond the year 2100, as seconds; all else as it is."""
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        return column
    written = texts(column)
    found = numbers(written.to_pandas())
    late = found >= MAX_TIMESTAMP
    if not late.any():
        return column
    shorter = np.where(late, np.nan_to_num(found) // 1000, 0).astype(np.int64)
    return pa.array(np.where(late, shorter.astype(str), written.to_pandas().to_numpy(object)), pa.string())


def _known_splits(column: pa.Array) -> pa.Array:
    found = texts(column).to_pandas().str.lower()
    return pa.array(found.replace(_SPLITS), pa.string())


def _lists(column: pa.Array, separator: str) -> list[list[str]]:
    """A history a row: a list's entries, or what stands between separators, or [a, b]."""
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        entries = texts(column.flatten()).to_pylist()
        lengths = column.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
        ends = np.cumsum(lengths)
        return [entries[end - length : end] for end, length in zip(ends, lengths, strict=True)]
    return [_entries(text, separator) for text in texts(column).to_pylist()]


def _entries(text: str | None, separator: str) -> list[str]:
    if text is None:
        return []
    if text.startswith("[") and text.endswith("]"):
        return [entry for entry in re.split(r"[\s,'\"]+", text[1:-1]) if entry]
    return [entry.strip() for entry in text.split(separator) if entry.strip()]
