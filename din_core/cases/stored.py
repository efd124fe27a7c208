"""Cases on disk: four Parquet files of one folder, read whole in a fraction of a second."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from din_core.cases.table import DIMENSIONS, About, Cases, Model, Sums
from din_core.domain import DinLensError
from din_core.domain.results import Floats

ROWS, USERS, ITEMS, SUMS = "impressions.parquet", "users.parquet", "items.parquet", "sums.parquet"
FILES = (ROWS, USERS, ITEMS, SUMS)
VERSION = 1
KEY = b"din_lens"
BITS = {"probability": 16, "base_probability": 16}
USUAL_BITS = 12
"""Significant bits that are kept of a number: a relative error of 1 in 4,096 at most, three digits."""
_LEVEL = 19
_PLAIN = ("label", "user", "time", "behaviors", "distinct")
_NUMBERS = ("probability", "base_probability", "intensity", "top_weight", "low_weight", "tau", "share")
_ITEMS = ("item", "top_item", "low_item", "share_item")


def write_cases(cases: Cases, folder: Path) -> int:
    """Write the files into `folder`, in the place of older ones; returns their bytes.

    DinLensError where the folder holds anything else: nothing is written then.
    """
    foreign = sorted(path.name for path in folder.glob("*") if path.name not in FILES) if folder.is_dir() else []
    if foreign or (folder.exists() and not folder.is_dir()):
        if not foreign:
            raise DinLensError("{folder} is a file; choose another --out", folder=str(folder))
        raise DinLensError(
            "{folder} holds {file!r}, which is no part of the cases; choose another --out",
            folder=str(folder),
            file=foreign[0],
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        new = work / "new"
        new.mkdir()
        _write_rows(cases, new / ROWS)
        _write(_users(cases), new / USERS)
        _write(_items(cases), new / ITEMS)
        _write(_sums(cases.sums), new / SUMS)
        size = sum(path.stat().st_size for path in new.iterdir())
        if folder.exists():
            os.replace(folder, work / "old")
        os.replace(new, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return size


def read_cases(folder: Path) -> Cases:
    """DinLensError where the folder lacks a file, or holds one that this version cannot read."""
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise DinLensError(
            "{folder} holds no {file}; write it with `python -m trainer cases`", folder=str(folder), file=missing[0]
        )
    try:
        rows, users, items, sums = (pq.read_table(folder / name) for name in FILES)
        metadata = json.loads(rows.schema.metadata[KEY])
        if metadata["version"] != VERSION:
            raise DinLensError(
                "{folder} is of version {version}, but this DIN Lens reads version {own}; write it anew with "
                "`python -m trainer cases`",
                folder=str(folder),
                version=metadata["version"],
                own=VERSION,
            )
        return _cases(metadata, rows, users, items, sums)
    except (pa.ArrowException, KeyError, TypeError, ValueError) as error:
        raise DinLensError(
            "{folder} cannot be read ({error}); write it anew with `python -m trainer cases`",
            folder=str(folder),
            error=str(error),
        ) from error


def rounded(values: Floats, bits: int = USUAL_BITS) -> Floats:
    """Numbers with so many significant bits: the rest is zeros, which take no room in a compressed file."""
    part, power = np.frexp(np.asarray(values, dtype=np.float64))
    kept: Floats = np.ldexp(np.rint(part * 2**bits) / 2**bits, power).astype(np.float32)
    return kept


def _write_rows(cases: Cases, path: Path) -> None:
    columns: dict[str, Any] = {name: getattr(cases, name) for name in _PLAIN}
    columns |= {name: rounded(getattr(cases, name), BITS.get(name, USUAL_BITS)) for name in _NUMBERS}
    columns |= {name: getattr(cases, name).astype(np.int32) for name in _ITEMS}
    metadata = {"version": VERSION, "about": asdict(cases.about)}
    _write(pa.table(columns).replace_schema_metadata({KEY: json.dumps(metadata, ensure_ascii=False)}), path)


def _users(cases: Cases) -> pa.Table:
    lists = {f"profile.{name}": pa.array(values, pa.list_(pa.string())) for name, values in cases.profile.items()}
    return pa.table({"user_id": pa.array(cases.user_ids, pa.string()), **lists})


def _items(cases: Cases) -> pa.Table:
    category = pa.DictionaryArray.from_arrays(pa.array(cases.item_category, pa.int32()), list(cases.categories))
    return pa.table({"item_id": pa.array(cases.item_ids, pa.string()), "category": category})


def _sums(sums: Sums) -> pa.Table:
    columns: dict[str, Any] = {"row": sums.row.astype(np.int32)}
    for name in DIMENSIONS:
        for place, values in enumerate(sums.count[name]):
            columns[f"count.{name}.{place}"] = values.astype(np.int32)
        for place, values in enumerate(rounded(sums.weight[name])):
            columns[f"weight.{name}.{place}"] = values
    return pa.table(columns)


def _write(table: pa.Table, path: Path) -> None:
    numbers = [field.name for field in table.schema if pa.types.is_floating(field.type)]
    pq.write_table(
        table,
        path,
        compression="zstd",
        compression_level=_LEVEL,
        use_dictionary=[field.name for field in table.schema if field.name not in numbers],
        use_byte_stream_split=numbers,
    )


def _cases(metadata: Mapping[str, Any], rows: pa.Table, users: pa.Table, items: pa.Table, sums: pa.Table) -> Cases:
    about = dict(metadata["about"])
    main, base = Model(**about.pop("main")), Model(**about.pop("base"))
    categories = tuple(about.pop("behavior_categories"))
    profile = {
        name.removeprefix("profile."): tuple(tuple(values) for values in users[name].to_pylist())
        for name in users.column_names
        if name.startswith("profile.")
    }
    category = items["category"].combine_chunks()
    if not isinstance(category, pa.DictionaryArray):
        category = category.dictionary_encode()
    return Cases(
        about=About(main=main, base=base, behavior_categories=categories, **about),
        user_ids=tuple(users["user_id"].to_pylist()),
        profile=profile,
        item_ids=tuple(items["item_id"].to_pylist()),
        categories=tuple(category.dictionary.to_pylist()),
        item_category=category.indices.to_numpy(),
        **{name: rows[name].to_numpy() for name in (*_PLAIN, *_NUMBERS, *_ITEMS)},
        sums=Sums(
            sums["row"].to_numpy(),
            {name: _stacked(sums, "weight", name) for name in DIMENSIONS},
            {name: _stacked(sums, "count", name) for name in DIMENSIONS},
        ),
    )


def _stacked(sums: pa.Table, kind: str, name: str) -> NDArray[Any]:
    """(B, S)."""
    prefix = f"{kind}.{name}."
    columns = [sums[column].to_numpy() for column in sums.column_names if column.startswith(prefix)]
    return np.stack(columns)
