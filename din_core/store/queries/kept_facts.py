"""What was counted of a store when it was filled, kept in it, so that nobody counts millions of rows again.

It holds for the rows up to the newest keys of then; who finds newer ones counts those beside it, or all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, case, func, select

from din_core.store.queries import kept_tally
from din_core.store.queries.facts import FieldFacts, StoreFacts, read_facts
from din_core.store.queries.line_tally import LineTally, SplitFacts, WeekFacts, tally_of, tally_since
from din_core.store.queries.lookups import count_rows, field_names, read_info, time_span, write_info
from din_core.store.schema import SPLITS, BehaviorRecord, ImpressionRecord, ItemRecord, UserRecord

NAME, FACTS, TALLY = "counts when filled", "facts when filled", "tally when filled"
FORM = 1
"""Of what is kept; what is of another one is counted anew."""
TABLES = ("items", "users", "behaviors", "impressions")
_KEYS = (ItemRecord.item_key, UserRecord.user_key, BehaviorRecord.behavior_key, ImpressionRecord.impression_key)


@dataclass(frozen=True)
class LineCounts:
    """How many behaviors and impressions there are, and the time that the behaviors span."""

    behaviors: int
    first: int | None
    last: int | None
    impressions: Mapping[str, int]
    """By split."""


def all_facts(connection: Connection) -> StoreFacts:
    """As kept, or counted where rows have come since."""
    kept = _kept(connection)
    if kept is None or kept["newest"] != newest_keys(connection):
        tally, kinds = tally_of(connection)
        return read_facts(connection, _names(connection), tally, kinds)
    return _from_dict(json.loads(read_info(connection, FACTS) or "{}"))


def keep_facts(connection: Connection, tally: LineTally, kinds: list[str]) -> None:
    """Note what a tally of all rows has counted, contexts by their keys and behavior types by their places."""
    facts = read_facts(connection, _names(connection), tally, kinds)
    first, last = tally.span or (None, None)
    counts = LineCounts(int(tally.per_user.sum()), first, last, {own.split: own.impressions for own in tally.splits})
    write_info(
        connection, NAME, json.dumps({"form": FORM, "newest": newest_keys(connection), "counts": asdict(counts)})
    )
    write_info(connection, FACTS, json.dumps(asdict(facts), ensure_ascii=False))
    write_info(connection, TALLY, kept_tally.to_text(tally, kinds))


def tally_now(connection: Connection, before: Mapping[str, int]) -> tuple[LineTally, list[str]]:
    """A tally of all rows: the kept one and what has come since, where it was kept of a store with these newest keys.

    `before` has those of behaviors and impressions by table; the store may have changed but by rows after them.
    """
    kept, text = _kept(connection), read_info(connection, TALLY)
    newest = dict(zip(TABLES, kept["newest"], strict=True)) if kept else {}
    if not text or any(newest.get(table) != key for table, key in before.items()):
        return tally_of(connection)
    tally, kinds = kept_tally.from_text(text)
    since = tally_since(connection, tally, kinds, behaviors=newest["behaviors"], impressions=newest["impressions"])
    return since, kinds


def line_counts(connection: Connection) -> LineCounts:
    """The counts of now: those that are kept and the rows since."""
    kept = _kept(connection)
    if kept is None:
        return _counted(connection)
    then, newest = LineCounts(**kept["counts"]), dict(zip(TABLES, kept["newest"], strict=True))
    own, shown = BehaviorRecord, ImpressionRecord
    more, first, last = connection.execute(
        select(func.count(), func.min(own.timestamp), func.max(own.timestamp)).where(
            own.behavior_key > newest["behaviors"]
        )
    ).one()
    # Not grouped by split: SQLite would go through the whole index of it.
    since = connection.execute(
        select(*(func.count(case((shown.split == split, 1))) for split in SPLITS)).where(
            shown.impression_key > newest["impressions"]
        )
    ).one()
    impressions = {split: then.impressions.get(split, 0) + rows for split, rows in zip(SPLITS, since, strict=True)}
    return LineCounts(
        then.behaviors + more,
        min((time for time in (then.first, first) if time is not None), default=None),
        max((time for time in (then.last, last) if time is not None), default=None),
        {split: rows for split, rows in impressions.items() if rows},
    )


def _counted(connection: Connection) -> LineCounts:
    split = ImpressionRecord.split
    impressions = connection.execute(select(split, func.count()).group_by(split))
    first, last = time_span(connection)
    return LineCounts(count_rows(connection, BehaviorRecord), first, last, {name: rows for name, rows in impressions})


def kept_splits(connection: Connection) -> tuple[SplitFacts, ...] | None:
    """The splits as kept; None where impressions have come since, or nothing is kept."""
    kept = _kept(connection)
    if kept is None or kept["newest"][-1] != newest_keys(connection)[-1]:
        return None
    return _from_dict(json.loads(read_info(connection, FACTS) or "{}")).splits


def newest_keys(connection: Connection) -> list[int]:
    """Of the four tables, 0 where one is empty."""
    return [connection.execute(select(func.coalesce(func.max(key), 0))).scalar_one() for key in _KEYS]


def _kept(connection: Connection) -> dict[str, Any] | None:
    text = read_info(connection, NAME)
    found: dict[str, Any] = {} if text is None else json.loads(text)
    return found if found.get("form") == FORM else None


def _names(connection: Connection) -> dict[str, tuple[str, ...]]:
    return {table: field_names(connection, table) for table in TABLES}


def _from_dict(found: Mapping[str, Any]) -> StoreFacts:
    fields = [own | {"frequent": tuple((value, rows) for value, rows in own["frequent"])} for own in found["fields"]]
    return StoreFacts(
        fields=tuple(FieldFacts(**own) for own in fields),
        splits=tuple(SplitFacts(**own) for own in found["splits"]),
        weeks=tuple(WeekFacts(**own) for own in found["weeks"]),
        behaviors_per_user=tuple((n, users) for n, users in found["behaviors_per_user"]),
    )
