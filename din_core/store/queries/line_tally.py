"""Behaviors and impressions counted a piece at a time, as they are loaded or as a store holds them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Select, select

from din_core.store.schema import SPLITS, BehaviorRecord, ImpressionRecord, UserRecord

Ints = NDArray[np.int64]

WEEK = 7 * 86_400
MONDAY = 4 * 86_400
"""The first Monday after 1970-01-01, a Thursday."""
_CHUNK = 100_000


@dataclass(frozen=True)
class SplitFacts:
    """The impressions of one split. Times are seconds since 1970-01-01 UTC."""

    split: str
    impressions: int
    positives: int
    users: int
    first: int
    last: int


@dataclass(frozen=True)
class WeekFacts:
    """The impressions of one split in one week."""

    monday: int
    """Its first second."""
    split: str
    impressions: int
    positives: int


@dataclass
class SplitTally:
    """What of one split has been counted."""

    seen: NDArray[np.bool_]
    """(users,)"""
    impressions: int = 0
    positives: int = 0
    first: int = 2**63 - 1
    last: int = -(2**63)

    def add(self, user: Ints, time: Ints, label: NDArray[Any]) -> None:
        self.seen[user] = True
        self.impressions += len(user)
        self.positives += int((label == 1).sum())
        self.first, self.last = min(self.first, int(time.min())), max(self.last, int(time.max()))


@dataclass
class LineTally:
    """Counts of rows whose users are given by their places among all, other values by any numbers, -1 for none."""

    users: int
    per_user: Ints = field(init=False)
    """(users,) behaviors"""
    kinds: Counter[int] = field(default_factory=Counter)
    behavior_contexts: Counter[int] = field(default_factory=Counter)
    impression_contexts: Counter[int] = field(default_factory=Counter)
    span: tuple[int, int] | None = None
    """The first and the last time of a behavior."""
    by_split: dict[int, SplitTally] = field(default_factory=dict)
    """Impressions, by the split's place in SPLITS."""
    by_week: dict[tuple[int, int], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    """Impressions and positives, by week and split."""

    def __post_init__(self) -> None:
        self.per_user = np.zeros(self.users, np.int64)

    def grown(self, users: int) -> LineTally:
        """The same counts with more users behind those there are; this one is not to be used any more."""
        more = users - self.users
        splits = {nth: replace(own, seen=np.pad(own.seen, (0, more))) for nth, own in self.by_split.items()}
        found = replace(self, users=users, by_split=splits)
        found.per_user[: self.users] = self.per_user
        return found

    def add_behaviors(self, user: Ints, time: Ints, kind: Ints, context: Ints) -> None:
        """Count some."""
        if not len(user):
            return
        first = int(user.min())
        found = np.bincount(user - first)  # rows come by user
        self.per_user[first : first + len(found)] += found
        _count(self.kinds, kind)
        _count(self.behavior_contexts, context)
        times = int(time.min()), int(time.max())
        self.span = times if self.span is None else (min(self.span[0], times[0]), max(self.span[1], times[1]))

    def add_impressions(self, user: Ints, time: Ints, label: NDArray[Any], split: Ints, context: Ints) -> None:
        """Count some; `split` by its place in SPLITS."""
        _count(self.impression_contexts, context)
        week = (time.astype(np.int64) + (WEEK - MONDAY)) // WEEK
        for nth in np.unique(split).tolist():
            own = split == nth
            held = self.by_split.setdefault(nth, SplitTally(np.zeros(self.users, bool)))
            held.add(user[own], time[own], label[own])
            weeks, place, rows = np.unique(week[own], return_inverse=True, return_counts=True)
            positives = np.bincount(place, weights=label[own] == 1, minlength=len(weeks))
            for n, count, ones in zip(weeks.tolist(), rows.tolist(), positives.tolist(), strict=True):
                self.by_week[n, nth][0] += count
                self.by_week[n, nth][1] += int(ones)

    @property
    def splits(self) -> tuple[SplitFacts, ...]:
        """Those that hold impressions, in the order train, valid, test."""
        return tuple(
            SplitFacts(SPLITS[nth], own.impressions, own.positives, int(own.seen.sum()), own.first, own.last)
            for nth, own in sorted(self.by_split.items())
        )

    @property
    def weeks(self) -> tuple[WeekFacts, ...]:
        """Those that hold impressions, oldest first."""
        found = [
            WeekFacts(week * WEEK - (WEEK - MONDAY), SPLITS[nth], rows, positives)
            for (week, nth), (rows, positives) in self.by_week.items()
        ]
        return tuple(sorted(found, key=lambda own: (own.monday, own.split)))

    @property
    def behaviors_per_user(self) -> tuple[tuple[int, int], ...]:
        """(behaviors, users that have so many), fewest first."""
        numbers, users = np.unique(self.per_user, return_counts=True)
        return tuple(zip(numbers.tolist(), users.tolist(), strict=True))


def _count(counts: Counter[int], codes: Ints) -> None:
    distinct, rows = np.unique(codes, return_counts=True)
    counts.update(dict(zip(distinct.tolist(), rows.tolist(), strict=True)))


def tally_of(connection: Connection) -> tuple[LineTally, list[str]]:
    """All rows of a store counted, contexts by their keys, behavior types by their places in the list."""
    kinds: list[str] = []
    return tally_since(connection, LineTally(0), kinds, behaviors=0, impressions=0), kinds


def tally_since(
    connection: Connection, tally: LineTally, kinds: list[str], *, behaviors: int, impressions: int
) -> LineTally:
    """`tally` and the rows with keys beyond these two, in a tally of all users there are now.

    New types are put behind the others in `kinds`. Users that came since must have keys beyond those of the tally.
    """
    keys = connection.execute(select(UserRecord.user_key).order_by(UserRecord.user_key)).scalars().all()
    users = np.array(keys, np.int64)
    grown, codes = tally.grown(len(users)), {text: code for code, text in enumerate(kinds)}
    own = BehaviorRecord
    done_since = select(own.user_key, own.timestamp, own.behavior_type, own.context_key).where(
        own.behavior_key > behaviors
    )
    for user, time, kind, context in _columns(connection, done_since):
        found = [-1 if text is None else codes.setdefault(text, len(codes)) for text in kind]
        grown.add_behaviors(np.searchsorted(users, user), np.array(time), np.array(found), _or_none(context))
    shown, places = ImpressionRecord, {name: nth for nth, name in enumerate(SPLITS)}
    shown_since = select(shown.user_key, shown.timestamp, shown.label, shown.split, shown.context_key).where(
        shown.impression_key > impressions
    )
    for user, time, label, split, context in _columns(connection, shown_since):
        named = np.array([places[name] for name in split])
        grown.add_impressions(np.searchsorted(users, user), np.array(time), np.array(label), named, _or_none(context))
    kinds[:] = codes
    return grown


def _columns(connection: Connection, query: Select[*tuple[Any, ...]]) -> Iterator[Sequence[Sequence[Any]]]:
    """The columns of a query, some rows at a time, by the driver's own cursor; its numbers stand in the text."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(str(query.compile(connection.engine, compile_kwargs={"literal_binds": True})))
        while rows := cursor.fetchmany(_CHUNK):
            yield [*zip(*rows, strict=True)]
    finally:
        cursor.close()


def _or_none(keys: Sequence[int | None]) -> Ints:
    return np.array([-1 if key is None else key for key in keys], np.int64)
