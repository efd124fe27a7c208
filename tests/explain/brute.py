"""What methods should find, the long way round: by deleting behaviors from a history and scoring it anew."""

from __future__ import annotations

from itertools import permutations

import numpy as np

from din_core.domain import History
from tests.explain.scenes import item, scorer

CONTEXT = {"place": "top"}


def rescored(name: str, past: History, kept: set[int]) -> float:
    """The logit of candidate "c" with only the behaviors at these positions of the history."""
    behaviors = tuple(b for at, b in enumerate(past.behaviors) if at in kept)
    scores = scorer(name).score(History(past.user, past.as_of, behaviors), [item("c")], CONTEXT)
    return float(scores.logit[0])


def shapley_by_orders(name: str, past: History, players: list[set[int]]) -> np.ndarray:
    """Mean of what each player, a set of positions, adds over all orders."""
    worth: dict[frozenset[int], float] = {}
    values, orders = np.zeros(len(players)), list(permutations(range(len(players))))
    for order in orders:
        for n, player in enumerate(order):
            for sign, inside in ((1, order[: n + 1]), (-1, order[:n])):
                key = frozenset(inside)
                if key not in worth:
                    worth[key] = rescored(name, past, set().union(*(players[p] for p in inside)))
                values[player] += sign * worth[key]
    return values / len(orders)


def positions(name: str, past: History) -> list[set[int]]:
    """Where each behavior that the model sees lies in the history."""
    if not scorer(name).config.folds:
        return [{at} for at in range(len(past.behaviors))]
    return [{at for at, b in enumerate(past.behaviors) if b.item == seen.item} for seen in past.folded()]
