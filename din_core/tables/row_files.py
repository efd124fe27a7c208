"""The rows of one table, a batch at a time: a CSV, Parquet, JSON lines, or batches in memory."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from din_core.domain import StoreError
from din_core.domain.translatable import Translatable
from din_core.store.ingestion.csv_format import check_encoding, open_csv
from din_core.store.ingestion.find_tables import ENDS
from din_core.store.ingestion.rejects import Reject
from din_core.store.ingestion.table_files import TableFile

JSON_LINES = (".jsonl", ".ndjson")
LINES = 1 << 13
"""Of JSON that are read at once."""
NO_OBJECT = Translatable("the line is no JSON object")


class RowFile(Protocol):
    """A table that is read once, in order."""

    @property
    def path(self) -> Path:
        """Its file, by whose name rows are named."""

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows, as they are written; a CSV's cells are texts."""

    def row_number(self, nth: int) -> int:
        """The 1-based row in the file of the nth row, from 0, that `batches` gave."""

    def broken(self) -> list[Reject]:
        """Rows that could not be read; whole once all were."""


@dataclass
class DelimitedRows:
    """A CSV or Parquet file, read as `ingest` reads the four tables."""

    table: TableFile

    @property
    def path(self) -> Path:
        """The file."""
        return self.table.path

    def batches(self) -> Iterator[pa.RecordBatch]:
        """In the file's order."""
        return self.table.batches()

    def row_number(self, nth: int) -> int:
        """The header is not counted."""
        return self.table.row_number(nth)

    def broken(self) -> list[Reject]:
        """Rows with more or fewer cells than the header."""
        rows = self.table.broken_rows
        if not rows:
            return []
        reason = Translatable("not {n} cells, as the header has", n=len(self.table.columns))
        reject = Reject(self.path.name, reason, len(rows))
        for row, cells in rows[: reject.wants_examples()]:
            reject.add_example(self.path.name, row, f"{cells} cells")
        return [reject]


@dataclass
class JsonRows:
    """A file of JSON lines: an object a line. A name that a line lacks is missing in its row."""

    path: Path
    _reject: Reject = field(init=False)
    _numbers: list[int] = field(default_factory=list)
    """Lines that are no row, from 1."""

    def __post_init__(self) -> None:
        self._reject = Reject(self.path.name, NO_OBJECT)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Of LINES lines each; blank lines are none."""
        schema: pa.Schema | None = None
        try:
            with self.path.open(encoding="utf-8-sig") as file:
                lines = enumerate(file, start=1)
                while part := list(islice(lines, LINES)):
                    rows = [row for number, line in part if (row := self._row(number, line)) is not None]
                    if rows:
                        batch = _batch_of(rows, schema, self.path)
                        schema = batch.schema
                        yield batch
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(
                "{path} cannot be read to its end ({error}); write the file anew, in UTF-8",
                path=str(self.path),
                error=str(error),
            ) from None

    def _row(self, number: int, line: str) -> dict[str, Any] | None:
        try:
            found = json.loads(line) if line.strip() else None
        except (ValueError, RecursionError):
            found = line
        if isinstance(found, dict):
            return found
        self._numbers.append(number)
        if found is not None:
            self._reject.count += 1
            if self._reject.wants_examples():
                self._reject.add_example(self.path.name, number, line.strip())
        return None

    def row_number(self, nth: int) -> int:
        """The line."""
        number = nth + 1
        for skipped in self._numbers:
            if skipped > number:
                break
            number += 1
        return number

    def broken(self) -> list[Reject]:
        """Lines that are no object."""
        return [self._reject] if self._reject.count else []


def _batch_of(rows: list[dict[str, Any]], schema: pa.Schema | None, path: Path) -> pa.RecordBatch:
    """A batch with the columns of the first one, where there was one before."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    new = [name for name in names if schema is not None and name not in schema.names]
    if new:
        raise StoreError(
            "{path} has the name {name} in a late line, but in none of the first {n:,}; write it in the first line too",
            path=str(path),
            name=new[0],
            n=LINES,
        )
    try:
        if schema is None:
            columns = [pa.array([_plain(row.get(name)) for row in rows], from_pandas=True) for name in names]
            return pa.RecordBatch.from_arrays([_text_where_null(column) for column in columns], names=names)
        columns = [pa.array([_plain(row.get(name)) for row in rows], from_pandas=True) for name in schema.names]
        return pa.RecordBatch.from_arrays(
            [column.cast(own.type) for column, own in zip(columns, schema, strict=True)], schema=schema
        )
    except pa.ArrowException as error:
        raise StoreError(
            "{path} holds values of several kinds in one column ({error}); write all rows of a column alike",
            path=str(path),
            error=str(error).splitlines()[0],
        ) from None


def _plain(value: Any) -> Any:
    """What is no single value as its JSON."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _text_where_null(column: pa.Array) -> pa.Array:
    return column.cast(pa.string()) if pa.types.is_null(column.type) else column


@dataclass
class RowsInMemory:
    """Batches that are there already."""

    given: Iterable[pa.RecordBatch]
    path: Path = Path("rows")

    def batches(self) -> Iterator[pa.RecordBatch]:
        """As they are given."""
        return iter(self.given)

    def row_number(self, nth: int) -> int:
        """Counted from 1."""
        return nth + 1

    def broken(self) -> list[Reject]:
        """None can be."""
        return []


def open_rows(path: Path, required: tuple[str, ...], encoding: str | None = None) -> RowFile:
    """The table in a file, by the end of its name; StoreError for what cannot be read as one.

    `required` are columns by which a CSV's delimiter is told; which are missing is said when rows are read.
    """
    check_encoding(encoding)
    name = path.name.lower()
    if not path.exists():
        raise StoreError("there is no file {path}; give a table of rows to score", path=str(path))
    if name.endswith(JSON_LINES):
        return JsonRows(path)
    if name.endswith(".parquet"):
        return DelimitedRows(_parquet(path))
    if not name.endswith(ENDS):
        raise StoreError(
            "{path} is none of {known}; write the rows as one of them",
            path=str(path),
            known=", ".join((*ENDS, *JSON_LINES)),
        )
    if path.stat().st_size == 0:
        raise StoreError("{path} is an empty file; write a header and rows", path=str(path))
    try:
        form, columns, _ = open_csv(path, required, encoding)
    except (pa.ArrowException, OSError, EOFError) as error:
        raise StoreError(
            "{path} cannot be unpacked ({error}); write the file anew", path=str(path), error=str(error)
        ) from None
    return DelimitedRows(TableFile("rows", path, columns, None, form))


def _parquet(path: Path) -> TableFile:
    parts = tuple(sorted(part for part in path.glob("*.parquet") if part.name[0] not in "._")) if path.is_dir() else ()
    try:
        with pq.ParquetFile(next(iter(parts), path)) as file:
            columns, rows = tuple(file.schema_arrow.names), file.metadata.num_rows
    except (pa.ArrowException, OSError) as error:
        raise StoreError(
            "{path} is not a Parquet file ({error}); write the file anew", path=str(path), error=str(error)
        ) from None
    return TableFile("rows", path, columns, rows, parts=parts)
