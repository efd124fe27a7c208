"""A small world of households and products as four tables, for tests that need a real store.

Household 7 drinks: milk every week, beer on Fridays. Household 8 has no demographics, 9 has no impressions,
10 has no behaviors either. Impressions come at the start of a week; household 7 saw three products then.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from din_core.store import BehaviorStore, ingest, open_store

WEEK = 7 * 86400
MONDAY = 1511136000
"""20 Nov 2017 00:00 UTC: the test week."""
BEFORE = MONDAY - 4 * WEEK
"""The train week."""

ITEMS = [
    ("m1", "Milk · 1 gal · Private", "Milk", "Dairy", "Manufacturer 69"),
    ("m2", "Milk · 1 qt · National", "Milk", "Dairy", "Manufacturer 2"),
    ("c1", "Cheddar · 8 oz · National", "Cheese", "Dairy", "Manufacturer 2"),
    ("b1", "Lager · 12 oz · National", "Beer", "Beers", "Manufacturer 5"),
    ("b2", "Stout · 12 oz · National", "Beer", "Beers", "Manufacturer 6"),
    ("n1", "Nails · 1 lb", "Nails", "Hardware", "Manufacturer 9"),
    ("x1", None, None, None, None),
]
USERS = [
    ("7", "45-54", "2 adults, no kids"),
    ("8", None, None),
    ("9", "65+", "1 adult, no kids"),
    ("10", None, None),
]


def behaviors() -> list[tuple[str, str, int]]:
    """Household 7: 12 milks and 6 baskets of lager and cheese, then nails; 8 and 9: a few lines each."""
    milk = [("7", "m1", MONDAY - week * WEEK + 3600) for week in range(12, 0, -1)]
    beer = [("7", item, MONDAY - week * WEEK + 5 * 86400) for week in range(12, 0, -2) for item in ("b1", "c1")]
    nails = [("7", "n1", MONDAY - 86400)]
    others = [("8", "m2", BEFORE - 86400), ("8", "b2", BEFORE - 86400), ("9", "x1", MONDAY - 9 * WEEK)]
    return sorted([*milk, *beer, *nails, *others], key=lambda row: row[2])


IMPRESSIONS = [
    ("7", "b2", MONDAY, 1, "test", "Store 367", "Front page feature", "Rear end cap"),
    ("7", "m2", MONDAY, 0, "test", "Store 367", "Interior page feature", "Not on display"),
    ("7", "n1", MONDAY, 0, "test", "Store 367", "Interior page feature", None),
    ("7", "c1", BEFORE, 1, "train", "Store 292", "Back page feature", "Not on display"),
    ("8", "m1", BEFORE, 0, "train", "Store 292", "Back page feature", "Not on display"),
]


def write_tables(folder: Path) -> Path:
    """Write the four tables and a provenance note; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    frames = {
        "items": pd.DataFrame(ITEMS, columns=["item_id", "title", "product_type", "category", "manufacturer"]),
        "users": pd.DataFrame(USERS, columns=["user_id", "age", "household_comp"]),
        "behaviors": pd.DataFrame(behaviors(), columns=["user_id", "item_id", "timestamp"]),
        "impressions": pd.DataFrame(
            IMPRESSIONS,
            columns=["user_id", "item_id", "timestamp", "label", "split", "store", "mailer", "display"],
        ),
    }
    for name, frame in frames.items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    (folder / "provenance.txt").write_text("A small world made for tests; exposure is inferred.", "utf-8")
    return folder


@contextmanager
def small_store(folder: Path) -> Iterator[BehaviorStore]:
    """The tables in a store below `folder`."""
    url = f"sqlite:///{folder / 'world.db'}"
    ingest(write_tables(folder / "tables"), url)
    opened = open_store(url)
    try:
        yield opened
    finally:
        opened.close()
