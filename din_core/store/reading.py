"""One pass over the tables: which rows are good, which are not and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from din_core.store import checks
from din_core.store.checks import Checked, Mask
from din_core.store.rejects import Reject, TableCounts
from din_core.store.tables import REQUIRED, TableFile

Progress = Callable[[str, int, int | None], None]
"""Called with the step's name, rows done and rows in all (None while unknown)."""


class Directory:
    """The ids of one table's rows and their keys: first those a store has, then new ones."""

    def __init__(self, ids: list[str], keys: list[int]) -> None:
        self.ids = list(ids)
        self.keys = list(keys)
        self.n_existing = len(ids)
        self._array: pa.Array | None = None

    def fresh(self) -> Directory:
        """The same without the new ones."""
        return Directory(self.ids[: self.n_existing], self.keys[: self.n_existing])

    def add(self, ids: list[str], known: set[str]) -> None:
        """Give keys to the ids that are not yet `known`."""
        new = [own_id for own_id in ids if own_id not in known]
        start = max(self.keys, default=0) + 1
        self.ids += new
        self.keys += range(start, start + len(new))
        self._array = None

    @property
    def array(self) -> pa.Array:
        if self._array is None:
            self._array = pa.array(self.ids, pa.string())
        return self._array


@dataclass
class GoodRows:
    """A batch's rows that can be loaded, and their checked columns.

    `user_id` and `item_id` are positions in the directories for behaviors and impressions, ids for users and items.
    """

    file: TableFile
    batch: pa.RecordBatch
    values: dict[str, Any]


@dataclass
class Reading:
    """One pass; iterate `rows()` to its end, then look at what it gathered."""

    files: dict[str, TableFile]
    items: Directory
    users: Directory
    step: str
    progress: Progress
    counts: dict[str, TableCounts] = field(default_factory=dict)
    rejects: dict[tuple[str, str], Reject] = field(default_factory=dict)

    def rows(self) -> Iterator[GoodRows]:
        """Good rows, table by table in the order of references."""
        for name in REQUIRED:
            if name in self.files:
                yield from self._table(self.files[name])

    def _table(self, file: TableFile) -> Iterator[GoodRows]:
        counts = self.counts[file.name] = TableCounts()
        directory = {"items": self.items, "users": self.users}.get(file.name)
        existing = set(directory.ids) if directory else set()
        seen: set[str] = set()
        given = 0
        self.progress(f"{self.step} {file.name}", 0, file.rows)
        for batch in file.batches():
            checked = self._check(file, batch)
            good = self._log_faults(file, batch, checked, given)
            if directory:
                column = f"{file.name[:-1]}_id"
                again = _repeated(checked[column].values, good, seen)
                reason = f"{column} stands in more than one row; the first is kept"
                self._log(file, batch, column, reason, again, given)
                good &= ~again
                directory.add(checked[column].values.filter(pa.array(good)).to_pylist(), existing)
            given += len(batch)
            counts.loaded += int(good.sum())
            self.progress(f"{self.step} {file.name}", given, file.rows)
            yield GoodRows(
                file, batch.filter(pa.array(good)), {n: _filter(c.values, good) for n, c in checked.items()}
            )
        self._log_broken_rows(file)
        counts.read = file.rows = given + len(file.broken_rows)
        counts.rejected = counts.read - counts.loaded

    def _check(self, file: TableFile, batch: pa.RecordBatch) -> dict[str, Checked]:
        checked: dict[str, Checked] = {}
        if file.name in ("items", "users"):
            own = f"{file.name[:-1]}_id"
            checked[own] = checks.ids(own, batch.column(own))
        else:
            for name, table, directory in (
                ("user_id", "users", self.users),
                ("item_id", "items", self.items),
            ):
                ids = checks.ids(name, batch.column(name))
                found = checks.references(name, table, ids.values, directory.array)
                checked[name] = Checked(found.values, ids.faults + found.faults)
            checked["timestamp"] = checks.timestamps(batch.column("timestamp"))
        if file.name == "items" and "price" in file.columns:
            checked["price"] = checks.prices(batch.column("price"))
        if file.name == "impressions":
            checked["label"] = checks.labels(batch.column("label"))
            if "split" in file.columns:
                checked["split"] = checks.splits(batch.column("split"))
        return checked

    def _log_faults(
        self, file: TableFile, batch: pa.RecordBatch, checked: dict[str, Checked], given: int
    ) -> Mask:
        """Log each row once, for the first of its faults; returns the rows without any."""
        good: Mask = np.ones(len(batch), dtype=bool)
        for column, check in checked.items():
            for reason, rows in check.faults:
                self._log(file, batch, column, reason, rows & good, given)
                good &= ~rows
        return good

    def _log(
        self, file: TableFile, batch: pa.RecordBatch, column: str, reason: str, rows: Mask, given: int
    ) -> None:
        if not rows.any():
            return
        reject = self.rejects.setdefault((file.name, reason), Reject(file.name, reason))
        reject.count += int(rows.sum())
        for position in np.flatnonzero(rows)[: reject.wants_examples()]:
            value = batch.column(column)[int(position)].as_py()
            reject.add_example(file.path.name, file.row_number(given + int(position)), value)

    def _log_broken_rows(self, file: TableFile) -> None:
        if not file.broken_rows:
            return
        reason = f"not {len(file.columns)} cells, as the header has"
        reject = self.rejects[file.name, reason] = Reject(file.name, reason, len(file.broken_rows))
        for row, cells in file.broken_rows[: reject.wants_examples()]:
            reject.add_example(file.path.name, row, f"{cells} cells")


def _repeated(ids: pa.Array, good: Mask, seen: set[str]) -> Mask:
    """Good rows whose id an earlier good row has; their ids join `seen`."""
    repeated: Mask = np.zeros(len(good), dtype=bool)
    for position in np.flatnonzero(good):
        own_id = ids[int(position)].as_py()
        repeated[position] = own_id in seen
        seen.add(own_id)
    return repeated


def _filter(values: Any, good: Mask) -> Any:
    return values.filter(pa.array(good)) if isinstance(values, pa.Array) else values[good]


@dataclass(frozen=True)
class SplitCuts:
    """Impressions before `valid_from` train, from `test_from` on test; seconds."""

    valid_from: int
    test_from: int

    @classmethod
    def of(cls, times: NDArray[np.int64]) -> SplitCuts:
        """Cut after the earliest 80 % and 90 %; equal times stay together, in the later split.

        Thus train holds at most 80 % of the impressions, and train and valid together at most 90 %.
        """
        ordered = np.sort(times)
        return cls(*(int(ordered[min(int(len(ordered) * share), len(ordered) - 1)]) for share in (0.8, 0.9)))

    def split(self, times: NDArray[np.int64]) -> list[str]:
        parts = np.array(["train", "valid", "test"], dtype=object)
        found: list[str] = parts[
            np.searchsorted([self.valid_from, self.test_from], times, side="right")
        ].tolist()
        return found
