"""Reading the input tables, CSV or Parquet, a batch at a time."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from din_core.domain import StoreError
from din_core.domain.translatable import Translatable, join_texts

REQUIRED = {
    "items": ("item_id",),
    "users": ("user_id",),
    "behaviors": ("user_id", "item_id", "timestamp"),
    "impressions": ("user_id", "item_id", "timestamp", "label"),
}
"""The tables in the order in which they are read, and the columns each must have."""

FIXED = {
    "items": ("item_id", "title", "price", "image_url"),
    "users": ("user_id",),
    "behaviors": ("user_id", "item_id", "timestamp", "behavior_type"),
    "impressions": ("user_id", "item_id", "timestamp", "label", "split"),
}
"""Columns with a meaning of their own; every other column is a field."""

_BATCH_ROWS = 1 << 17
_BLOCK_BYTES = 1 << 23


@dataclass
class TableFile:
    """One table's file: what it is made of and how to read it, as often as needed."""

    name: str
    path: Path
    columns: tuple[str, ...]
    rows: int | None
    """Rows in the file; None where only reading it tells (CSV)."""
    broken_rows: list[tuple[int, int]] = field(default_factory=list)
    """Of the current reading of a CSV: 1-based row and number of cells, where that is not the header's."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The columns that are fields, in the file's order. Index columns that pandas wrote are not."""
        fixed = FIXED[self.name]
        return tuple(c for c in self.columns if c and c not in fixed and not c.startswith("__index_level_"))

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows in order. A CSV's cells are all text, an empty one where it is missing."""
        self.broken_rows.clear()
        try:
            yield from self._parquet() if self.path.suffix == ".parquet" else self._csv()
        except (pa.ArrowException, OSError) as error:
            raise StoreError(
                "{path} cannot be read to its end ({error}); write the file anew", path=str(self.path), error=str(error)
            ) from None

    def row_number(self, nth: int) -> int:
        """The 1-based row (the header not counted) of the nth row, from 0, that `batches` gave."""
        broken = np.array([row for row, _ in self.broken_rows], dtype=np.int64)
        given = nth + 1
        return int(given + np.searchsorted(broken - np.arange(len(broken)), given, side="right"))

    def _parquet(self) -> Iterator[pa.RecordBatch]:
        with pq.ParquetFile(self.path) as file:
            columns = [c for c in self.columns if not c.startswith("__index_level_")]
            yield from file.iter_batches(_BATCH_ROWS, columns=columns, use_threads=False)

    def _csv(self) -> Iterator[pa.RecordBatch]:
        def skip(row: pa_csv.InvalidRow) -> str:
            self.broken_rows.append((row.number - 1, row.actual_columns))
            return "skip"

        reader = pa_csv.open_csv(
            self.path,
            # One thread: only then does a broken row know its number.
            pa_csv.ReadOptions(use_threads=False, block_size=_BLOCK_BYTES),
            pa_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=skip),
            pa_csv.ConvertOptions(column_types=dict.fromkeys(self.columns, pa.string()), strings_can_be_null=False),
        )
        with reader:
            yield from reader


def find_tables(folder: Path, required: bool = True) -> dict[str, TableFile]:
    """The four tables below `folder`; StoreError tells everything that is wrong with the files at once.

    With `required` false, tables may be absent, but not all of them.
    """
    if not folder.is_dir():
        raise StoreError(
            "{folder} is not a folder; give the one that holds items, users, behaviors, impressions", folder=str(folder)
        )
    found: dict[str, TableFile] = {}
    problems: list[Translatable] = []
    for name in REQUIRED:
        paths = [path for suffix in (".parquet", ".csv") if (path := folder / (name + suffix)).is_file()]
        if len(paths) == 2:
            problems.append(
                Translatable("both {one} and {other} are there: keep one", one=paths[0].name, other=paths[1].name)
            )
        elif paths:
            try:
                found[name] = _open(name, paths[0])
            except StoreError as error:
                problems.append(error.text)
        elif required:
            problems.append(Translatable("{name}.parquet or {name}.csv is missing", name=name))
    if not found and not problems:
        problems.append(Translatable("none of items, users, behaviors, impressions is there"))
    if problems:
        raise StoreError(
            "the tables in {folder} cannot be read: {problems}", folder=str(folder), problems=join_texts(problems)
        )
    return found


def _open(name: str, path: Path) -> TableFile:
    if path.stat().st_size == 0:
        raise StoreError("{file} is an empty file", file=path.name)
    table = _open_parquet(name, path) if path.suffix == ".parquet" else _open_csv(name, path)
    repeated = sorted({c for c in table.columns if table.columns.count(c) > 1})
    if repeated:
        raise StoreError("{file} has more than one column {columns}", file=path.name, columns=", ".join(repeated))
    missing = [c for c in REQUIRED[name] if c not in table.columns]
    if missing:
        raise StoreError(
            "{file} lacks {missing} (its columns: {columns})",
            file=path.name,
            missing=", ".join(missing),
            columns=", ".join(table.columns),
        )
    if table.rows == 0:
        raise StoreError("{file} holds no rows", file=path.name)
    return table


def _open_parquet(name: str, path: Path) -> TableFile:
    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            _check_types(name, path, schema)
            return TableFile(name, path, tuple(schema.names), file.metadata.num_rows)
    except (pa.ArrowException, OSError) as error:
        raise StoreError("{file} is not a Parquet file ({error})", file=path.name, error=str(error)) from None


def _open_csv(name: str, path: Path) -> TableFile:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            columns = tuple(next(reader, ()))
            return TableFile(name, path, columns, None if any(reader) else 0)
    except (UnicodeDecodeError, csv.Error) as error:
        raise StoreError("{file} is not a CSV file in UTF-8 ({error})", file=path.name, error=str(error)) from None


def _check_types(name: str, path: Path, schema: pa.Schema) -> None:
    """Refuse types that are no single value; lists only where a user's field may have several."""
    for column in schema:
        kind = column.type
        if name == "users" and column.name != "user_id" and _is(kind, "list", "large_list"):
            kind = kind.value_type
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        if not _is(kind, *_SINGLE_VALUES):
            raise StoreError(
                "{file} has a column {column} of type {type}: write one value a row, as text, number or time "
                "(only users' fields may hold lists)",
                file=path.name,
                column=column.name,
                type=str(column.type),
            )


_SINGLE_VALUES = (
    *("string", "large_string", "string_view", "null", "boolean"),
    *("integer", "floating", "decimal", "timestamp", "date"),
)


def _is(kind: pa.DataType, *names: str) -> bool:
    return any(getattr(pa.types, f"is_{name}")(kind) for name in names)
