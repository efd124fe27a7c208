"""Why one probability is above another: what each part of the history adds to the gap between them.

The game is the gap in probability itself, v(S) = p₁(S) − p₂(S) over sets S of parts, as points of probability are what
is shown: v(∅) is there without any history, and the Shapley values of the parts add up to what is left of the gap.
They are linear, so a part's value is what it adds to the first probability less what it adds to the second.

Dimensions: T behaviors, I items, G groups of items, P players, R sampled orders.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from din_core.domain import GapPart, GapSplit, Item, ScoreGap
from din_core.domain.results import Floats
from din_core.explain.leave_one_out import sigmoid
from din_core.explain.reasons.removals import probability
from din_core.explain.shapley import LEAST_PAIRS, coalitions, order_samples, standard_error, subset_values
from din_core.scoring import Rescorer

ALONE = 12
"""Items that are players of their own at most, where there are many."""
CATEGORIES = 8
"""Categories that are told apart at most."""
LISTED = 8
"""Parts that are told apart at most in either split; the rest is one."""
CANCELLED = 2.0
"""The items of a category cancel where the sum of what each adds, without its sign, is above so many times what the
category adds, and at least"""
CANCELLED_LEAST = 0.05
"""so much probability."""
SHARE = 16
"""Of a rescorer's budget of rows, one in so many: the two together answer within some tenths of a second."""


def score_gap(
    first: Rescorer, second: Rescorer, category: str | None = None, *, row_budget: int | None = None, seed: int = 0
) -> ScoreGap:
    """The gap between two candidates of a model, or of one candidate under two models, for one user at one time.

    All behaviors of an item are one part. Of more than ALONE + CATEGORIES items, those that move the gap most are
    players of their own, and so is what is left of each of the CATEGORIES that do; everything else is one more. A
    player is chosen by the mean of what it adds to the gap as the first and as the last part, a category also by what
    the strongest of its items adds. Where `row_budget` does not pay for orders of so many players (DIEN), half as many
    are told apart. `category` is an item field. Exact where the coalitions are at most `row_budget`; else estimated
    from random orders, the same for both.
    """
    if first.shown.as_of != second.shown.as_of:
        raise ValueError(
            f"the scores are of {first.shown.as_of} and {second.shown.as_of} seconds; give two of one time"
        )
    pair = _Pair(first, second, _Items.of(first, second, category))
    most = min(first.row_budget, second.row_budget) // SHARE if row_budget is None else row_budget
    measured = _measure(pair, _players(pair, most), most, seed)
    categories = measured.whole_categories()
    (p, p_empty), (q, q_empty) = ([probability(logit) for logit in (r.full, r.empty)] for r in (first, second))
    return ScoreGap(
        first=p,
        second=q,
        first_empty=p_empty,
        second_empty=q_empty,
        by_item=measured.split(measured.single_items(), of_items=True),
        by_category=measured.split(categories) if categories else None,
        exact=len(measured.one) == 1,
        missed=p - q - (p_empty - q_empty) - float(measured.gaps.sum()),
        cancels=any(map(measured.cancels, categories.values())),
    )


@dataclass(frozen=True)
class _Items:
    """The items of a history, in the order of their ids, and how often each is there."""

    items: tuple[Item, ...]
    category: tuple[str | None, ...]
    occurrences: tuple[Floats, Floats]
    """(I, T) of the first rescorer's behaviors and of the second's"""

    @staticmethod
    def of(first: Rescorer, second: Rescorer, category: str | None) -> _Items:
        known = {b.item.item_id: b.item for r in (second, first) for b in r.behaviors}
        ids = sorted(known)
        items = tuple(known[one] for one in ids)
        place = {one: n for n, one in enumerate(ids)}
        found = []
        for rescorer in (first, second):
            here = np.zeros((len(ids), len(rescorer.behaviors)))
            rows = [place[b.item.item_id] for b in rescorer.behaviors]
            here[rows, np.arange(len(rows))] = rescorer.count
            found.append(here)
        values = tuple(item.first(category) if category else None for item in items)
        return _Items(items, values, (found[0], found[1]))

    def behaviors(self, rows: Sequence[int]) -> int:
        """How many there are of these items."""
        return int(max(here[list(rows)].sum() for here in self.occurrences))


@dataclass(frozen=True)
class _Pair:
    """Two probabilities as functions of which of the items are in the history."""

    first: Rescorer
    second: Rescorer
    items: _Items

    def probability(self, which: int, inside: Floats, players: Floats | None = None) -> Floats:
        """(S,) the first (0) or the second (1), of sets of items (S, I), or coalitions (S, P) of players (P, I)."""
        rescorer, here = (self.second if which else self.first), self.items.occurrences[which]
        return sigmoid(rescorer.logits(inside, here if players is None else players @ here))

    def movement(self, groups: Floats) -> Floats:
        """(G,) what groups of items (G, I) add to the gap: the mean of alone in the history and of last into it."""
        g = len(groups)
        if not g:
            return np.zeros(0)
        everything = np.ones((1, groups.shape[1]))
        inside = np.concatenate([groups, 1 - groups, np.zeros_like(everything), everything])
        gap = self.probability(0, inside) - self.probability(1, inside)
        mean: Floats = (gap[:g] - gap[-2] + gap[-1] - gap[g : 2 * g]) / 2
        return mean


