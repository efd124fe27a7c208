"""Shoppers' interests and what they did, week by week."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trainer.datasets.planted.items import Goods, Ints
from trainer.datasets.planted.options import WEEKS, PlantedOptions
from trainer.datasets.planted.words import BRANDS, INTERESTS

WEEK = 7 * 86_400
START = 1_735_516_800
"""30 Dec 2024, a Monday, 00:00 UTC."""
UNEVEN = 0.7
"""Brand b of a category is bought in proportion to (b + 1)^−UNEVEN."""


class Behaviors(NamedTuple):
    """(N,) each, ordered by user and time."""

    user: Ints
    item: Ints
    time: Ints
    """Seconds since 1970-01-01 UTC."""


def week_start(week: int) -> int:
    """Seconds."""
    return START + week * WEEK


def interests(options: PlantedOptions, rng: np.random.Generator) -> NDArray[np.bool_]:
    """(users, WEEKS, interests): which interests are alive in which week."""
    n = len(INTERESTS)
    alive = np.zeros((options.users, WEEKS, n), dtype=bool)
    held = rng.permuted(np.tile(np.arange(n), (options.users, 1)), axis=1)  # the first ones are held
    user = np.arange(options.users)
    for week in range(WEEKS):
        if week:
            swaps = user[rng.random(options.users) < options.drift]
            old = rng.integers(options.interests, size=len(swaps))
            new = rng.integers(options.interests, n, size=len(swaps))
            held[swaps, old], held[swaps, new] = held[swaps, new], held[swaps, old]
        alive[user[:, None], week, held[:, : options.interests]] = True
    return alive


def behaviors(options: PlantedOptions, goods: Goods, alive: NDArray[np.bool_], rng: np.random.Generator) -> Behaviors:
    """Everybody's behaviors: some from an interest that is alive, the others from distractor categories."""
    number = rng.poisson(options.behaviors, size=(options.users, WEEKS))
    user, week = (np.repeat(axis.ravel(), number.ravel()) for axis in np.indices(number.shape))
    n = len(user)
    held = alive[user, week]  # (n, interests)
    drawn = np.argmax(np.where(held, rng.random(held.shape), -1), axis=1)
    cause = 4 * drawn + 1 + rng.integers(2, size=n)
    category = np.where(rng.random(n) < options.share, cause, rng.choice(goods.idle, size=n))
    brand = rng.choice(len(BRANDS), size=n, p=_brand_share())
    time = START + week * WEEK + rng.integers(WEEK, size=n)
    order = np.lexsort((time, user))
    user, category, item, time = user[order], category[order], (category * len(BRANDS) + brand)[order], time[order]
    again = rng.random(n) < options.repeats
    had: dict[tuple[int, int], list[int]] = {}
    for row in range(n):
        before = had.setdefault((int(user[row]), int(category[row])), [])
        if again[row] and before:
            item[row] = before[int(rng.integers(len(before)))]
        before.append(int(item[row]))
    return Behaviors(user, item, time)


def causes_before(found: Behaviors, goods: Goods, users: int) -> Ints:
    """(users, WEEKS, interests): behaviors that act on each interest before each week begins."""
    interest = goods.interest[found.item]
    acts = interest >= 0
    counts = np.zeros((users, WEEKS + 1, len(INTERESTS)), dtype=np.int64)
    week = (found.time - START) // WEEK
    np.add.at(counts, (found.user[acts], week[acts] + 1, interest[acts]), 1)
    return counts.cumsum(1)[:, :WEEKS]


def _brand_share() -> NDArray[np.float64]:
    share = (np.arange(len(BRANDS)) + 1.0) ** -UNEVEN
    return np.asarray(share / share.sum())
