"""KuaiRec and KuaiRand, short videos of Kuaishou: what users were shown, and how they watched it.

KuaiRec says which part of a video was watched, KuaiRand whether it was clicked. A behavior is a positive.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trainer.datasets.streams.delimited import Format, check_columns, delimited, header_of
from trainer.datasets.streams.input_files import InputFiles
from trainer.datasets.streams.raw_data import RawData
from trainer.datasets.streams.read_options import ReadOptions
from trainer.datasets.streams.row_checks import Fault, RowRejects, clean_ids, missing_ids, numbers, seconds

WATCHED = 1.0
"""Watch ratio of a positive: the video was watched to its end."""
KUAIREC_PROVENANCE = (
    "Source: KuaiRec (Kuaishou; https://kuairec.com), under the terms of its page. An impression is a video that a "
    "user was shown, its label whether at least {least:g} of its length was watched; behaviors are the videos so "
    "watched.\n"
)
KUAIRAND_PROVENANCE = (
    "Source: KuaiRand (Kuaishou; https://kuairand.com), under the terms of its page. An impression is a video that a "
    "user was shown, its label {label}, its context the tab and whether it was shown at random; behaviors are those "
    "with label 1.\n"
)
_PROFILE = (
    *("user_active_degree", "is_live_streamer", "is_video_author", "follow_user_num_range"),
    *("fans_user_num_range", "friend_user_num_range", "register_days_range"),
)
_BASIC = {"author_id": "author", "video_type": "video_type", "upload_type": "upload_type", "tag": "tags"}
_CAPTIONS = {
    "caption": "title",
    "first_level_category_name": "category",
    "second_level_category_name": "subcategory",
    "third_level_category_name": "product_type",
}


def read_kuairec(files: InputFiles, rejects: RowRejects, options: ReadOptions) -> RawData:
    """big_matrix.csv, or small_matrix.csv where it is named or alone; videos and users where they are given."""
    path = files.need("big_matrix.csv", "small_matrix.csv")[0]
    people = files.all("user_features*.csv")
    least = WATCHED if options.min_rating is None else options.min_rating
    return RawData(
        provenance=KUAIREC_PROVENANCE.format(least=least),
        events=partial(_watched, path, least, files, rejects),
        items=partial(_captions, files, rejects),
        item_fields=(*_CAPTIONS.values(), "tags"),
        behavior_fields=("watch_ratio",),
        numbers=("watch_ratio",),
        users=partial(_users, people, files, rejects),
        user_fields=_PROFILE if people else (),
    )


def read_kuairand(files: InputFiles, rejects: RowRejects, options: ReadOptions) -> RawData:
    """All log_standard and log_random files; videos and users where they are given."""
    paths = files.need("log_standard*.csv", "log_random*.csv")
    people = files.all("user_features*.csv")
    label = options.label or "is_click"
    for path in paths:
        check_columns(path, header_of(path, Format()), ("user_id", "video_id", "time_ms", "tab", label))
    return RawData(
        provenance=KUAIRAND_PROVENANCE.format(label=label),
        events=partial(_shown, paths, label, files, rejects),
        items=partial(_basics, files.all("video_features_basic*.csv"), files, rejects),
        item_fields=tuple(_BASIC.values()),
        context_fields=("tab", "shown_at_random"),
        users=partial(_users, people, files, rejects),
        user_fields=_PROFILE if people else (),
    )


def _events(
    path: Path, rows: pd.DataFrame, time: str, hit: NDArray[np.bool_], fault: Fault, rejects: RowRejects
) -> pd.DataFrame:
    """The rows that have a user, a video, a time and no other fault, as events."""
    users, items = clean_ids(rows.user_id), clean_ids(rows.video_id)
    times, wrong = seconds(time, rows[time])
    made = pd.DataFrame({"user_id": users, "item_id": items, "timestamp": times, "label": hit.astype(np.int8)})
    faults = [missing_ids("user_id", users), missing_ids("video_id", items), *wrong, fault]
    return rejects.keep(path.name, made.assign(behavior=hit), faults, rows)


def _watched(path: Path, least: float, files: InputFiles, rejects: RowRejects) -> Iterator[pd.DataFrame]:
    needed = ("user_id", "video_id", "timestamp", "watch_ratio")
    for rows in delimited(path, Format(), rejects, files.progress, needed):
        ratio = numbers(rows.watch_ratio)
        fault = ("watch_ratio", "watch_ratio is no number from 0 up", ~(ratio >= 0))
        good = _events(path, rows, "timestamp", ratio >= least, fault, rejects)
        yield good.assign(watch_ratio=rows.watch_ratio)


def _shown(paths: list[Path], label: str, files: InputFiles, rejects: RowRejects) -> Iterator[pd.DataFrame]:
    for path in paths:
        for rows in delimited(path, Format(), rejects, files.progress):
            hit = rows[label].str.strip()
            fault = (label, f"{label} is neither 0 nor 1", ~hit.isin(["0", "1"]).to_numpy())
            good = _events(path, rows, "time_ms", (hit == "1").to_numpy(), fault, rejects)
            random = "Yes" if path.name.startswith("log_random") else "No"
            yield good.assign(tab=rows.tab, shown_at_random=random)


def _users(paths: list[Path], files: InputFiles, rejects: RowRejects) -> Iterator[pd.DataFrame]:
    for path in paths:
        for rows in delimited(path, Format(), rejects, files.progress, ("user_id",)):
            known = rows.reindex(columns=list(_PROFILE)).apply(
                lambda column: column.where(~column.isin(["", "UNKNOWN"]))
            )
            flags = {name: known[name].map({"0": "No", "1": "Yes"}) for name in ("is_live_streamer", "is_video_author")}
            yield known.assign(user_id=clean_ids(rows.user_id), **flags)


def _basics(paths: list[Path], files: InputFiles, rejects: RowRejects) -> Iterator[pd.DataFrame]:
    for path in paths:
        for rows in delimited(path, Format(), rejects, files.progress, ("video_id",)):
            made = rows.reindex(columns=list(_BASIC)).astype("str").rename(columns=_BASIC)
            made["tags"] = made.tags.str.replace(",", "|")
            yield made.where(made != "").assign(item_id=clean_ids(rows.video_id))


def _captions(files: InputFiles, rejects: RowRejects) -> Iterator[pd.DataFrame]:
    """Titles and categories with tags beside them: KuaiRec has ten thousand videos."""
    tags: dict[str, str] = {}
    for path in files.all("item_categories.csv"):
        for rows in delimited(path, Format(), rejects, files.progress, ("video_id", "feat")):
            listed = rows.feat.str.strip("[] ").str.replace(r",\s*", "|", regex=True)
            tags.update(zip(clean_ids(rows.video_id), listed, strict=True))
    for path in files.all("kuairec_caption_category.csv"):
        for rows in delimited(path, Format(), rejects, files.progress, ("video_id",)):
            own = clean_ids(rows.video_id)
            made = rows.reindex(columns=list(_CAPTIONS)).astype("str").rename(columns=_CAPTIONS)
            yield made.where(~made.isin(["", "UNKNOWN"])).assign(item_id=own, tags=own.map(tags))
    rest = pd.DataFrame({"item_id": list(tags), "tags": list(tags.values())}, dtype="str")
    yield rest.reindex(columns=["item_id", *_CAPTIONS.values(), "tags"])
