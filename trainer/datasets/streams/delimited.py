"""Text files with one row a line, as frames of strings, a batch at a time."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

from din_core.domain import DinLensError
from trainer.datasets.streams.input_files import Progress, opened
from trainer.datasets.streams.row_checks import RowRejects

BLOCK_BYTES = 1 << 22


@dataclass(frozen=True)
class Format:
    """How a file's lines are cut into cells."""

    delimiter: str = ","
    encoding: str = "utf-8-sig"
    quoted: bool = True
    """Whether a cell may stand between double quotes."""
    columns: tuple[str, ...] | None = None
    """Names of the cells of a file without a header; None where the first line is one."""

    @property
    def single(self) -> str:
        """The delimiter as one character: that of a longer one is put in its place."""
        return self.delimiter if len(self.delimiter) == 1 else "\x1f"


class _Recoded(io.RawIOBase):
    """Bytes of whole lines in UTF-8, whatever they were in; bytes that are no text become U+FFFD."""

    def __init__(self, lines: IO[bytes], layout: Format) -> None:
        self._lines, self._layout, self._held = lines, layout, b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while (size < 0 or len(self._held) < size) and (lines := self._lines.readlines(BLOCK_BYTES)):
            text = b"".join(lines).decode(self._layout.encoding, "replace")
            if len(self._layout.delimiter) > 1:
                text = text.replace(self._layout.delimiter, self._layout.single)
            self._held += text.encode()
        given, self._held = (self._held, b"") if size < 0 else (self._held[:size], self._held[size:])
        return given


def header_of(path: Path, layout: Format) -> list[str]:
    """The names in the first line; DinLensError where there is no such line, or names stand twice."""
    with opened(path) as (file, _, _):
        line = file.readline().decode(layout.encoding, "replace").rstrip("\r\n")
    try:
        cells = next(csv.reader([line], delimiter=layout.single), []) if layout.quoted else line.split(layout.delimiter)
    except csv.Error as error:
        raise DinLensError(f"{path} has no line of column names ({error}); look at the file.") from error
    names = [name.strip() for name in cells]
    if not line.strip():
        raise DinLensError(f"{path} is empty or begins with an empty line; a line with the column names is needed.")
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise DinLensError(f"{path} has more than one column {twice[0]!r}; leave one.")
    return names


def check_columns(
    path: Path, names: Sequence[str], needed: Sequence[str], options: Mapping[str, str] | None = None
) -> None:
    """DinLensError where a needed column is not among the names; `options` name those that one can say by."""
    missing = [name for name in needed if name not in names]
    if missing:
        by = (options or {}).get(missing[0])
        say = f"; say by {by} which of them it is" if by else ""
        raise DinLensError(f"{path} lacks the column {missing[0]!r}; it has {', '.join(names)}{say}.")


def delimited(
    path: Path, layout: Format, rejects: RowRejects, progress: Progress, needed: Sequence[str] = ()
) -> Iterator[pd.DataFrame]:
    """The rows as strings, indexed by their number in the file (from 1, the header not counted).

    Lines with more or fewer cells are rejects. DinLensError where the file lacks a `needed` column.
    """
    names = list(layout.columns) if layout.columns else header_of(path, layout)
    check_columns(path, names, needed)
    skipped = 0 if layout.columns else 1
    broken: list[int] = []

    def note(row: pa_csv.InvalidRow) -> str:
        broken.append(row.number - skipped)
        rejects.add(path.name, f"not {len(names)} cells", broken[-1], row.text)
        return "skip"

    given = 0
    with opened(path) as (file, done, total):
        try:
            for batch in _batches(_Recoded(file, layout), layout, names, skipped, note):
                rows = np.arange(given + 1, given + len(batch) + 1)
                rows += np.searchsorted(np.array(broken, np.int64) - np.arange(len(broken)), rows, side="right")
                yield batch.to_pandas().set_axis(rows)
                given += len(batch)
                progress(f"reading {path.name}", min(done(), total), total)
        except pa.ArrowException as error:
            raise DinLensError(f"{path} cannot be read to its end ({error}); look at the file.") from error


def _batches(  # type: ignore[no-untyped-def]
    file: io.RawIOBase, layout: Format, names: list[str], skipped: int, note
) -> Iterator[pa.RecordBatch]:
    try:
        reader = pa_csv.open_csv(
            pa.PythonFile(file, mode="r"),
            # One thread: only then does a broken row know its number.
            pa_csv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES, column_names=names, skip_rows=skipped),
            pa_csv.ParseOptions(
                delimiter=layout.single,
                quote_char='"' if layout.quoted else False,
                newlines_in_values=layout.quoted,
                invalid_row_handler=note,
            ),
            pa_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            return
        raise
    with reader:
        yield from reader
