"""Tables of any size, made at random in the shapes of real ones, a part of the users at a time.

Behaviors come mostly from a user's few categories, and so do positives; negatives come from those of other users, so
that popularity alone says nothing and a model that reads the history has something to learn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from din_core.domain import DinLensError
from din_core.metrics import auc
from trainer.datasets.four_tables import TablesWriter
from trainer.datasets.streams.input_files import Progress

Ints = NDArray[np.int64]

LEAST, MOST = 1_000, 10_000_000_000
PER_USER = 100
"""Mean behaviors of a user."""
PER_IMPRESSION = 10
"""Behaviors for each impression."""
SHOWN = 5
"""Impressions of a user at one time, about."""
MOST_ITEMS = 1_000_000
MOST_CATEGORIES = 1_000
LIKED = 3
"""Categories of a user."""
LOYALTY = 0.7
"""Share of behaviors and positives in these."""
USERS_A_PART = 10_000
DAY = 86_400
START = 1_704_067_200
"""1 Jan 2024, 00:00 UTC."""
DAYS, SHOWN_FROM = 180, 120
"""Behaviors lie in all days, impressions in those from SHOWN_FROM on."""
VALID_FROM, TEST_FROM = 168, 174
WORDS = 5_000
KINDS = ("view", "cart", "buy")
PROVENANCE = "Made at random by `python -m trainer prepare synthetic --behaviors {behaviors}`, seed {seed}.\n"


@dataclass
class SyntheticTables:
    """Tables of about so many rows; a function of these two."""

    behaviors: int
    seed: int
    clicks: Ints = field(init=False)
    """(items,) positives among the training impressions"""
    counts: dict[str, list[int]] = field(default_factory=dict)
    """By split, impressions and positives"""
    _tested: list[tuple[Ints, Ints]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not LEAST <= self.behaviors <= MOST:
            raise DinLensError(f"--behaviors is {self.behaviors:,}; give a number from {LEAST:,} to {MOST:,}.")
        self.users = self.behaviors // PER_USER
        self.items = min(max(self.behaviors // PER_USER, 100), MOST_ITEMS)
        self.categories = min(self.items // 10, MOST_CATEGORIES)
        self.impressions = self.behaviors // PER_IMPRESSION
        self.clicks = np.zeros(self.items, np.int64)

    def write(self, writer: TablesWriter, progress: Progress) -> None:
        """All four tables, in memory that the numbers of users and items bound."""
        rng = np.random.default_rng([self.seed, 0])
        for name, table in (("items", self._items(rng)), ("users", self._users(rng))):
            writer.append(name, table)
        past, shown = self._numbers(rng)
        for part in self._parts():
            progress("writing users", part.start, self.users)
            for name, table in self._rows(part, past[part], shown[part]):
                writer.append(name, table)

    @cached_property
    def user_ids(self) -> pa.Array:
        return _ids("user", self.users)

    @cached_property
    def item_ids(self) -> pa.Array:
        return _ids("item", self.items)

    @property
    def popularity_auc(self) -> float | None:
        """On the test impressions, of how often an item was clicked in training ones; None with one label only."""
        item, label = (np.concatenate(column) for column in zip(*self._tested, strict=True))
        return auc(label, self.clicks[item].astype(float)) if 0 < label.mean() < 1 else None

    def _items(self, rng: np.random.Generator) -> pa.Table:
        words = pa.array([f"{a}{b}" for a in _syllables(rng) for b in _syllables(rng)][:WORDS])
        drawn = (WORDS * rng.random((3, self.items)) ** 2).astype(np.int64)
        return pa.table(
            {
                "item_id": self.item_ids,
                "title": pc.binary_join_element_wise(*(words.take(pa.array(own)) for own in drawn), " "),
                "category": _ids("category", self.categories).take(pa.array(np.arange(self.items) % self.categories)),
                "brand": _ids("brand", 2_000).take(pa.array(rng.integers(0, 2_000, self.items))),
                "price": rng.integers(100, 10_000, self.items) / 100,
            }
        )

    def _users(self, rng: np.random.Generator) -> pa.Table:
        ages = pa.array(["18-24", "25-34", "35-44", "45-54", "55+"])
        return pa.table(
            {
                "user_id": self.user_ids,
                "age": ages.take(pa.array(rng.integers(0, len(ages), self.users))),
                "region": _ids("region", 50).take(pa.array(rng.integers(0, 50, self.users))),
            }
        )

    def _numbers(self, rng: np.random.Generator) -> tuple[Ints, Ints]:
        """(users,) behaviors and times with impressions of each user: uneven, with the right sums."""
        share = rng.lognormal(0, 1, self.users)
        times = rng.multinomial(self.impressions // SHOWN, np.full(self.users, 1 / self.users))
        return rng.multinomial(self.behaviors, share / share.sum()), times

    def _parts(self) -> Iterator[slice]:
        for start in range(0, self.users, USERS_A_PART):
            yield slice(start, min(start + USERS_A_PART, self.users))

    def _rows(self, part: slice, past: Ints, times: Ints) -> Iterator[tuple[str, pa.Table]]:
        """Behaviors and impressions of some users, by user and time."""
        rng = np.random.default_rng([self.seed, 1 + part.start])
        liked = rng.integers(0, self.categories, (len(past), LIKED))
        user = np.repeat(np.arange(len(past)), past)
        time = _in_order(user, START + rng.integers(0, DAYS * DAY, len(user)))
        kind = pa.array(KINDS).take(pa.array((3 * rng.random(len(user)) ** 3).astype(np.int64)))
        yield (
            "behaviors",
            self._lines(part, user, self._drawn(rng, liked[user]), time).append_column("behavior_type", kind),
        )
        shown = np.repeat(np.arange(len(times)), times)
        seen = np.repeat(_in_order(shown, START + rng.integers(SHOWN_FROM * DAY, DAYS * DAY, len(shown))), SHOWN)
        user = np.repeat(shown, SHOWN)
        label = rng.integers(0, 2, len(user))
        tastes = liked[np.where(label == 1, user, rng.permutation(user))]
        item = self._drawn(rng, tastes)
        yield "impressions", self._impressions(self._lines(part, user, item, seen), item, label, seen, rng)

    def _drawn(self, rng: np.random.Generator, liked: Ints) -> Ints:
        """(n, LIKED) categories → (n,) items, of which the first of a category are drawn far more often."""
        n = len(liked)
        own = liked[np.arange(n), rng.integers(0, LIKED, n)]
        category = np.where(rng.random(n) < LOYALTY, own, rng.integers(0, self.categories, n))
        place = (self.items // self.categories * rng.random(n) ** 3).astype(np.int64)
        return place * self.categories + category

    def _lines(self, part: slice, user: Ints, item: Ints, time: Ints) -> pa.Table:
        return pa.table(
            {
                "user_id": self.user_ids.take(pa.array(part.start + user)),
                "item_id": self.item_ids.take(pa.array(item)),
                "timestamp": time,
            }
        )

    def _impressions(self, lines: pa.Table, item: Ints, label: Ints, time: Ints, rng: np.random.Generator) -> pa.Table:
        names = ("train", "valid", "test")
        split = np.searchsorted([START + VALID_FROM * DAY, START + TEST_FROM * DAY], time, side="right")
        for nth, name in enumerate(names):
            held = self.counts.setdefault(name, [0, 0])
            held[0] += int((split == nth).sum())
            held[1] += int(label[split == nth].sum())
        self.clicks += np.bincount(item[(split == 0) & (label == 1)], minlength=self.items)
        self._tested.append((item[split == 2], label[split == 2]))
        own = {"label": pa.array(label, pa.int8()), "split": pa.array(names).take(pa.array(split))}
        own["position"] = pa.array(["top", "list", "end"]).take(pa.array(rng.integers(0, 3, len(label))))
        for name, values in own.items():
            lines = lines.append_column(name, values)
        return lines


def _in_order(user: Ints, time: Ints) -> Ints:
    """The times, sorted within each user; users are in order."""
    return time[np.lexsort((time, user))]


def _ids(name: str, n: int) -> pa.Array:
    digits = pc.utf8_lpad(pc.cast(pa.array(np.arange(1, n + 1)), pa.string()), len(str(n)), "0")
    return pc.binary_join_element_wise(name, digits, "-")


def _syllables(rng: np.random.Generator) -> list[str]:
    made = [c + v + e for c in "bdfghklmnprst" for v in "aeiou" for e in ("", "n", "r", "l")]
    found: list[str] = rng.permutation(made)[:100].tolist()
    return found
