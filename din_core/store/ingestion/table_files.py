"""Reading the input tables, CSV or Parquet, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from din_core.domain import StoreError
from din_core.domain.translatable import Translatable
from din_core.store.ingestion.csv_format import CsvFormat, utf8_stream
from din_core.store.ingestion.unpacking.bounds import UNBOUND, Bounds
from din_core.store.ingestion.unpacking.parquet_batches import parquet_batches
from din_core.store.splits.split_rule import SplitRule

Session = Literal["day"]

REQUIRED = {
    "items": ("item_id",),
    "users": ("user_id",),
    "behaviors": ("user_id", "item_id", "timestamp"),
    "impressions": ("user_id", "item_id", "timestamp", "label"),
}
"""The tables in the order in which they are read, and the columns each must have."""

FIXED = {
    "items": ("item_id", "title", "price", "image_url", "vector"),
    "users": ("user_id",),
    "behaviors": ("user_id", "item_id", "timestamp", "behavior_type"),
    "impressions": ("user_id", "item_id", "timestamp", "label", "split"),
}
"""Columns with a meaning of their own; every other column is a field."""

_BLOCK_BYTES = 1 << 23


@dataclass(frozen=True)
class ReadingOptions:
    """What the files themselves do not say."""

    encoding: str | None = None
    """Of CSV files that are not in UTF-8."""
    timezone: str = "UTC"
    """Of times that are written without a zone, and whose days are sessions."""
    split: SplitRule | None = None
    """How impressions are split; None for what their table says, or by time where it says nothing."""
    session: Session | None = None
    """"day": the impressions of a day are one session, at its beginning, so that histories hold earlier days alone."""
    bounds: Bounds = UNBOUND
    """What each table may hold."""
    time_format: str | None = None
    """How times are written, for strptime; None for whole seconds and ISO 8601."""


@dataclass
class TableFile:
    """One table's file: what it is made of and how to read it, as often as needed."""

    name: str
    path: Path
    columns: tuple[str, ...]
    rows: int | None
    """Rows in the file; None where only reading it tells (CSV)."""
    csv: CsvFormat | None = None
    """None for Parquet."""
    timezone: str = "UTC"
    """Of times that are written without a zone."""
    time_format: str | None = None
    """How times are written; None for whole seconds and ISO 8601."""
    session_zone: str | None = None
    """Of impressions: by whose days they are sessions; None where each has its own time."""
    is_split_anew: bool = False
    """Of impressions: whether another rule than their column split says their splits."""
    parts: tuple[Path, ...] = ()
    """The files of a table that is a folder of Parquet files."""
    bounds: Bounds = UNBOUND
    """Beyond which reading it is refused."""
    broken_rows: list[tuple[int, int]] = field(default_factory=list)
    """Of the current reading of a CSV: 1-based row and number of cells, where that is not the header's."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The columns that are fields, in the file's order. Index columns that pandas wrote are not."""
        fixed = FIXED[self.name]
        return tuple(c for c in self.columns if c and c not in fixed and not c.startswith("__index_level_"))

    @property
    def says_split(self) -> bool:
        """Whether the impressions' own column says their splits."""
        return "split" in self.columns and not self.is_split_anew

    @property
    def unusual(self) -> list[Translatable]:
        """How the file is read where that is not the usual."""
        file, form = self.path.name, self.csv or CsvFormat()
        found = []
        if form.delimiter != ",":
            written = form.delimiter.replace("\t", "\\t")
            found.append(
                Translatable('{file} is read with "{delimiter}" between its cells', file=file, delimiter=written)
            )
        if not form.encoding.startswith("utf-8"):
            found.append(Translatable("{file} is read as {encoding}", file=file, encoding=form.encoding))
        if self.is_split_anew and "split" in self.columns:
            found.append(
                Translatable(
                    "{file}: its column split is not read, as --split-time or --split-ratio says the splits", file=file
                )
            )
        if form.backslash:
            found.append(
                Translatable("{file} is read with backslashes before quotes within cells, as Spark writes", file=file)
            )
        return found

    def batches(self, most: int | None = None) -> Iterator[pa.RecordBatch]:
        """The rows in order, of Parquet at most so many at once.

        A CSV's cells are all text, an empty one where it is missing. StoreError beyond the bounds.
        """
        self.broken_rows.clear()
        rows = size = 0
        try:
            for batch in self._parquet(most) if self.csv is None else self._csv(self.csv):
                rows, size = rows + batch.num_rows, size + batch.nbytes
                self.bounds.check(self.path.name, rows, size)
                yield batch
        except (pa.ArrowException, OSError) as error:
            if "straddl" in str(error):
                raise StoreError(
                    "{path} has a row of more than {most:,} bytes; shorten its longest cell",
                    path=str(self.path),
                    most=_BLOCK_BYTES,
                ) from None
            raise StoreError(
                "{path} cannot be read to its end ({error}); write the file anew", path=str(self.path), error=str(error)
            ) from None

    def row_number(self, nth: int) -> int:
        """The 1-based row (the header not counted) of the nth row, from 0, that `batches` gave."""
        broken = np.array([row for row, _ in self.broken_rows], dtype=np.int64)
        given = nth + 1
        return int(given + np.searchsorted(broken - np.arange(len(broken)), given, side="right"))

    def _parquet(self, most: int | None) -> Iterator[pa.RecordBatch]:
        columns = [c for c in self.columns if not c.startswith("__index_level_")]
        for part in self.parts or (self.path,):
            for batch in parquet_batches(part, columns, most):
                yield self._plain_texts(batch)

    def _plain_texts(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Bytes as text, and texts in the one layout that all else reads."""
        for position, column in enumerate(batch.schema):
            if not is_kind(column.type, *_BYTES, "string_view", "large_string"):
                continue
            try:
                values = batch.column(position)
                values = values.cast(pa.binary()) if is_kind(column.type, *_BYTES) else values
                batch = batch.set_column(position, column.name, values.cast(pa.string()))
            except pa.ArrowInvalid:
                raise StoreError(
                    "{file} has bytes in its column {column} that are no text in UTF-8; write them as text",
                    file=self.path.name,
                    column=column.name,
                ) from None
        return batch

    def _csv(self, form: CsvFormat) -> Iterator[pa.RecordBatch]:
        def skip(row: pa_csv.InvalidRow) -> str:
            self.broken_rows.append((row.number - 1, row.actual_columns))
            return "skip"

        with utf8_stream(self.path, form) as stream:
            reader = pa_csv.open_csv(
                stream,
                # One thread: only then does a broken row know its number.
                pa_csv.ReadOptions(use_threads=False, block_size=_BLOCK_BYTES),
                pa_csv.ParseOptions(delimiter=form.delimiter, newlines_in_values=True, invalid_row_handler=skip),
                pa_csv.ConvertOptions(column_types=dict.fromkeys(self.columns, pa.string()), strings_can_be_null=False),
            )
            with reader:
                yield from reader


_BYTES = ("binary", "large_binary", "fixed_size_binary", "binary_view")
SINGLE_VALUES = (
    *("string", "large_string", "string_view", "null", "boolean", *_BYTES),
    *("integer", "floating", "decimal", "timestamp", "date"),
)
"""Arrow's types of one value."""


def is_kind(kind: pa.DataType, *names: str) -> bool:
    """Whether a type is one of those that Arrow's `is_{name}` knows."""
    return any(getattr(pa.types, f"is_{name}")(kind) for name in names)
