"""Planted interests in a store with prices, a temperature in the context and pretrained vectors of items."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from din_core.store import ingest
from tests.trainer.planted_tables import planted_tables

LENGTH = 6
"""Numbers of each vector; items 0 and 1 of the 40 have none."""


def numbers_and_vectors(folder: Path, users: int = 24) -> str:
    """The URL of the store. A vector says which of the four groups an item is of, which no field does."""
    tables = planted_tables(folder / "tables", users=users)
    items = pd.read_csv(tables / "items.csv").assign(price=[f"${n / 4 + 1:.2f}" for n in range(40)])
    rng = np.random.default_rng(0)
    vectors = np.eye(4, LENGTH)[np.arange(40) % 4] * 50 + rng.normal(0, 2, (40, LENGTH)) + 100
    items["vector"] = [json.dumps(v) if n > 1 else "" for n, v in enumerate(vectors.round(3).tolist())]
    items.to_csv(tables / "items.csv", index=False)
    shown = pd.read_csv(tables / "impressions.csv")
    shown["temperature"] = np.where(shown.index % 10 == 0, np.nan, (shown.index % 97) / 4)
    shown.to_csv(tables / "impressions.csv", index=False)
    url = f"sqlite:///{folder / 'store.db'}"
    ingest(tables, url)
    return url
