"""The rows of some users, ordered: which are behaviors, and which become impressions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import numpy as np
import pandas as pd
import pyarrow as pa

from din_core.store.splits.split_rule import SplitRule
from trainer.datasets.assembly.dated_histories import dated
from trainer.datasets.streams.raw_data import RawData
from trainer.datasets.streams.row_checks import numbers

KEYS = ["user_code", "item_code", "timestamp"]


@dataclass(frozen=True)
class AssembleOptions:
    """What is made of the rows."""

    seed: int = 2017
    """of drawn negatives"""
    negatives: int = 3
    """drawn for each positive, where the source has none; some are dropped"""
    user_share: float = 1.0
    """share of the users that is kept, by a hash of their ids"""
    min_behaviors: int = 0
    """behaviors below which a user is left out"""
    last_positives: int | None = None
    """newest positives of a user that become impressions, where negatives are drawn; None: all"""
    split: SplitRule | None = None
    """how impressions are split; None for what the source says, else by time"""


@dataclass(frozen=True)
class UserRows:
    """Behaviors and impressions of whole users, ordered by user and time, with codes for ids."""

    behaviors: pd.DataFrame
    shown: pd.DataFrame


def field_type(raw: RawData, name: str) -> pa.DataType:
    """How a field is written."""
    return pa.float64() if name in raw.numbers else pa.string()


def typed(raw: RawData, frame: pd.DataFrame, fields: Iterable[str]) -> pd.DataFrame:
    """The frame with numbers where a field is one (NaN where a cell holds none), and texts in its other fields."""
    return frame.assign(
        **{name: numbers(frame[name]) if name in raw.numbers else frame[name].astype("str") for name in fields}
    )


def _schema(raw: RawData, fields: tuple[str, ...], **more: pa.DataType) -> pa.Schema:
    own = {"user_code": pa.int32(), "item_code": pa.int32(), "timestamp": pa.int64(), **more}
    return pa.schema(own | {name: field_type(raw, name) for name in fields})


def event_schema(raw: RawData) -> pa.Schema:
    """Of rows as they come."""
    fields = tuple(dict.fromkeys(raw.behavior_fields + raw.context_fields))
    return _schema(raw, fields, label=pa.int8(), behavior=pa.bool_(), split=pa.int8())


def history_schema() -> pa.Schema:
    """Of histories that stand beside impressions."""
    return pa.schema({"user_code": pa.int32(), "timestamp": pa.int64(), "items": pa.list_(pa.int32())})


def behavior_schema(raw: RawData) -> pa.Schema:
    """Of `UserRows.behaviors`."""
    return _schema(raw, raw.behavior_fields)


def shown_schema(raw: RawData) -> pa.Schema:
    """Of `UserRows.shown`."""
    return _schema(raw, raw.context_fields, label=pa.int8(), split=pa.int8())


def order_rows(events: pa.Table, histories: pa.Table, raw: RawData, options: AssembleOptions) -> UserRows:
    """What a part of the raw rows holds."""
    rows, listed = events.to_pandas(), histories.to_pandas()
    if raw.times_made and len(listed):
        _order_by_growth(rows, listed)
    rows = rows.sort_values(["user_code", "timestamp"], kind="stable")
    behaviors = rows.loc[rows.behavior, [*KEYS, *raw.behavior_fields]]
    if len(listed):
        behaviors = pd.concat([behaviors, _listed(listed)]).sort_values(["user_code", "timestamp"], kind="stable")
    if not raw.repeats:
        rows = rows[~rows.duplicated(["user_code", "item_code"])]
    shown = rows.loc[rows.label >= 0, [*KEYS, "label", "split", *raw.context_fields]]
    if raw.only_positives:
        shown = _positives(shown, behaviors, options)
    if options.min_behaviors:
        counts = behaviors.user_code.value_counts()
        kept = counts.index[counts >= options.min_behaviors]
        behaviors, shown = behaviors[behaviors.user_code.isin(kept)], shown[shown.user_code.isin(kept)]
    return UserRows(behaviors, shown)


def _order_by_growth(rows: pd.DataFrame, listed: pd.DataFrame) -> None:
    """Give each user's times anew within its splits, the shortest history first, to impressions and their histories.

    Every row has a time of its own here, so that a time names a row.
    """
    split = listed.timestamp.map(rows.set_index("timestamp").split)
    keys = listed.assign(split=split, length=listed["items"].map(len))
    old = keys.sort_values(["user_code", "split", "length", "timestamp"]).timestamp.to_numpy()
    new = keys.sort_values(["user_code", "split", "timestamp"]).timestamp.to_numpy()
    moved = pd.Series(new, index=old)
    for frame in (rows, listed):
        frame["timestamp"] = frame.timestamp.map(moved)


def _listed(rows: pd.DataFrame) -> pd.DataFrame:
    """Behaviors of the histories that stand beside impressions."""
    rows = rows.sort_values(["user_code", "timestamp"], kind="stable")
    users: list[int] = []
    all_times: list[int] = []
    all_items: list[int] = []
    listed = zip(rows.user_code.tolist(), rows.timestamp.tolist(), rows["items"], strict=True)
    for user, own in groupby(listed, key=itemgetter(0)):
        times, items = dated((time, past.tolist()) for _, time, past in own)
        users += [user] * len(times)
        all_times += times
        all_items += items
    return pd.DataFrame({"user_code": users, "item_code": all_items, "timestamp": all_times}, dtype=np.int64)


def _positives(shown: pd.DataFrame, behaviors: pd.DataFrame, options: AssembleOptions) -> pd.DataFrame:
    """Those whose user has a history by then, the newest of them."""
    shown = shown[shown.timestamp > shown.user_code.map(behaviors.groupby("user_code").timestamp.min())]
    return shown if options.last_positives is None else shown.groupby("user_code").tail(options.last_positives)
