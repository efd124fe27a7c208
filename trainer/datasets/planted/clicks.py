"""Which candidates were clicked, and impressions in which popularity says nothing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trainer.datasets.planted.items import Goods, Ints
from trainer.datasets.planted.options import PlantedOptions
from trainer.datasets.planted.words import BRANDS, INTERESTS

ROUNDS = 200
"""Tries to hand everybody's clicked candidates to somebody who leaves them; what is left over is dropped."""


class Week(NamedTuple):
    """One week's impressions: user (M,), item (M,), label (M,)."""

    user: Ints
    item: Ints
    label: Ints


def shown_in_week(
    options: PlantedOptions, goods: Goods, alive: NDArray[np.bool_], causes: Ints, rng: np.random.Generator
) -> Week:
    """alive, causes (users, interests) → impressions of one week.

    A click has the log-odds of `noise` plus `strength` for each causing behavior of an interest that is alive.
    Whether a shopper would click is drawn once for every candidate. Some candidates are drawn for each shopper;
    the clicked ones are the positives. The negatives are the same items, each with a shopper who would not click
    it: every item is as often a negative as a positive, so popularity alone says nothing.
    """
    users = len(alive)
    log_odds = np.log(options.noise / (1 - options.noise)) + options.strength * np.where(alive, causes, 0)
    probability = 1 / (1 + np.exp(-log_odds))  # (users, interests)
    drawn = rng.random((users, len(INTERESTS) * len(BRANDS)))
    clicks = drawn < np.repeat(probability, len(BRANDS), axis=1)
    offered = rng.permuted(np.tile(np.arange(clicks.shape[1]), (users, 1)), axis=1)[:, : options.shown]
    user = np.repeat(np.arange(users), offered.shape[1])
    candidate = offered.ravel()
    positive = clicks[user, candidate]
    user, candidate = user[positive], candidate[positive]
    other, kept = _handed_on(user, candidate, clicks, rng)
    user, other, item = user[kept], other[kept], goods.wanted[candidate[kept]]
    label = np.repeat(np.array([1, 0]), len(user))
    return Week(np.concatenate([user, other]), np.concatenate([item, item]), label)


def _handed_on(
    user: Ints, candidate: Ints, clicks: NDArray[np.bool_], rng: np.random.Generator
) -> tuple[Ints, NDArray[np.bool_]]:
    """For each positive a user (of another one) who would not click it and has not seen it; and where one was found."""
    other = rng.permutation(user)
    good = np.zeros(len(user), dtype=bool)
    for _ in range(ROUNDS):
        once = np.zeros(len(user), dtype=bool)
        once[np.unique(other * clicks.shape[1] + candidate, return_index=True)[1]] = True
        good = ~clicks[other, candidate] & once  # a user's own positives are clicked: nothing is shown twice
        if good.all():
            break
        loose = ~good
        loose[rng.integers(len(user), size=int(loose.sum()))] = True
        other[loose] = rng.permutation(other[loose])
    return other, good
