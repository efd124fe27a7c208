"""Fields that hold almost one value a row: names, addresses, numbers of lines."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from din_core.checks.finding import Finding
from din_core.domain.translatable import Translatable
from din_core.store import BulkTables

UNIQUE = 0.5
"""Different values a row with a value, above which an embedding learns nothing that the id does not hold."""
LEAST_ROWS = 100
"""Rows with a value below which nothing is concluded."""


def nearly_unique(tables: BulkTables) -> Iterator[Finding]:
    """One finding of all such fields."""
    frames = {"items": tables.items, "users": tables.users, "impressions": tables.impression_context}
    found = [
        f"{table}.{name} ({values:,} of {rows:,})"
        for table, frame in frames.items()
        for name in frame.columns
        if name not in ("item_id", "user_id")
        for values, rows in [_values(frame[name])]
        if rows >= LEAST_ROWS and values > UNIQUE * rows
    ]
    if not found:
        yield Finding("fields", "fine", Translatable("no field has a value of its own in most rows"))
        return
    text = Translatable("fields with a value of their own in most rows: {fields}", fields=", ".join(found))
    advice = Translatable("such a field tells a model no more than the id, and may name a person: leave it out")
    yield Finding("fields", "note", text, advice)


def _values(column: pd.Series) -> tuple[int, int]:
    """Different values, and rows that have one; several in a row count as one."""
    present = column[column.map(lambda value: value is not None and value != ())]
    return int(present.nunique()), len(present)
