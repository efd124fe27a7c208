"""Rows that cannot be used: counted by reason, with the first few as examples; and what columns must hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from din_core.domain import DinLensError
from din_core.store.ingestion.rejects import Reject, describe_rejects
from din_core.store.schema import MAX_TIMESTAMP

Mask = NDArray[np.bool_]
Fault = tuple[str, str, Mask]
"""A column, what is wrong with it, and (N,) in which rows."""


class RowRejects:
    """What was left out of the files that were read."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], Reject] = {}
        self.kept = 0

    def settle(self) -> dict[str, Any]:
        """All of it, as JSON."""
        return {"kept": self.kept, "held": [asdict(reject) for reject in self.held.values()]}

    def restore(self, settled: Mapping[str, Any]) -> None:
        """What was settled, in the place of what this holds."""
        self.kept = settled["kept"]
        found = [Reject.of_dict(reject) for reject in settled["held"]]
        self.held = {(reject.table, reject.reason): reject for reject in found}

    def merge(self, settled: Mapping[str, Any]) -> None:
        """Add what another one has settled."""
        self.kept += settled["kept"]
        for more in map(Reject.of_dict, settled["held"]):
            own = self._of(more.table, more.reason, more.count)
            own.examples += more.examples[: own.wants_examples()]

    def add(self, file: str, reason: str, row: int, value: object) -> None:
        """One row; `row` counts from 1 without the header."""
        reject = self._of(file, reason, 1)
        if reject.wants_examples() > 0:
            reject.add_example(file, row, value)

    def _of(self, file: str, reason: str, count: int) -> Reject:
        reject = self.held.setdefault((file, reason), Reject(file, reason))
        reject.count += count
        return reject

    def keep(
        self, file: str, rows: pd.DataFrame, faults: Sequence[Fault], cells: pd.DataFrame | None = None
    ) -> pd.DataFrame:
        """The rows without a fault. Others are counted once, for their first, with what `cells` hold in its column.

        The index is the row in the file; `cells` are the rows as they stand there, `rows` themselves where None.
        """
        cells = rows if cells is None else cells
        good: Mask = np.ones(len(rows), bool)
        for column, reason, mask in faults:
            found = np.flatnonzero(mask & good)
            if len(found):
                reject = self._of(file, reason, len(found))
                for position in map(int, found[: reject.wants_examples()]):
                    reject.add_example(file, int(rows.index[position]), cells[column].iloc[position])
            good &= ~mask
        self.kept += int(good.sum())
        return rows if good.all() else rows[good]

    @property
    def total(self) -> int:
        """All rows left out."""
        return sum(reject.count for reject in self.held.values())

    def check_any_kept(self) -> None:
        """DinLensError, with all reasons, when not one row was kept."""
        if not self.kept:
            raise self.error("No row of the files can be used")

    def check_most_kept(self) -> None:
        """DinLensError, with all reasons, when more rows were left out than kept.

        What is wrong with most rows, such as a date whose month is read as the day, is mostly wrong with the others.
        """
        if self.total > self.kept:
            raise self.error("Most rows of the files cannot be used; mend them, or say how they are written")

    def error(self, problem: str) -> DinLensError:
        """One that says what was left out, too."""
        told = "".join(f"\n{describe_rejects([reject])}" for reject in self.held.values())
        return DinLensError("{problem}", problem=f"{problem} ({self.total:,} left out){told}")


def clean_ids(values: pd.Series) -> pd.Series:
    """Ids as `ingest` reads them: without surrounding space, whole numbers without ".0"."""
    return values.astype("str").str.strip().str.replace(r"^(-?\d+)\.0+$", r"\1", regex=True)


def missing_ids(column: str, ids: pd.Series) -> Fault:
    """The fault of ids that `ingest` takes for missing."""
    return column, f"{column} is missing", ids.isin(["", "nan", "NaN"]).to_numpy() | ids.isna().to_numpy()


def numbers(values: pd.Series) -> NDArray[np.float64]:
    """(N,) numbers, NaN where there is none."""
    if values.dtype == "str":
        with suppress(pa.ArrowInvalid):  # of one that is not plainly a number; 25 times as fast where all are
            values = pd.Series(pc.cast(pa.array(values), pa.float64()).to_numpy(zero_copy_only=False))
    found = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isfinite(found), found, np.nan)


def seconds(column: str, values: pd.Series) -> tuple[NDArray[np.int64], list[Fault]]:
    """(N,) whole seconds UTC of seconds or, beyond the year 2100, milliseconds; and their faults."""
    found = numbers(values)
    unreadable = np.isnan(found)
    with np.errstate(invalid="ignore"):
        found = np.floor(np.where(found >= MAX_TIMESTAMP, found / 1000, found))
        outside = (found < 0) | (found >= MAX_TIMESTAMP)
    return np.where(unreadable | outside, 0, found).astype(np.int64), [
        (column, f"{column} is no number", unreadable),
        (column, f"{column} is before 1970 or beyond 2100", outside),
    ]
