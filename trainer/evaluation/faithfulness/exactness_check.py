"""Whether the methods are exact on a store's own scenarios: beside really changed histories, scored anew."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from itertools import permutations, product
from pathlib import Path
from typing import Any

import numpy as np

from din_core.domain import DinLensError, History
from din_core.domain.results import Floats
from din_core.explain import Group, leave_one_out, shapley
from din_core.model.checkpoint import load_checkpoint
from din_core.scoring import Rescorer, Scorer, rescorer_for
from din_core.store import open_store
from trainer.evaluation.faithfulness.sampled_impressions import Shown, sampled, shown

Bar = Callable[[Iterable[Any], int], Iterable[Any]]
PLAYERS = 10
"""Most players of a Shapley value that is enumerated: 2^10 histories are scored anew."""
ORDERED = 7
"""Up to so many players all orders are gone through, as the definition has it; beyond it the sum over subsets."""
DELETED = 5
"""Behaviors of a scenario that are really deleted, drawn at random: each costs a history scored anew."""


def check(
    store: str, checkpoints: Sequence[Path], split: str, sample: int, seed: int, bar: Bar = lambda rows, _: rows
) -> list[dict[str, Any]]:
    """For each checkpoint the largest differences, in logits, over `sample` impressions of a split.

    Leave-one-out beside the history without the behavior; Shapley values of up to PLAYERS groups of behaviors beside
    all coalitions rebuilt; their sum beside full less empty history.
    """
    if sample < 1:
        raise DinLensError(f"check is {sample}, but must be 1 or more; give another --check")
    models = [(folder, Scorer(load_checkpoint(folder))) for folder in checkpoints]
    found: dict[Path, list[tuple[float, float, float]]] = {folder: [] for folder, _ in models}
    with contextlib.closing(open_store(store)) as opened:
        bulk = opened.bulk()
        chosen, _ = sampled(bulk, split, sample, seed)
        for n, one in enumerate(bar(shown(opened, bulk, chosen), len(chosen))):
            random = np.random.default_rng([seed, n])
            for folder, scorer in models:
                found[folder].append(differences(scorer, one, random))
    return [
        {
            "checkpoint": str(folder),
            "scenarios": len(rows),
            **dict(zip(("leave_one_out", "shapley", "efficiency"), np.max(rows, axis=0).tolist(), strict=True)),
        }
        for folder, rows in found.items()
    ]


def differences(scorer: Scorer, one: Shown, random: np.random.Generator) -> tuple[float, float, float]:
    """Largest differences of leave-one-out, of Shapley values, and of their sum, in one scenario."""
    rescorer = rescorer_for(scorer, one.history, one.candidate, one.context)
    effects = leave_one_out(rescorer).values
    t = len(effects)
    seen = _positions(scorer, one.history, rescorer)
    everything = set().union(*seen)
    full = _rescored(scorer, one, everything)
    without = [
        abs(effects[gone] - (full - _rescored(scorer, one, everything - seen[gone])))
        for gone in random.permutation(t)[:DELETED]
    ]
    players = min(t, int(random.integers(2, PLAYERS + 1)))
    groups = _groups(rescorer, random, players)
    values = shapley(rescorer, groups).values
    own = [set().union(*(seen[place] for place in _of(group))) for group in groups]
    worth = {
        inside: _rescored(scorer, one, set().union(*(own[p] for p in range(players) if inside[p])))
        for inside in product((0, 1), repeat=players)
    }
    want = enumerated(worth, players)
    gained = full - _rescored(scorer, one, set())
    return (
        max(without, default=0.0),
        float(abs(values - want).max(initial=0.0)),
        abs(float(values.sum()) - gained),
    )


def enumerated(worth: dict[tuple[int, ...], float], players: int) -> Floats:
    """(P,) mean of what each player adds over all orders: gone through one by one, or for many players counted."""
    values = np.zeros(players)
    if players <= ORDERED:
        orders = list(permutations(range(players)))
        for order in orders:
            inside = [0] * players
            for player in order:
                before = worth[tuple(inside)]
                inside[player] = 1
                values[player] += worth[tuple(inside)] - before
        return values / len(orders)
    ways = [1.0]
    for n in range(1, players):
        ways.append(ways[-1] * n / (players - n))  # 1 / C(P − 1, n)
    for there, value in worth.items():
        for player in (p for p in range(players) if not there[p]):
            larger = (*there[:player], 1, *there[player + 1 :])
            values[player] += (worth[larger] - value) * ways[sum(there)] / players
    return values


def _groups(rescorer: Rescorer, random: np.random.Generator, players: int) -> list[Group]:
    """The behaviors dealt out at random, at least one to each player."""
    t = len(rescorer.behaviors)
    owner = random.permutation(np.arange(t) % players) if players else np.zeros(0, dtype=np.int64)
    return [
        Group(str(p), tuple(int(n) if o == p else 0 for n, o in zip(rescorer.count, owner, strict=True)))
        for p in range(players)
    ]


def _of(group: Group) -> list[int]:
    return [place for place, n in enumerate(group.occurrences) if n]


def _positions(scorer: Scorer, history: History, rescorer: Rescorer) -> list[set[int]]:
    """Where each behavior that the model sees lies in the history; what it does not see lies in none."""
    t, n = len(rescorer.behaviors), len(history.behaviors)
    if not scorer.config.folds:
        return [{n - t + place} for place in range(t)]
    places: dict[str, set[int]] = {b.item.item_id: set() for b in rescorer.behaviors}
    for place, behavior in enumerate(history.behaviors):
        if behavior.item.item_id in places:
            places[behavior.item.item_id].add(place)
    return [places[b.item.item_id] for b in rescorer.behaviors]


def _rescored(scorer: Scorer, one: Shown, kept: set[int]) -> float:
    """The logit of the history with only the behaviors at these positions."""
    behaviors = tuple(b for place, b in enumerate(one.history.behaviors) if place in kept)
    history = History(one.history.user, one.history.as_of, behaviors)
    return float(scorer.score(history, [one.candidate], one.context).logit[0])
