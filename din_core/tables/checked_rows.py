"""Which rows of a table can be scored, and which not and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from din_core.domain import StoreError
from din_core.store.ingestion.column_checks import ids
from din_core.store.ingestion.column_texts import Mask, texts
from din_core.store.ingestion.column_times import (
    Numbers,
    check_time_format,
    check_timezone,
    day_starts,
    numbers_in,
    timestamps,
)
from din_core.store.ingestion.rejects import Reject
from din_core.store.ingestion.table_files import SINGLE_VALUES, is_kind
from din_core.store.ingestion.validation import shown
from din_core.tables.row_files import RowFile

USER, ITEM, TIME = "user_id", "item_id", "timestamp"


@dataclass(frozen=True)
class Rows:
    """R rows that can be scored."""

    given: pa.RecordBatch
    """(R) all columns as they came, keys as read: ids as texts, times as seconds since 1970"""
    user_id: list[str]
    item_id: list[str]
    """(R), or nothing where the table has no items"""
    timestamp: NDArray[np.int64]
    """(R,)"""
    context: list[dict[str, str | None]]
    """(R) values of the fields that a model reads of contexts"""

    def __len__(self) -> int:
        return len(self.user_id)


@dataclass
class RowChecks:
    """One reading of a table; iterate `rows` to its end, then look at what it gathered."""

    file: RowFile
    context_fields: Sequence[str]
    """That the model reads; a table may lack them."""
    has_items: bool = True
    timezone: str = "UTC"
    """Of times that are written without a zone."""
    time_format: str | None = None
    """How times are written, for strptime; None for whole seconds and ISO 8601."""
    session_zone: str | None = None
    """By whose days the store dates impressions; None where each has its own time."""
    read: int = 0
    rejects: dict[str, Reject] = field(default_factory=dict)
    lacking: tuple[str, ...] = ()
    """Context fields that the table has not."""
    _numbers: Numbers | None = None

    @property
    def rejected(self) -> int:
        """Rows left out so far."""
        return sum(reject.count for reject in self.all_rejects())

    def all_rejects(self) -> list[Reject]:
        """By reason."""
        return [*self.rejects.values(), *self.file.broken()]

    def rows(self, size: int, batches: Iterator[pa.RecordBatch]) -> Iterator[Rows]:
        """Good rows of the file's batches, at most `size` at once, in their order; StoreError for a missing column."""
        check_timezone(self.timezone)
        check_time_format(self.time_format)
        for batch in batches:
            if not self.read:
                self._check_columns(batch.schema)
            for start in range(0, len(batch), size):
                part = batch.slice(start, size)
                rows = self._check(part)
                self.read += len(part)
                if len(rows):
                    yield rows

    def _check_columns(self, schema: pa.Schema) -> None:
        needed = (USER, ITEM, TIME) if self.has_items else (USER, TIME)
        missing = [name for name in needed if name not in schema.names]
        if missing:
            raise StoreError(
                "{file} lacks {missing} (its columns: {columns}); name the columns {needed}",
                file=self.file.path.name,
                missing=", ".join(missing),
                columns=", ".join(schema.names),
                needed=", ".join(needed),
            )
        self.lacking = tuple(name for name in self.context_fields if name not in schema.names)
        for name in (*needed, *(name for name in self.context_fields if name in schema.names)):
            kind = schema.field(name).type
            kind = kind.value_type if pa.types.is_dictionary(kind) else kind
            if not is_kind(kind, *SINGLE_VALUES):
                raise StoreError(
                    "{file} has a column {column} of type {type}; write one value a row, as text, number or time",
                    file=self.file.path.name,
                    column=name,
                    type=str(kind),
                )

    def _check(self, batch: pa.RecordBatch) -> Rows:
        written = batch.column(TIME)
        if self._numbers is None:  # the first rows tell
            self._numbers = numbers_in(written)
        checked = {
            USER: ids(USER, batch.column(USER)),
            TIME: timestamps(written, self._numbers, self.timezone, self.time_format),
        }
        if self.has_items:
            checked[ITEM] = ids(ITEM, batch.column(ITEM))
        good: Mask = np.ones(len(batch), dtype=bool)
        for column, check in checked.items():
            for reason, rows in check.faults:
                self._log(batch, column, reason, rows & good)
                good &= ~rows
        kept = pa.array(good)
        seconds = checked[TIME].values[good]
        values = {name: check.values.filter(kept) for name, check in checked.items() if name != TIME}
        given = _with_columns(batch.filter(kept), {**values, TIME: pa.array(seconds, pa.int64())})
        if self.session_zone is not None:
            seconds = day_starts(seconds, self.session_zone)
        item = values[ITEM].to_pylist() if self.has_items else []
        return Rows(given, values[USER].to_pylist(), item, seconds, self._contexts(given))

    def _contexts(self, batch: pa.RecordBatch) -> list[dict[str, str | None]]:
        there = [name for name in self.context_fields if name in batch.schema.names]
        columns = [texts(batch.column(name)).to_pylist() for name in there]
        if not columns:
            return [{}] * len(batch)
        return [dict(zip(there, values, strict=True)) for values in zip(*columns, strict=True)]

    def _log(self, batch: pa.RecordBatch, column: str, reason: str, rows: Mask) -> None:
        if not rows.any():
            return
        name = self.file.path.name
        reject = self.rejects.setdefault(reason, Reject(name, reason))
        reject.count += int(rows.sum())
        for place in np.flatnonzero(rows)[: reject.wants_examples()].tolist():
            reject.add_example(name, self.file.row_number(self.read + place), shown(batch.column(column)[place]))


def _with_columns(batch: pa.RecordBatch, values: dict[str, pa.Array]) -> pa.RecordBatch:
    for name, column in values.items():
        batch = batch.set_column(batch.schema.get_field_index(name), name, column)
    return batch
