"""Somebody's four tables into a new SQLite file: look at them, check them, write them; all or nothing.

Everything is checked by what `ingest` itself checks with.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import pandas as pd
import pyarrow as pa

from din_core.domain import StoreError
from din_core.store.ingestion.find_tables import ENDS, find_tables
from din_core.store.ingestion.ingest import ingest
from din_core.store.ingestion.rejects import IngestReport
from din_core.store.ingestion.table_files import FIXED, REQUIRED, ReadingOptions, TableFile
from din_core.store.ingestion.validation import KeyIndex, TableValidation, shown

Progress = Callable[[str, int, int | None], None]

TABLES = tuple(REQUIRED)
UPLOADS = tuple(sorted({end.rsplit(".", 1)[1] for end in ENDS}))
"""The last part of the names of files that may hold a table."""
PREVIEW_ROWS = 5
PREVIEW_LENGTH = 200
"""Characters of a cell that a preview shows."""
MOST_IN_PATH = 300
"""Characters of a folder that is named."""
MOST_IN_NAME = 200
"""Bytes of a file's name, or of one folder's: disks take 255."""
_NAME = re.compile(r"\w[\w .-]*\.db")


@dataclass(frozen=True, eq=False)
class TablePreview:
    """The beginning of one table's file."""

    name: str
    file: str
    rows: int | None
    """None where only reading all of it tells (CSV)."""
    fields: tuple[str, ...]
    """Columns that become fields."""
    head: pd.DataFrame
    """The first rows, as texts."""


def required_columns(table: str) -> tuple[str, ...]:
    """The columns that a table must have."""
    return REQUIRED[table]


def optional_columns(table: str) -> tuple[str, ...]:
    """The other columns with a meaning of their own; every further one is a field."""
    return tuple(name for name in FIXED[table] if name not in REQUIRED[table])


def preview_tables(folder: Path, options: ReadingOptions | None = None) -> list[TablePreview]:
    """The four tables of a folder; StoreError tells what is wrong with the files' beginnings at once.

    A few rows of each are read; only `check_tables` reads the rest.
    """
    found = []
    for file in find_tables(folder, options=options, whole=False).values():
        batch = next(iter(file.batches(PREVIEW_ROWS)), None)
        found.append(TablePreview(file.name, file.path.name, file.rows, file.fields, _head(file, batch)))
    return found


def _head(file: TableFile, batch: pa.RecordBatch | None) -> pd.DataFrame:
    if batch is None:
        return pd.DataFrame(columns=list(file.columns))
    first = batch.slice(0, PREVIEW_ROWS)
    return pd.DataFrame(
        {name: [_short(str(shown(value))) for value in first.column(name)] for name in first.schema.names}, dtype=object
    )


def _short(text: str) -> str:
    return text if len(text) <= PREVIEW_LENGTH else f"{text[:PREVIEW_LENGTH]}…"


def check_tables(folder: Path, progress: Progress | None = None, options: ReadingOptions | None = None) -> IngestReport:
    """Read every row as `ingest` into a new store would, and load none: counts and rejects by reason."""
    start = time.perf_counter()
    files = find_tables(folder, options=options)
    validation = TableValidation(
        files, KeyIndex({}), KeyIndex({}), "checking", progress or (lambda step, done, total: None)
    )
    for _ in validation.rows():
        pass
    rejects = list(validation.rejects.values())
    return IngestReport("", validation.counts, rejects, validation.notes(), round(time.perf_counter() - start, 3))


def new_store(root: Path, folder: str, name: str) -> Path:
    """The path of a new store in `folder` below `root`; StoreError where it would lie elsewhere or is there already."""
    if not _NAME.fullmatch(name) or len(name.encode()) > MOST_IN_NAME:
        raise StoreError(
            '"{name}" is no name for a new store; write letters, digits, "-" or "_", and end it in .db; at most {most} '
            "bytes",
            name=name[:MOST_IN_NAME],
            most=MOST_IN_NAME,
        )
    path = folder_below(root, folder) / name
    if path.exists():
        raise StoreError("{path} is there already and is not written over; choose another name", path=str(path))
    return path


def folder_below(root: Path, folder: str) -> Path:
    """A folder below `root`, or `root` itself; StoreError for one outside of it, by links too."""
    parts = folder.encode().split(b"/")
    if len(folder) > MOST_IN_PATH or "\0" in folder or any(len(part) > MOST_IN_NAME for part in parts):
        raise StoreError(
            '"{folder}…" is no name of a folder: it has at most {most} characters, and {each} bytes between slashes',
            folder=folder[:20].replace("\0", "␀"),
            most=MOST_IN_PATH,
            each=MOST_IN_NAME,
        )
    top = root.resolve()
    path = (top / folder).resolve()
    if not path.is_relative_to(top):
        raise StoreError('"{folder}" lies outside of {top}; name a folder below it', folder=str(folder), top=str(top))
    return path


def import_tables(
    folder: Path,
    target: Path,
    skip_rejects: bool = False,
    progress: Progress | None = None,
    options: ReadingOptions | None = None,
) -> IngestReport:
    """`ingest` into a file that is not there yet; where it fails, there is none afterwards either."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{token_hex(8)}.part")
    try:
        target.open("x").close()  # ours from here on
    except FileExistsError:
        raise StoreError(
            "{target} is there already and is not written over; choose another name", target=str(target)
        ) from None
    try:
        report = ingest(folder, f"sqlite:///{part}", skip_rejects=skip_rejects, options=options, progress=progress)
        part.replace(target)
    except BaseException:
        target.unlink()
        raise
    finally:
        for suffix in ("", "-wal", "-shm"):
            part.with_name(part.name + suffix).unlink(missing_ok=True)
    report.url = f"sqlite:///{target}"
    return report
