"""A wide table in several files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

FIELDS = ("--item-fields", "shop", "--user-fields", "city", "--history", "past", "--history-fields", "shop=shops")
FILES, UNUSABLE = 4, 1
"""How many files there are, and rows of each whose label is none."""


def write_wide_files(folder: Path, rows: int = 300) -> Path:
    """Files of Parquet whose users, items and times overlap, and whose items have other fields in each."""
    folder.mkdir(parents=True)
    draw = np.random.default_rng(3)
    for number in range(FILES):
        item = draw.integers(0, 60, rows)
        past = [draw.integers(0, 60, draw.integers(0, 5)).tolist() for _ in range(rows)]
        columns = {
            "user_id": [f"u{user}" for user in draw.integers(0, 40, rows)],
            "item_id": [f"i{one}" for one in item],
            "timestamp": 1_000_000 + number * 50_000 + draw.integers(0, 90_000, rows),
            "label": [7] * UNUSABLE + draw.integers(0, 2, rows - UNUSABLE).tolist(),
            "shop": [f"s{one % 7}-{number}" for one in item],
            "city": draw.choice(["Ulm", "Bern"], rows),
            "past": [[f"i{one}" for one in own] for own in past],
            "shops": [[f"s{one % 5}" for one in own] for own in past],
            "device": draw.choice(["phone", "desk"], rows),
        }
        pd.DataFrame(columns).to_parquet(folder / f"part-{number}.parquet")
    return folder


def many_parts(size: int) -> int:
    """For `parts_for`: small files are spread as large ones are."""
    return 5
