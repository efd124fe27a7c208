"""One pass over the tables: which rows are good, which are not and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from din_core.domain.translatable import Translatable
from din_core.domain.written import moment
from din_core.store.ingestion import column_checks as checks
from din_core.store.ingestion.column_checks import MAX_CELL, Checked
from din_core.store.ingestion.column_texts import Mask
from din_core.store.ingestion.column_times import EPOCH, ZONELESS, Numbers, day_starts, numbers_in, timestamps
from din_core.store.ingestion.field_encoding import holds_bars, holds_lists
from din_core.store.ingestion.rejects import Reject, Remark, TableCounts
from din_core.store.ingestion.table_files import REQUIRED, TableFile
from din_core.store.ingestion.unfit_fields import why_unfit
from din_core.store.vectors.vector_column import length_of, vectors

_FEW = 12
"""How much longer it takes to look up an id by Python than to hash one by Arrow."""
_IDS_A_BATCH = 1 << 16
"""Known ids for which one more batch of lines is looked at together: Arrow hashes them all each time."""
_MOST_BATCHES = 8

Progress = Callable[[str, int, int | None], None]
"""Called with the step's name, rows done and rows in all (None while unknown)."""


class KeyIndex:
    """Which key each id of a table has: those a store holds, then new ones."""

    def __init__(self, key_of: dict[str, int]) -> None:
        self.key_of = dict(key_of)
        self.first_new = max(key_of.values(), default=0) + 1
        self._next = self.first_new

    def add(self, ids: list[str]) -> None:
        """Give keys to the ids that have none."""
        for own_id in ids:
            if own_id not in self.key_of:
                self.key_of[own_id] = self._next
                self._next += 1
        for name in ("ids", "keys", "_place_of"):
            self.__dict__.pop(name, None)

    def __len__(self) -> int:
        return len(self.key_of)

    @cached_property
    def ids(self) -> pa.Array:
        """(n,) in the order of keys' giving; the positions of the others."""
        return pa.array(list(self.key_of), pa.string())

    @cached_property
    def keys(self) -> NDArray[np.int64]:
        """(n,)"""
        return np.array(list(self.key_of.values()), dtype=np.int64)

    @cached_property
    def _place_of(self) -> dict[str, int]:
        return {own_id: place for place, own_id in enumerate(self.key_of)}

    def positions(self, ids: pa.Array) -> NDArray[np.int64]:
        """(m,) positions of some ids, -1 for one that is not there, and for null."""
        if len(ids) * _FEW < len(self):  # Arrow would hash all that are known for them
            find = self._place_of.get
            return np.array([find(own_id, -1) for own_id in ids.to_pylist()], dtype=np.int64)
        return checks.positions(pc.index_in(ids, value_set=self.ids))


@dataclass
class ValidRows:
    """A batch's rows that can be loaded, and their checked columns.

    Of behaviors and impressions, `user_id` and `item_id` are positions in the directories; of users and
    items they are the ids.
    """

    file: TableFile
    batch: pa.RecordBatch
    values: dict[str, Any]

    @property
    def own_id(self) -> str:
        """The id column of items or users."""
        return f"{self.file.name[:-1]}_id"


