"""What of a store's data makes training, or figures measured on it, mean nothing; each with what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, exists, func, select
from sqlalchemy.orm import aliased

from din_core.domain.translatable import Translatable
from din_core.domain.written import moment
from din_core.store.queries.kept_facts import kept_splits, line_counts
from din_core.store.schema import SPLITS, BehaviorRecord, ImpressionRecord

YEAR = 365 * 86_400
ORDER = {"train": "valid", "valid": "test"}
"""Each split and the one that must come after it."""


@dataclass(frozen=True)
class DataFault:
    """One sentence about the data."""

    text: Translatable
    no_training: bool = False
    """Whether no model can be trained on it."""


@dataclass(frozen=True)
class SplitSpan:
    """The impressions of one split. Times are seconds since 1970-01-01 UTC."""

    impressions: int
    positives: int
    first: int
    last: int

    @property
    def one_label(self) -> int | None:
        """The label of all of them; None where both occur."""
        return 0 if not self.positives else 1 if self.positives == self.impressions else None


def find_data_faults(connection: Connection) -> list[DataFault]:
    """All faults, those that forbid training first; none in a store without impressions and behaviors."""
    spans = _spans(connection)
    lines = line_counts(connection)
    behaviors = lines.first, lines.last
    if not spans and behaviors[0] is None:
        return []
    found = [
        *_missing_splits(spans),
        *_empty_histories(connection, spans, behaviors),
        *_labels(connection, spans),
        *_backwards(spans),
    ]
    return sorted(found, key=lambda fault: not fault.no_training)


def _spans(connection: Connection) -> dict[str, SplitSpan]:
    kept = kept_splits(connection)
    if kept is not None:
        return {own.split: SplitSpan(own.impressions, own.positives, own.first, own.last) for own in kept}
    time = ImpressionRecord.timestamp
    rows = connection.execute(
        select(
            ImpressionRecord.split, func.count(), func.sum(ImpressionRecord.label), func.min(time), func.max(time)
        ).group_by(ImpressionRecord.split)
    )
    found = {split: SplitSpan(n, int(positives), first, last) for split, n, positives, first, last in rows}
    return {split: found[split] for split in SPLITS if split in found}


def _missing_splits(spans: Mapping[str, SplitSpan]) -> Iterator[DataFault]:
    times = {time for span in spans.values() for time in (span.first, span.last)}
    if len(times) == 1 and sum(span.impressions for span in spans.values()) > 1:
        yield DataFault(
            Translatable(
                "all impressions have the one timestamp {time}, so no split is later than another; give the time of "
                "each impression",
                time=moment(times.pop()),
            )
        )
    for split in ("train", "valid"):
        if split not in spans:
            yield DataFault(
                Translatable(
                    "there are 0 {split} impressions, and training needs some; name them in the column split, or "
                    "ingest with --split-ratio to have impressions split by time",
                    split=split,
                ),
                no_training=True,
            )
    if "test" not in spans and spans:
        yield DataFault(
            Translatable(
                "there are 0 test impressions, so no model can be measured on data that chose none; name them in the "
                "column split, or ingest with --split-ratio to have impressions split by time"
            )
        )


def _empty_histories(
    connection: Connection, spans: Mapping[str, SplitSpan], behaviors: tuple[int | None, int | None]
) -> Iterator[DataFault]:
    first, last = behaviors
    if not spans:
        return
    shown = min(span.first for span in spans.values()), max(span.last for span in spans.values())
    if first is None or last is None:
        yield DataFault(
            Translatable(
                "there are 0 behaviors, so every history is empty: a model learns from the fields of items, users and "
                "context alone, and has no weights to show; load behaviors if there are any"
            )
        )
        return
    split = next(iter(spans))  # train where there is any
    if not connection.execute(select(_with_history(split).limit(1).exists())).scalar():
        yield DataFault(
            Translatable(
                "all {n:,} {split} impressions have an empty history: no behavior of their users is earlier. Behaviors "
                "are from {first} to {last}, impressions from {begin} to {end}; give both in seconds of the same "
                "clock, and behaviors from before the impressions",
                n=spans[split].impressions,
                split=split,
                first=moment(first),
                last=moment(last),
                begin=moment(shown[0]),
                end=moment(shown[1]),
            ),
            no_training=split == "train",
        )
    elif shown[0] - last > YEAR:
        yield DataFault(
            Translatable(
                "the last behavior, of {last}, is more than a year before the first impression, of {begin}; check that "
                "both are in seconds of the same clock",
                last=moment(last),
                begin=moment(shown[0]),
            )
        )


def _with_history(split: str) -> Select[Any]:
    """Impressions of the split that are later than a behavior of their user; the first is found at once."""
    own = ImpressionRecord
    earlier = exists().where(BehaviorRecord.user_key == own.user_key, BehaviorRecord.timestamp < own.timestamp)
    return select(own.user_key).where(own.split == split, earlier)


def _labels(connection: Connection, spans: Mapping[str, SplitSpan]) -> Iterator[DataFault]:
    for split, span in spans.items():
        label = span.one_label
        if label is not None and split == "train":
            yield DataFault(
                Translatable(
                    "all {n:,} train impressions have the label {label}, so there is nothing to tell apart; give "
                    "impressions of both labels",
                    n=span.impressions,
                    label=label,
                ),
                no_training=True,
            )
        elif label is not None:
            yield DataFault(
                Translatable(
                    "all {n:,} {split} impressions have the label {label}, so AUC and GAUC have no value on them; give "
                    "impressions of both labels",
                    n=span.impressions,
                    split=split,
                    label=label,
                )
            )
        elif split != "train" and not connection.execute(select(_with_both_labels(split).limit(1).exists())).scalar():
            yield DataFault(
                Translatable(
                    "no user has {split} impressions of both labels, so GAUC has no value on them; give users "
                    "impressions of both labels",
                    split=split,
                )
            )


def _with_both_labels(split: str) -> Select[Any]:
    """Positives of the split whose user has a negative there too; the first is found at once."""
    own, other = ImpressionRecord, aliased(ImpressionRecord)
    negative = exists().where(other.user_key == own.user_key, other.split == split, other.label == 0)
    return select(own.user_key).where(own.split == split, own.label == 1, negative)


def _backwards(spans: Mapping[str, SplitSpan]) -> Iterator[DataFault]:
    for earlier, later in (*ORDER.items(), ("train", "test")):
        if earlier not in spans or later not in spans:
            continue
        before, after = spans[earlier], spans[later]
        if before.first > after.last:
            yield DataFault(
                Translatable(
                    "all {earlier} impressions, from {first} on, are later than all {later} ones, which end {last}: "
                    "what is measured happened before what was learned; exchange the splits, or ingest with "
                    "--split-ratio to have impressions split by time",
                    earlier=earlier,
                    later=later,
                    first=moment(before.first),
                    last=moment(after.last),
                )
            )
        elif before.last > after.first:
            yield DataFault(
                Translatable(
                    "{earlier} impressions reach to {last}, but {later} ones begin {first}: the splits overlap in time,"
                    " so figures may flatter the model; ingest with --split-ratio to have impressions split by time",
                    earlier=earlier,
                    later=later,
                    last=moment(before.last),
                    first=moment(after.first),
                )
            )
