"""The four tables as data frames, and how they get onto disk."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from din_core.domain import DinLensError

NAMES = ("items", "users", "behaviors", "impressions")
PROVENANCE = "provenance.txt"


@dataclass(frozen=True)
class Tables:
    """The four tables as `ingest` reads them: ids are strings, times seconds UTC, missing values null."""

    items: pd.DataFrame
    users: pd.DataFrame
    behaviors: pd.DataFrame
    impressions: pd.DataFrame


def read_tables(folder: Path) -> Tables:
    """The tables that `write_tables` wrote to `folder`; DinLensError when one is missing."""
    missing = [name for name in NAMES if not (folder / f"{name}.parquet").is_file()]
    if missing:
        raise DinLensError(f"{folder} holds no {missing[0]}.parquet; make the tables with `python -m trainer prepare`.")
    return Tables(**{name: pd.read_parquet(folder / f"{name}.parquet") for name in NAMES})


TRUTH = "truth"
"""A fifth table that planted data has."""


def check_out(out: Path, overwrite: bool) -> None:
    """Raise DinLensError when writing tables to `out` would lose something; call before long work."""
    if out.exists() and not out.is_dir():
        raise DinLensError(f"{out} is a file, but the tables need a folder; choose another --out.")
    held = sorted(file.name for file in out.iterdir()) if out.exists() else []
    ours = {f"{name}.parquet" for name in (*NAMES, TRUTH)} | {PROVENANCE}
    foreign = [name for name in held if name not in ours]
    if foreign:
        raise DinLensError(f"{out} holds {foreign[0]!r}, which is no table; choose an empty folder as --out.")
    if held and not overwrite:
        raise DinLensError(f"{out} already holds {len(held)} files; choose another --out or add --overwrite.")


class TablesWriter:
    """One Parquet file a table and `provenance.txt`, written beside the folder `out` and renamed into place at the end.

    A context manager: without `commit` everything is as it was. `level` is that of zstd, 1 to 22. DinLensError when
    `out` holds anything, unless `overwrite` and only tables. `work` is a folder beside `out` of the caller's; where it
    is None, one of its own, which is removed.
    """

    def __init__(self, out: Path, *, overwrite: bool = False, level: int = 3, work: Path | None = None) -> None:
        check_out(out, overwrite)
        out.parent.mkdir(parents=True, exist_ok=True)
        self.work = work or Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
        self._own_work = work is None
        self._out, self._level = out, level
        self._new, self._old = self.work / "new", self.work / "old"
        self._remove()
        self._new.mkdir()
        self._open: dict[str, pq.ParquetWriter] = {}

    def __enter__(self) -> TablesWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._close()
        self._remove()
        if self._own_work:
            shutil.rmtree(self.work, ignore_errors=True)

    def _remove(self) -> None:
        for folder in (self._new, self._old):
            shutil.rmtree(folder, ignore_errors=True)

    def append(self, name: str, rows: pa.Table) -> None:
        """Write rows of a table; the first ones, which may be none, decide on its columns."""
        rows = rows.replace_schema_metadata()
        if name not in self._open:
            self._open[name] = self._writer(name, rows.schema)
        self._open[name].write_table(rows)

    def _writer(self, name: str, schema: pa.Schema) -> pq.ParquetWriter:
        # Rows come ordered by user and time, so that differences of timestamps are small; ids and values repeat.
        return pq.ParquetWriter(
            self._new / f"{name}.parquet",
            schema,
            compression="zstd",
            compression_level=self._level,
            use_dictionary=[column for column in schema.names if column != "timestamp"],
            column_encoding={"timestamp": "DELTA_BINARY_PACKED"} if "timestamp" in schema.names else None,
        )

    def commit(self, provenance: str, check: Callable[[Path], None] | None = None) -> None:
        """Put the tables in place, after `check` has seen them (it may raise)."""
        self._close()
        (self._new / PROVENANCE).write_text(provenance, encoding="utf-8")
        if check is not None:
            check(self._new)
        if self._out.exists():
            self._out.rename(self._old)
        self._new.rename(self._out)

    def _close(self) -> None:
        for writer in self._open.values():
            writer.close()


def write_tables(
    tables: Tables,
    out: Path,
    provenance: str,
    *,
    overwrite: bool = False,
    level: int = 3,
    check: Callable[[Path], None] | None = None,
    also: Mapping[str, pd.DataFrame] | None = None,
) -> None:
    """Write the tables as `TablesWriter` does: all, or none. `also` holds further ones by name, such as TRUTH."""
    frames = {name: getattr(tables, name) for name in NAMES} | dict(also or {})
    with TablesWriter(out, overwrite=overwrite, level=level) as writer:
        for name, frame in frames.items():
            writer.append(name, pa.Table.from_pandas(frame, preserve_index=False))
        writer.commit(provenance, check)
