"""A small world of planted interests: a user clicks what shares a group with enough of the history."""

from pathlib import Path

import numpy as np
import pandas as pd

from din_core.store import BulkTables, ingest, open_store

DAY = 86_400


def planted_tables(folder: Path, users=60, weeks=12, seed=0, shuffle_labels=False) -> Path:
    """Four tables; label 1 exactly when the candidate's group is the user's. Groups are not a field.

    40 items in 4 groups; a user's history holds items of one group and noise from all.
    """
    rng = np.random.default_rng(seed)
    items = pd.DataFrame({"item_id": [f"i{i}" for i in range(40)], "title": [f"Item {i}" for i in range(40)]})
    items["category"] = [f"c{i % 8}" for i in range(40)]
    group = np.arange(40) % 4
    behaviors, impressions = [], []
    for user in range(users):
        own = user % 4
        for week in range(weeks):
            bought = rng.choice(np.flatnonzero(group == own), 3)
            noise = rng.choice(40, 1)
            behaviors += [(f"u{user}", f"i{i}", (7 * week + 1) * DAY + n) for n, i in enumerate([*bought, *noise])]
            if week:
                shown = rng.choice(40, 6, replace=False)
                impressions += [(f"u{user}", f"i{i}", 7 * week * DAY, int(group[i] == own), week) for i in shown]
    frame = pd.DataFrame(impressions, columns=["user_id", "item_id", "timestamp", "label", "week"])
    if shuffle_labels:
        frame["label"] = rng.permutation(frame["label"])
    frame["split"] = np.select([frame.week < weeks - 4, frame.week < weeks - 2], ["train", "valid"], "test")
    frame["place"] = rng.choice(["top", "side"], len(frame))
    folder.mkdir(parents=True, exist_ok=True)
    items.to_csv(folder / "items.csv", index=False)
    pd.DataFrame({"user_id": [f"u{i}" for i in range(users)], "age": ["old", "young"] * (users // 2)}).to_csv(
        folder / "users.csv", index=False
    )
    pd.DataFrame(behaviors, columns=["user_id", "item_id", "timestamp"]).to_csv(folder / "behaviors.csv", index=False)
    frame.drop(columns="week").to_csv(folder / "impressions.csv", index=False)
    return folder


def planted_bulk(folder: Path, **options) -> BulkTables:
    """The same as a store below `folder` gives them to the trainer."""
    url = f"sqlite:///{folder / 'store.db'}"
    ingest(planted_tables(folder / "tables", **options), url)
    store = open_store(url)
    try:
        return store.bulk()
    finally:
        store.close()
