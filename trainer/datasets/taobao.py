"""Taobao's UserBehavior: nine days of page views, favourites, carts and purchases, without impressions.

A positive is a user's first action on an item where that is a page view; negatives are drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from trainer.datasets.streams.delimited import Format, delimited
from trainer.datasets.streams.first_rows import FirstRows
from trainer.datasets.streams.input_files import InputFiles
from trainer.datasets.streams.raw_data import RawData
from trainer.datasets.streams.read_options import ReadOptions
from trainer.datasets.streams.row_checks import RowRejects, clean_ids, missing_ids, seconds

LAST_POSITIVES = 10
FIRST, LAST = (pd.Timestamp(day, tz="Asia/Shanghai").timestamp() for day in ("2017-11-25", "2017-12-04"))
KINDS = {"pv": "page view", "buy": "purchase", "cart": "cart", "fav": "favourite"}
PROVENANCE = (
    "Source: UserBehavior (Alibaba, Taobao; https://tianchi.aliyun.com/dataset/649), under the terms of its page. All "
    "its rows are behaviors. What users were shown is not recorded: a positive is a page view of an item that the user "
    "had not acted on before, and negatives are drawn from the positives of all users on the same day.\n"
)
_FORMAT = Format(columns=("user_id", "item_id", "category", "kind", "time"))


def read_taobao(files: InputFiles, rejects: RowRejects, options: ReadOptions) -> RawData:
    """UserBehavior.csv; DinLensError without it."""
    categories = FirstRows("item_id")
    return RawData(
        provenance=PROVENANCE,
        events=partial(_events, files.need("UserBehavior*.csv"), categories, files, rejects),
        items=categories.frames,
        item_fields=("category",),
        behavior_fields=("behavior_type",),
        only_positives=True,
        repeats=False,
        period=86_400,
    )


def _events(paths: list[Path], categories: FirstRows, files: InputFiles, rejects: RowRejects) -> Iterator[pd.DataFrame]:
    for path in paths:
        for rows in delimited(path, _FORMAT, rejects, files.progress):
            made = rows.assign(user_id=clean_ids(rows.user_id), item_id=clean_ids(rows.item_id))
            made["timestamp"], faults = seconds("time", rows.time)
            made["behavior_type"] = rows.kind.str.strip().map(KINDS)
            outside = ((made.timestamp < FIRST) | (made.timestamp >= LAST)).to_numpy()
            good = rejects.keep(
                path.name,
                made,
                [
                    missing_ids("user_id", made.user_id),
                    missing_ids("item_id", made.item_id),
                    ("kind", "behavior is none of pv, buy, cart, fav", made.behavior_type.isna().to_numpy()),
                    *faults,
                    ("time", "time is outside of 2017-11-25 to 2017-12-03 in China", outside),
                ],
            )
            categories.add(good[["item_id", "category"]])
            shown = np.where(good.kind.str.strip() == "pv", 1, -1)
            yield good.drop(columns=["category", "kind", "time"]).assign(label=shown, behavior=True)