@dataclass
class TableValidation:
    """One pass; iterate `rows()` to its end, then look at what it gathered."""

    files: dict[str, TableFile]
    items: KeyIndex
    users: KeyIndex
    step: str
    progress: Progress
    known_fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By table, the fields that the store has; whether they are fit for a model is settled."""
    vector_length: int | None = None
    """Numbers of each item's vector: those that the store has, then those of the first that is read."""
    unfit: dict[str, dict[str, Translatable]] = field(default_factory=dict)
    """By table, new fields that a model is not to read, and why."""
    several: dict[str, None] = field(default_factory=dict)
    """Item fields of which an item may have several values: those that the store knows as such, and what is found"""
    counts: dict[str, TableCounts] = field(default_factory=dict)
    rejects: dict[tuple[str, str], Reject] = field(default_factory=dict)
    remarks: dict[tuple[str, str], Remark] = field(default_factory=dict)
    _barred: dict[str, None] = field(default_factory=dict)
    """Those in which texts are split at bars"""
    _numbers: dict[str, Numbers] = field(default_factory=dict)
    _times: dict[str, tuple[int, int]] = field(default_factory=dict)

    def rows(self) -> Iterator[ValidRows]:
        """Good rows, table by table in the order of references."""
        for name in REQUIRED:
            if name in self.files:
                yield from self._table(self.files[name])

    def notes(self) -> list[str]:
        """What was read otherwise than it is written, and what looks odd; whole once all rows were given."""
        found: list[str] = [note for file in self.files.values() for note in file.unusual]
        found += [remark.as_note() for (_, reason), remark in self.remarks.items() if reason != ZONELESS]
        zoneless = [table for table, reason in self.remarks if reason == ZONELESS]
        if zoneless:
            zone = self.files[zoneless[0]].timezone
            tables = ", ".join(zoneless)
            found.append(
                Translatable("times without a zone are read as {zone} ({tables}; --timezone)", zone=zone, tables=tables)
            )
        found += [_split_at_bars(self._barred)] if self._barred else []
        found += [_before_the_epoch(table, *times) for table, times in self._times.items() if times[1] < EPOCH]
        found += [_unfit(table, name, reason) for table, own in self.unfit.items() for name, reason in own.items()]
        for table, key_index in (("items", self.items), ("users", self.users)):
            pair = checks.differ_in_zeros(key_index.ids) if table in self.files else None
            if pair:
                found.append(
                    Translatable(
                        "{table} has ids that differ in leading zeros alone and stay apart, such as {one} and {other}",
                        table=table,
                        one=pair[0],
                        other=pair[1],
                    )
                )
        return found

    def _table(self, file: TableFile) -> Iterator[ValidRows]:
        counts = self.counts[file.name] = TableCounts()
        key_index = {"items": self.items, "users": self.users}.get(file.name)
        seen: set[str] = set()
        given = 0
        self.progress(f"{self.step} {file.name}", 0, file.rows)
        for batch in self._batches(file):
            checked = self._check(file, batch)
            good = self._log_faults(file, batch, checked, given)
            if key_index is not None:
                column = f"{file.name[:-1]}_id"
                again = _repeated(checked[column].values, good, seen)
                reason = Translatable("{column} stands in more than one row; the first is kept", column=column)
                self._log(file, batch, column, reason, again, given)
                good &= ~again
                key_index.add(checked[column].values.filter(pa.array(good)).to_pylist())
            if not given:
                self._find_unfit(file, batch)
            if file.name == "items":
                self._find_several(file, batch)
            self._log_remarks(file, batch, checked, good, given)
            given += len(good)
            counts.loaded += int(good.sum())
            self.progress(f"{self.step} {file.name}", given, file.rows)
            values = {name: check.values for name, check in checked.items()}
            if not good.all():
                batch, values = batch.filter(pa.array(good)), {n: _filter(v, good) for n, v in values.items()}
            yield ValidRows(file, batch, values)
        self._log_broken_rows(file)
        counts.read = file.rows = given + len(file.broken_rows)
        counts.rejected = counts.read - counts.loaded

    def _batches(self, file: TableFile) -> Iterator[pa.RecordBatch]:
        """The file's batches, those of lines joined where many ids are known."""
        together = min(_MOST_BATCHES, 1 + (len(self.users) + len(self.items)) // _IDS_A_BATCH)
        if file.name in ("items", "users") or together == 1:
            yield from file.batches()
            return
        held: list[pa.RecordBatch] = []
        for nth, batch in enumerate(file.batches()):
            held.append(batch)
            if not nth or len(held) == together:  # fields are judged by the first one
                yield _joined(held)
                held = []
        if held:
            yield _joined(held)

    def _find_unfit(self, file: TableFile, batch: pa.RecordBatch) -> None:
        new = [name for name in file.fields if name not in self.known_fields.get(file.name, ())]
        reasons = {name: why_unfit(name, batch.column(name)) for name in new} if file.name != "behaviors" else {}
        found = {name: reason for name, reason in reasons.items() if reason is not None}
        if found:
            self.unfit[file.name] = found

    def _find_several(self, file: TableFile, batch: pa.RecordBatch) -> None:
        barred = [name for name in file.fields if name not in self._barred and holds_bars(batch.column(name))]
        lists = [name for name in file.fields if holds_lists(batch.column(name))]
        self._barred |= dict.fromkeys(barred)
        self.several |= dict.fromkeys([*barred, *lists])

    def _check(self, file: TableFile, batch: pa.RecordBatch) -> dict[str, Checked]:
        checked: dict[str, Checked] = {}
        if file.name in ("items", "users"):
            own = f"{file.name[:-1]}_id"
            checked[own] = checks.new_ids(own, batch.column(own))
        else:
            for name, table, key_index in (
                ("user_id", "users", self.users),
                ("item_id", "items", self.items),
            ):
                check = partial(checks.references, name, table, key_index)
                checked[name] = checks.by_distinct(batch.column(name), check)
            written = batch.column("timestamp")
            if file.name not in self._numbers:  # the first batch tells
                self._numbers[file.name] = numbers_in(written)
            checked["timestamp"] = timestamps(written, self._numbers[file.name], file.timezone, file.time_format)
        if "behavior_type" in file.columns and file.name == "behaviors":
            check = partial(checks.short_texts, "behavior_type")
            checked["behavior_type"] = checks.by_distinct(batch.column("behavior_type"), check)
        if file.name == "items" and "price" in file.columns:
            checked["price"] = checks.prices(batch.column("price"))
        if file.name == "items" and "vector" in file.columns:
            checked["vector"] = vectors(batch.column("vector"), self.vector_length)
            self.vector_length = self.vector_length or length_of(checked["vector"].values)
        if file.name == "impressions":
            checked["label"] = checks.by_distinct(batch.column("label"), checks.labels)
            if file.session_zone:
                checked["timestamp"].values = day_starts(checked["timestamp"].values, file.session_zone)
            if file.says_split:
                checked["split"] = checks.by_distinct(batch.column("split"), checks.splits)
        return checked

    def _log_faults(self, file: TableFile, batch: pa.RecordBatch, checked: dict[str, Checked], given: int) -> Mask:
        """Log each row once, for the first of its faults; returns the rows without any."""
        good: Mask = np.ones(len(batch), dtype=bool)
        faults = [(column, fault) for column, check in checked.items() for fault in check.faults]
        for column, (reason, rows) in [*faults, *_long_cells(batch)]:
            self._log(file, batch, column, reason, rows & good, given)
            good &= ~rows
        return good

    def _log(self, file: TableFile, batch: pa.RecordBatch, column: str, reason: str, rows: Mask, given: int) -> None:
        if rows.any():
            reject = self.rejects.setdefault((file.name, reason), Reject(file.name, reason))
            _count(reject, file, batch.column(column), rows, given)

    def _log_remarks(
        self, file: TableFile, batch: pa.RecordBatch, checked: dict[str, Checked], good: Mask, given: int
    ) -> None:
        for column, check in checked.items():
            for reason, rows in check.remarks:
                if (rows & good).any():
                    remark = self.remarks.setdefault((file.name, reason), Remark(file.name, reason))
                    _count(remark, file, batch.column(column), rows & good, given)
        if "timestamp" in checked and good.any():
            times = checked["timestamp"].values[good]
            first, last = self._times.get(file.name, (times[0], times[0]))
            self._times[file.name] = (min(first, int(times.min())), max(last, int(times.max())))

    def _log_broken_rows(self, file: TableFile) -> None:
        if not file.broken_rows:
            return
        reason = Translatable("not {n} cells, as the header has", n=len(file.columns))
        reject = self.rejects[file.name, reason] = Reject(file.name, reason, len(file.broken_rows))
        for row, cells in file.broken_rows[: reject.wants_examples()]:
            reject.add_example(file.path.name, row, f"{cells} cells")


def _count(group: Reject, file: TableFile, column: pa.Array, rows: Mask, given: int) -> None:
    """Add a batch's rows to those of one reason."""
    group.count += int(rows.sum())
    for position in np.flatnonzero(rows)[: group.wants_examples()]:
        value = shown(column[int(position)])
        group.add_example(file.path.name, file.row_number(given + int(position)), value)


def shown(value: pa.Scalar) -> object:
    """A value as Python's own, or the number behind it where Python has none such."""
    try:
        return value.as_py()
    except (ValueError, OverflowError):  # a time that Python has no date for
        return value.value


def _long_cells(batch: pa.RecordBatch) -> Iterator[tuple[str, tuple[Translatable, Mask]]]:
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if pa.types.is_string(column.type):
            reason = Translatable("{name} is longer than {most:,} characters: shorten it", name=name, most=MAX_CELL)
            yield name, (reason, checks.longer_than(MAX_CELL, column))


def _unfit(table: str, name: str, reason: Translatable) -> str:
    return Translatable(
        "{table}: models leave out the field {name} unless asked for it ({reason})",
        table=table,
        name=name,
        reason=reason,
    )


def _split_at_bars(names: Iterable[str]) -> str:
    return Translatable(
        'items: values with "|" in them are read as several values of one item, in {fields}', fields=", ".join(names)
    )


def _before_the_epoch(table: str, first: int, last: int) -> str:
    return Translatable(
        "all times of {table} lie from {first} to {last}: whole numbers are read as seconds since 1970",
        table=table,
        first=moment(first),
        last=moment(last),
    )


def _repeated(ids: pa.Array, good: Mask, seen: set[str]) -> Mask:
    """Good rows whose id an earlier good row has; their ids join `seen`."""
    repeated: Mask = np.zeros(len(good), dtype=bool)
    for position, own_id in enumerate(ids.to_pylist()):
        if good[position]:
            repeated[position] = own_id in seen
            seen.add(own_id)
    return repeated


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    return batches[0] if len(batches) == 1 else pa.Table.from_batches(batches).combine_chunks().to_batches()[0]


def _filter(values: Any, good: Mask) -> Any:
    return values.filter(pa.array(good)) if isinstance(values, pa.Array) else values[good]
