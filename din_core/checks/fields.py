"""Fields that no model should read unasked: names, addresses, numbers of lines."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pyarrow as pa

from din_core.checks.finding import Finding
from din_core.domain.translatable import Translatable
from din_core.store import BulkTables
from din_core.store.ingestion.unfit_fields import why_unfit


def unfit(tables: BulkTables) -> Iterator[Finding]:
    """One finding of all such fields, by the rule of `ingest`; stores of earlier releases have not been through it."""
    frames = {"items": tables.items, "users": tables.users, "impressions": tables.impression_context}
    found = [
        f"{table}.{name} ({why})"
        for table, frame in frames.items()
        for name in frame.columns
        if name not in ("item_id", "user_id")
        for why in [why_unfit(name, _column(frame[name]))]
        if why
    ]
    if not found:
        yield Finding("fields", "fine", Translatable("no field names a person or a row"))
        return
    text = Translatable("fields that name a person or a row: {fields}", fields=", ".join(found))
    advice = Translatable(
        "such a field tells a model no more than the id: `train` leaves out what `ingest` noted, unless it is named"
    )
    yield Finding("fields", "note", text, advice)


def _column(values: pd.Series) -> pa.Array:
    """A field's values; of users, who may have several, lists."""
    several = values.map(lambda value: isinstance(value, tuple)).any()
    return pa.array(values.tolist(), pa.list_(pa.string()) if several else pa.string())
