"""Input tables made in a test: start from a small valid set and change what the test is about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Table, inspect, select

from din_core.domain import RejectedRows
from din_core.store import BehaviorStore, Reject, ingest, open_store
from din_core.store.engine import make_engine, parse_url
from din_core.store.schema import Base

Tables = dict[str, dict[str, list[Any]]]


def valid_tables() -> Tables:
    """Two users, three items, four behaviors, five impressions at five times."""
    return {
        "items": {
            "item_id": ["a", "b", "c"],
            "title": ["Apple", "Bread · 1 lb", None],
            "price": [1.5, None, 3.0],
            "category": ["fruit", "bakery", None],
        },
        "users": {"user_id": ["u1", "u2"], "age": ["20-29", None], "hobbies": ["art|chess", ""]},
        "behaviors": {
            "user_id": ["u1", "u1", "u2", "u1"],
            "item_id": ["a", "b", "a", "a"],
            "timestamp": [100, 200, 150, 300],
            "behavior_type": ["buy", "view", None, "buy"],
            "quantity": [1, 2, 1, 4],
        },
        "impressions": {
            "user_id": ["u1", "u1", "u2", "u2", "u1"],
            "item_id": ["c", "a", "b", "c", "b"],
            "timestamp": [110, 210, 310, 410, 510],
            "label": [0, 1, 0, 1, 0],
            "split": ["train", "train", "train", "valid", "test"],
            "store": ["s1", "s1", None, "s2", "s1"],
        },
    }


def write(folder: Path, tables: Tables, kind: str = "parquet") -> Path:
    """Write the tables as parquet or csv; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, columns in tables.items():
        frame = pd.DataFrame(columns)
        if kind == "csv":
            frame.to_csv(folder / f"{name}.csv", index=False)
        else:
            frame.to_parquet(folder / f"{name}.parquet", index=False)
    return folder


def database(tmp_path: Path, name: str = "store.db") -> str:
    """The URL of a SQLite file below a test's folder."""
    return f"sqlite:///{tmp_path / name}"


def loaded(tmp_path: Path, tables: Tables, kind: str = "parquet", url: str | None = None) -> BehaviorStore:
    """The tables in a store, by default in a SQLite file below the test's folder."""
    ingest(write(tmp_path / kind, tables, kind), url or database(tmp_path))
    return open_store(url or database(tmp_path))


def rejects_of(tmp_path: Path, tables: Tables, kind: str = "parquet") -> list[Reject]:
    with pytest.raises(RejectedRows) as caught:
        ingest(write(tmp_path / "bad", tables, kind), database(tmp_path))
    return [reject for reject in caught.value.rejects if isinstance(reject, Reject)]


def _by_key(table: Table) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    places = [n for n, column in enumerate(table.columns) if column.primary_key]
    return lambda row: tuple(row[n] for n in places)


def contents(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but those of a full-text index, in an order that no database's collation decides."""
    engine = make_engine(parse_url(url))
    with engine.begin() as connection:
        there = set(inspect(connection).get_table_names())
        found = {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=_by_key(table))
            for table in Base.metadata.sorted_tables
            if table.name in there
        }
    engine.dispose()
    return found
