"""A store of what the made libraries' models know: three items, two users, and enough impressions to calibrate on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from din_core.store import ingest

START = 1_700_000_000
HOUR = 3600


def write_shop(folder: Path, impressions: int = 150) -> str:
    """The store's URL."""
    draw = np.random.default_rng(0)
    behaviors = [("u1", "i1", 1), ("u1", "i2", 2), ("u1", "i3", 3), ("u2", "i2", 1), ("u2", "i2", 2)]
    rows = [
        (user, f"i{draw.integers(1, 4)}", START + (10 + n) * HOUR, int(draw.random() < 0.4), split, "top")
        for split in ("train", "valid", "test")
        for n in range(impressions)
        for user in ("u1", "u2")
    ]
    tables = {
        "items": pd.DataFrame({"item_id": ["i1", "i2", "i3"], "category": ["x", "y", "x"]}),
        "users": pd.DataFrame({"user_id": ["u1", "u2"]}),
        "behaviors": pd.DataFrame(
            [(user, item, START + n * HOUR) for user, item, n in behaviors], columns=["user_id", "item_id", "timestamp"]
        ),
        "impressions": pd.DataFrame(rows, columns=["user_id", "item_id", "timestamp", "label", "split", "place"]),
    }
    (folder / "tables").mkdir(parents=True)
    for name, table in tables.items():
        table.to_parquet(folder / "tables" / f"{name}.parquet", index=False)
    url = f"sqlite:///{folder / 'shop.db'}"
    ingest(folder / "tables", url)
    return url
