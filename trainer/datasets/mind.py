"""MIND, the news of MSN: what a user was shown at a time, and what the user had clicked before.

`behaviors.tsv` lists a user's earlier clicks beside every impression, in order and without times: they become behaviors
just before the user's first impression. `news.tsv` has the news. Several folders, such as train and dev, are read as
one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from trainer.datasets.streams.delimited import Format, delimited
from trainer.datasets.streams.input_files import InputFiles
from trainer.datasets.streams.raw_data import RawData
from trainer.datasets.streams.read_options import ReadOptions
from trainer.datasets.streams.row_checks import RowRejects, clean_ids, missing_ids

PROVENANCE = (
    "Source: MIND, the Microsoft News Dataset (https://msnews.github.io/), under the terms of its page. An impression "
    "is a piece of news that a user was shown, its label whether it was clicked. Behaviors are the earlier clicks that "
    "the data lists in order and without times: their times here are made up, just before the user's first "
    "impression.\n"
)
_SHOWN = Format("\t", quoted=False, columns=("impression_id", "user_id", "time", "history", "impressions"))
_NEWS = Format(
    "\t",
    quoted=False,
    columns=("item_id", "category", "subcategory", "title", "abstract", "url", "title_entities", "abstract_entities"),
)
_TIME = "%m/%d/%Y %I:%M:%S %p"
_EPOCH = pd.Timestamp("1970-01-01")


def read_mind(files: InputFiles, rejects: RowRejects, options: ReadOptions) -> RawData:
    """All behaviors.tsv and news.tsv; DinLensError without one of them."""
    shown, news = files.need("behaviors.tsv"), files.need("news.tsv")
    return RawData(
        provenance=PROVENANCE,
        events=partial(_events, shown, files, rejects),
        items=partial(_news, news, files, rejects),
        item_fields=("title", "category", "subcategory"),
    )


def _events(paths: list[Path], files: InputFiles, rejects: RowRejects) -> Iterator[pd.DataFrame]:
    for path in paths:
        for rows in delimited(path, _SHOWN, rejects, files.progress):
            users = clean_ids(rows.user_id)
            times = pd.to_datetime(rows.time, format=_TIME, errors="coerce")
            unread = times.isna().to_numpy()
            faults = [missing_ids("user_id", users), ("time", "time is not like 11/15/2019 9:05:58 AM", unread)]
            seconds = ((times.fillna(_EPOCH) - _EPOCH) // pd.Timedelta(seconds=1)).astype(np.int64)
            good = rejects.keep(path.name, rows.assign(user_id=users, timestamp=seconds), faults)
            yield _impressions(path, good, rejects)
            yield _histories(good)


def _impressions(path: Path, rows: pd.DataFrame, rejects: RowRejects) -> pd.DataFrame:
    """A row for each piece of news that was shown."""
    shown = rows[["user_id", "timestamp"]].assign(shown=rows.impressions.str.split()).explode("shown")
    parts = shown.shown.astype("str").str.extract(r"^(.+)-([01])$")
    good = rejects.keep(
        path.name,
        shown.assign(item_id=clean_ids(parts[0]), label=parts[1]),
        [("shown", "an impression is not like N123-1 or N123-0", parts[1].isna().to_numpy())],
    )
    return good.drop(columns="shown").assign(label=good.label.astype(np.int8), behavior=False)


def _histories(rows: pd.DataFrame) -> pd.DataFrame:
    found = rows[["user_id", "timestamp"]].assign(history=rows.history.str.split())
    return found[found.history.map(len) > 0]


def _news(paths: list[Path], files: InputFiles, rejects: RowRejects) -> Iterator[pd.DataFrame]:
    for path in paths:
        for rows in delimited(path, _NEWS, rejects, files.progress):
            yield rows[["title", "category", "subcategory"]].assign(item_id=clean_ids(rows.item_id))
