"""Where scored rows go: Parquet, CSV or JSON lines, by the end of the file's name; whole or not at all."""

from __future__ import annotations

import csv
import json
import math
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from din_core.domain import DinLensError

ENDS = (".parquet", ".csv", ".jsonl", ".ndjson")


class ScoreOutput(Protocol):
    """Takes tables of one schema."""

    def write(self, table: pa.Table) -> None:
        """Behind what was written."""

    def close(self) -> None:
        """Nothing follows."""


class ParquetOutput:
    """Columns with their types; what is of a row's behaviors is a list of structs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer: pq.ParquetWriter | None = None

    def write(self, table: pa.Table) -> None:
        """The first table says the types."""
        if self._writer is None:
            self._writer = pq.ParquetWriter(self.path, table.schema, compression="zstd")
        self._writer.write_table(table.cast(self._writer.schema))

    def close(self) -> None:
        """A file without rows has no columns either."""
        if self._writer is None:
            pq.write_table(pa.table({}), self.path)
        else:
            self._writer.close()


class CsvOutput:
    """Lists as JSON in their cell; nothing where a value is missing."""

    def __init__(self, path: Path) -> None:
        self._file: IO[str] = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file)
        self._begun = False

    def write(self, table: pa.Table) -> None:
        """The header comes before the first rows."""
        if not self._begun:
            self._writer.writerow(table.column_names)
            self._begun = True
        columns = [[_cell(value) for value in column.to_pylist()] for column in table.columns]
        self._writer.writerows(zip(*columns, strict=True))

    def close(self) -> None:
        """End the file."""
        self._file.close()


class JsonOutput:
    """An object a line."""

    def __init__(self, path: Path) -> None:
        self._file: IO[str] = path.open("w", encoding="utf-8")

    def write(self, table: pa.Table) -> None:
        """A line a row."""
        self._file.writelines(
            json.dumps({name: _json(value) for name, value in row.items()}, ensure_ascii=False) + "\n"
            for row in table.to_pylist()
        )

    def close(self) -> None:
        """End the file."""
        self._file.close()


def _json(value: Any) -> Any:
    """What JSON has no form for as text; a number that is none as missing."""
    if isinstance(value, list):
        return [_json(own) for own in value]
    if isinstance(value, dict):
        return {name: _json(own) for name, own in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _cell(value: Any) -> Any:
    if isinstance(value, list | dict):
        return json.dumps(_json(value), ensure_ascii=False) if value else ""
    return "" if value is None else value


def check_output(path: Path) -> None:
    """DinLensError for a name that says no format."""
    if not path.name.lower().endswith(ENDS):
        raise DinLensError("{path} is none of {known}; name a file that is", path=str(path), known=", ".join(ENDS))


@contextmanager
def replacing(path: Path) -> Iterator[ScoreOutput]:
    """An output that takes the place of `path` once all is written; the file stays as it was where that fails."""
    check_output(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, made = tempfile.mkstemp(prefix=f".{path.name}-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    written = Path(made)
    kinds: dict[str, Callable[[Path], ScoreOutput]] = {".parquet": ParquetOutput, ".csv": CsvOutput}
    try:
        output = kinds.get(path.suffix.lower(), JsonOutput)(written)
        try:
            yield output
        finally:
            output.close()
        written.chmod(0o644)  # mkstemp makes what only the owner may read
        os.replace(written, path)
    finally:
        written.unlink(missing_ok=True)