def _players(pair: _Pair, most: int) -> list[list[int]]:
    """Rows of items that are one player each; every item is in one."""
    items = pair.items
    n = len(items.items)
    half = 2 if most < 2 * LEAST_PAIRS * (ALONE + CATEGORIES + 2) else 1
    if n <= (ALONE + CATEGORIES) // half:
        return [[row] for row in range(n)]
    names = sorted({name for name in items.category if name is not None})
    member = np.array([[float(own == name) for own in items.category] for name in names]).reshape(len(names), n)
    moved = pair.movement(np.concatenate([np.eye(n), member]))
    alone = _largest(moved[:n], ALONE // half)
    # Of a category whose items cancel, too: else it is told of with none of them, though one may move the gap most.
    strongest = np.maximum(abs(moved[n:]), (member * abs(moved[:n])).max(axis=1, initial=0.0))
    kept = {names[row] for row in _largest(strongest, CATEGORIES // half)}
    together: dict[str | None, list[int]] = {}
    for row in sorted(set(range(n)) - set(alone)):
        own = items.category[row]
        together.setdefault(own if own in kept else None, []).append(row)
    return [[row] for row in sorted(alone)] + list(together.values())


def _largest(moved: Floats, most: int) -> list[int]:
    """Places of those that move most, whatever the sign."""
    return [int(row) for row in np.argsort(-abs(moved), kind="stable")[:most]]


@dataclass(frozen=True)
class _Measured:
    """What each player adds to the two probabilities."""

    items: _Items
    players: Sequence[Sequence[int]]
    """(P) rows of items."""
    one: Floats
    """(R, P) in each of the sampled orders, to the first probability; (1, P) where exact"""
    two: Floats

    @property
    def gaps(self) -> Floats:
        """(P,) what each player adds to the gap."""
        mean: Floats = (self.one - self.two).mean(0)
        return mean

    def cancels(self, own: Sequence[int]) -> bool:
        """Whether these players together hide what they add alone."""
        alone = self.gaps[list(own)]
        gross = float(abs(alone).sum())
        return gross >= CANCELLED_LEAST and gross > CANCELLED * abs(float(alone.sum()))

    def single_items(self) -> dict[str, list[int]]:
        """Item → its player, of those that are players of their own."""
        return {self.items.items[own[0]].item_id: [n] for n, own in enumerate(self.players) if len(own) == 1}

    def whole_categories(self) -> dict[str, list[int]]:
        """Category → its players, of those that share no player with another."""
        within = [{self.items.category[row] for row in own} for own in self.players]
        mixed = {name for names in within if len(names) > 1 for name in names}
        found: dict[str, list[int]] = {}
        for n, (name, *_) in enumerate(within):
            if name is not None and name not in mixed:
                found.setdefault(name, []).append(n)
        return found

    def split(self, groups: Mapping[str, Sequence[int]], *, of_items: bool = False) -> GapSplit:
        """The groups that add most to the gap, and all other players as one."""
        found = [self.part(name, own, is_item=of_items) for name, own in groups.items()]
        parts = tuple(sorted(found, key=lambda part: -abs(part.gap))[:LISTED])
        listed = {n for part in parts for n in groups[part.name]}
        left = [n for n in range(len(self.players)) if n not in listed]
        return GapSplit(parts, self.part("", left) if left else None)

    def part(self, name: str, own: Sequence[int], *, is_item: bool = False) -> GapPart:
        """Players together."""
        places, rows = list(own), [row for n in own for row in self.players[n]]
        one, two = self.one[:, places].sum(1), self.two[:, places].sum(1)
        return GapPart(
            name=name,
            item=self.items.items[rows[0]] if is_item else None,
            behaviors=self.items.behaviors(rows),
            items=len(rows),
            first=float(one.mean()),
            second=float(two.mean()),
            error=float(standard_error((one - two)[:, None])[0]) if len(one) > 1 else 0.0,
        )


def _measure(pair: _Pair, players: Sequence[Sequence[int]], most: int, seed: int) -> _Measured:
    """Of every coalition where these are `most` at most, else of random orders."""
    members = np.zeros((len(players), len(pair.items.items)))
    for row, own in zip(members, players, strict=True):
        row[list(own)] = 1
    copies = np.ones(len(players), dtype=np.int64)

    def values(which: int) -> Floats:
        if 2 ** len(players) <= most:
            return subset_values(pair.probability(which, coalitions(copies), members), copies)[None]
        return order_samples(lambda inside: pair.probability(which, inside, members), copies, most, seed)[0]

    return _Measured(pair.items, players, values(0), values(1))
