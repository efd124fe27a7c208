"""The four tables as data frames, and how they get onto disk."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

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
    """Write one Parquet file a table and `provenance.txt` into the folder `out`: all of them, or none.

    `also` holds further tables by name, such as TRUTH.

    They are written beside `out` and renamed into place, after `check` has seen them (it may raise). `level`
    is that of zstd, 1 to 22. DinLensError when `out` holds anything, unless `overwrite` and only tables.
    """
    check_out(out, overwrite)
    out.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        new = work / "new"
        new.mkdir()
        for name, frame in {**{name: getattr(tables, name) for name in NAMES}, **(also or {})}.items():
            _write(frame, new / f"{name}.parquet", level)
        (new / PROVENANCE).write_text(provenance, encoding="utf-8")
        if check is not None:
            check(new)
        if out.exists():
            out.rename(work / "old")
        new.rename(out)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _write(frame: pd.DataFrame, path: Path, level: int) -> None:
    # Rows come ordered by user and time, so that differences of timestamps are small; ids and values repeat.
    times = {"timestamp": "DELTA_BINARY_PACKED"} if "timestamp" in frame else None
    pq.write_table(
        pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(),
        path,
        compression="zstd",
        compression_level=level,
        use_dictionary=[column for column in frame if column != "timestamp"],
        column_encoding=times,
    )
