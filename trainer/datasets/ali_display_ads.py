"""Ali_Display_Ad_Click: eight days of ads on Taobao with clicks, and 22 days of what their users did before.

The behavior log names no items, only categories and brands: each pair of these is an item here, which shares both
fields with the ads. That is what attention sees, as in published results on this data.
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
from trainer.datasets.streams.raw_data import RawData, no_rows
from trainer.datasets.streams.read_options import ReadOptions
from trainer.datasets.streams.row_checks import RowRejects, clean_ids, missing_ids, numbers, seconds
from trainer.datasets.taobao import KINDS

PROVENANCE = (
    "Source: Ali_Display_Ad_Click (Alibaba, Taobao; https://tianchi.aliyun.com/dataset/56), under the terms of its "
    "page. An impression is an ad that a user was shown, its label whether it was clicked. {behaviors}\n"
)
_LOG = (
    "Behaviors are the rows of the behavior log, which names categories and brands alone: each pair of them is an item."
)
_CLICKS = "Behaviors are the clicks, as the behavior log was not given."
_FIELDS = ("title", "category", "brand", "campaign", "customer", "price")
_PROFILE = {
    "cms_segid": "segment",
    "cms_group_id": "group",
    "final_gender_code": "gender",
    "age_level": "age_level",
    "pvalue_level": "consumption_level",
    "shopping_level": "shopping_level",
    "occupation": "student",
    "new_user_class_level": "city_level",
}


def read_ali_display_ads(files: InputFiles, rejects: RowRejects, options: ReadOptions) -> RawData:
    """raw_sample.csv and ad_feature.csv, behavior_log.csv and user_profile.csv where they are given."""
    samples, ads = files.need("raw_sample.csv"), files.need("ad_feature.csv")
    logs, profiles = files.all("behavior_log.csv", "raw_behavior_log.csv"), files.all("user_profile.csv")
    pairs = FirstRows("item_id")
    return RawData(
        provenance=PROVENANCE.format(behaviors=_LOG if logs else _CLICKS),
        events=partial(_events, samples, logs, pairs, files, rejects),
        items=partial(_items, ads, pairs, files, rejects),
        users=partial(_users, profiles, files, rejects) if profiles else no_rows,
        item_fields=_FIELDS,
        user_fields=tuple(_PROFILE.values()) if profiles else (),
        behavior_fields=("behavior_type",),
        context_fields=("position",),
    )


def _events(
    samples: list[Path], logs: list[Path], pairs: FirstRows, files: InputFiles, rejects: RowRejects
) -> Iterator[pd.DataFrame]:
    for path in samples:
        yield from _impressions(path, not logs, files, rejects)
    for path in logs:
        yield from _behaviors(path, pairs, files, rejects)


def _impressions(path: Path, clicks: bool, files: InputFiles, rejects: RowRejects) -> Iterator[pd.DataFrame]:
    needed = ("user", "time_stamp", "adgroup_id", "pid", "clk")
    for rows in delimited(path, Format(), rejects, files.progress, needed):
        made = pd.DataFrame({"user_id": clean_ids(rows.user), "item_id": clean_ids(rows.adgroup_id)}, rows.index)
        made["timestamp"], faults = seconds("time_stamp", rows.time_stamp)
        label = rows.clk.str.strip()
        good = rejects.keep(
            path.name,
            made.assign(label=label, position=rows.pid, time_stamp=rows.time_stamp, behavior_type="click"),
            [
                missing_ids("user_id", made.user_id),
                missing_ids("item_id", made.item_id),
                ("label", "clk is neither 0 nor 1", ~label.isin(["0", "1"]).to_numpy()),
                *faults,
            ],
        )
        hit = (good.label == "1").to_numpy()
        yield good.drop(columns="time_stamp").assign(label=hit.astype(np.int8), behavior=hit & clicks)


def _behaviors(path: Path, pairs: FirstRows, files: InputFiles, rejects: RowRejects) -> Iterator[pd.DataFrame]:
    for rows in delimited(path, Format(), rejects, files.progress, ("user", "time_stamp", "btag", "cate", "brand")):
        category, brand = _known(rows.cate), _known(rows.brand)
        made = rows.assign(user_id=clean_ids(rows.user), category=category, own_brand=brand)
        made["item_id"] = "category-" + category.fillna("none") + "-brand-" + brand.fillna("none")
        made["timestamp"], faults = seconds("time_stamp", rows.time_stamp)
        made["behavior_type"] = rows.btag.str.strip().map(KINDS)
        good = rejects.keep(
            path.name,
            made,
            [
                missing_ids("user_id", made.user_id),
                ("cate", "cate is missing", category.isna().to_numpy()),
                ("btag", "btag is none of pv, buy, cart, fav", made.behavior_type.isna().to_numpy()),
                *faults,
            ],
        )
        pairs.add(good[["item_id", "category", "own_brand"]])
        kept = good[["user_id", "item_id", "timestamp", "behavior_type"]]
        yield kept.assign(label=-1, behavior=True, position=None)


def _known(values: pd.Series) -> pd.Series:
    """Without surrounding space; null where the file says NULL or nothing."""
    texts = values.str.strip()
    return texts.where(~texts.isin(["", "NULL", "null", "-1"]))


def _title(category: pd.Series, brand: pd.Series) -> pd.Series:
    return "Category " + category.fillna("unknown") + " · brand " + brand.fillna("unknown")


def _items(paths: list[Path], pairs: FirstRows, files: InputFiles, rejects: RowRejects) -> Iterator[pd.DataFrame]:
    needed = ("adgroup_id", "cate_id", "campaign_id", "customer", "brand", "price")
    for path in paths:
        for rows in delimited(path, Format(), rejects, files.progress, needed):
            category, brand = _known(rows.cate_id), _known(rows.brand)
            yield pd.DataFrame(
                {
                    "item_id": clean_ids(rows.adgroup_id),
                    "title": _title(category, brand),
                    "category": category,
                    "brand": brand,
                    "campaign": _known(rows.campaign_id),
                    "customer": _known(rows.customer),
                    "price": numbers(rows.price),
                }
            )
    for rows in pairs.frames():
        made = rows.rename(columns={"own_brand": "brand"}).assign(title=_title(rows.category, rows.own_brand))
        yield made.reindex(columns=["item_id", *_FIELDS])


def _users(paths: list[Path], files: InputFiles, rejects: RowRejects) -> Iterator[pd.DataFrame]:
    for path in paths:
        for rows in delimited(path, Format(), rejects, files.progress, ("userid", *_PROFILE)):
            made = pd.DataFrame({name: _known(rows[column]) for column, name in _PROFILE.items()})
            made["gender"] = made.gender.map({"1": "Male", "2": "Female"})
            made["student"] = made.student.map({"0": "No", "1": "Yes"})
            yield made.assign(user_id=clean_ids(rows.userid))
