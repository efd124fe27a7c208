"""Impressions of the small world's household 7 of items that it was shown at that time already."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from sqlalchemy import Engine

from din_core.store.ingestion.ingest import ingest_into
from tests.small_world import BEFORE, MONDAY

FIELDS = ["user_id", "item_id", "timestamp", "label", "split", "store", "mailer", "display"]
AGAIN = [
    ("7", "m2", MONDAY, 1, "test", "Store 367", "Front page feature", "Not on display"),
    ("7", "n1", MONDAY, 1, "test", "Store 367", "Interior page feature", None),
]
"""The milk was on another page too, and bought; the nails were in the same place, and bought."""
OPPOSITE = ("7", "m1", BEFORE, 1, "train", None, None, None)
"""Bought where household 8 was shown the same at the same time and left it."""


def show_twice(engine: Engine, folder: Path, rows: Sequence[tuple[object, ...]] = AGAIN) -> None:
    """Append these impressions to a store; `folder` is for their table."""
    folder.mkdir()
    pd.DataFrame(rows, columns=FIELDS).to_parquet(folder / "impressions.parquet", index=False)
    ingest_into(engine, folder, append=True)
