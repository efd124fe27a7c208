"""The fewest changes to a history that take a candidate across a threshold, or past another candidate.

Dimensions: T behaviors, P players (behaviors, groups, or items to add), S sets of players.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from din_core.domain import Counterfactual
from din_core.domain.results import Floats
from din_core.explain.groups import Group, occurrence_matrix
from din_core.scoring import Rescorer

ROWS = 2**14
Sets = NDArray[np.int64]


def smallest_removal(
    rescorer: Rescorer,
    *,
    threshold: float | None = None,
    rival: Rescorer | None = None,
    groups: Sequence[Group] | None = None,
    row_budget: int | None = None,
) -> Counterfactual:
    """The fewest distinct behaviors (with all their repeats), or groups, without which the candidate crosses over.

    Give a `threshold` in logits, or a `rival`: another candidate on the same history, which loses the same
    behaviors. All sets of one size are tried before the next size, the furthest across wins, as long as
    `row_budget` sets pay for it (any number of up to 16 players, all pairs of 400); then the best set so far grows
    by the best player at a time, and sheds those it can do without: that need not be the smallest.
    """
    names = tuple(g.name for g in groups) if groups is not None else tuple(b.item.label for b in rescorer.behaviors)
    search = _Search(rescorer, rival, threshold, occurrence_matrix(rescorer, groups), removing=True)
    return search.run("remove", names, row_budget)


def fewest_additions(
    rescorer: Rescorer, *, threshold: float | None = None, rival: Rescorer | None = None, row_budget: int | None = None
) -> Counterfactual:
    """The fewest of the items that `rescorer_for` was given as `added` with which the candidate crosses over.

    They join the behaviors that the model sees, however many these are, in the given order as the newest. Exact
    or greedy as in `smallest_removal`; a `rival` has the same additions.
    """
    extra = np.flatnonzero(rescorer.count == 0)
    names = tuple(rescorer.behaviors[t].item.label for t in extra)
    return _Search(rescorer, rival, threshold, np.eye(len(rescorer.count))[extra], False).run("add", names, row_budget)


class _Search:
    """Sets of players by how far they are from the goal."""

    def __init__(
        self, rescorer: Rescorer, rival: Rescorer | None, threshold: float | None, players: Floats, removing: bool
    ) -> None:
        if (rival is None) == (threshold is None):
            raise ValueError("a counterfactual crosses one thing; give a threshold or a rival")
        if rival is not None and rival.behaviors != rescorer.behaviors:
            raise ValueError("the rival is scored on another history; give both the same")
        self.rescorer, self.rival, self.threshold = rescorer, rival, threshold
        self.p, self.removing = len(players), removing
        rest = rescorer.count - players.sum(0) if removing else rescorer.count
        self.players = np.concatenate([players, rest[None]])  # (P + 1, T): the last is what always stays
        self.before = float(self._margins(np.zeros((1, 0), dtype=np.int64))[0])
        self.sign = 1.0 if self.before >= 0 else -1.0

    def run(self, action: str, names: tuple[str, ...], row_budget: int | None) -> Counterfactual:
        """All sets size by size, then one that grows."""
        left = 2 * self.rescorer.row_budget if row_budget is None else row_budget
        best: tuple[int, ...] = ()
        size, nearest = 0, self.sign * self.before
        while nearest >= 0 and size < self.p and comb(self.p, size + 1) <= left:
            size += 1
            left -= comb(self.p, size)
            found, distance = self._best_of_size(size)
            if distance < nearest or not best:
                best, nearest = found, distance
        exact = nearest < 0 or size == self.p
        if not exact:
            best, nearest = self._grow(best, nearest)
            exact = nearest < 0 and len(best) == size + 1
        return Counterfactual(
            action=action,
            players=names,
            chosen=best if nearest < 0 else None,
            before=self.before,
            after=self.sign * nearest,
            exact=exact,
            at_least=size if nearest < 0 and len(best) == size else size + 1,
        )

    def _best_of_size(self, size: int) -> tuple[tuple[int, ...], float]:
        """The set of `size` players that comes nearest to the goal, or furthest across."""
        best: tuple[tuple[int, ...], float] = ((), np.inf)
        every = combinations(range(self.p), size)
        total = comb(self.p, size)
        for start in range(0, total, ROWS):
            rows = min(ROWS, total - start)
            flat = (player for _, chosen in zip(range(rows), every, strict=False) for player in chosen)
            sets = np.fromiter(flat, dtype=np.int64, count=rows * size).reshape(rows, size)
            distance = self._distances(sets)
            nearest = int(distance.argmin())
            if distance[nearest] < best[1]:
                best = tuple(sets[nearest].tolist()), float(distance[nearest])
        return best

    def _grow(self, chosen: tuple[int, ...], nearest: float) -> tuple[tuple[int, ...], float]:
        """Add the best player at a time until across, then drop those that are not needed."""
        closest = nearest
        while nearest >= 0 and len(chosen) < self.p:
            others = [player for player in range(self.p) if player not in chosen]
            sets = np.array([(*chosen, player) for player in others], dtype=np.int64)
            distance = self._distances(sets)
            chosen, nearest = tuple(sets[distance.argmin()].tolist()), float(distance.min())
            closest = min(closest, nearest)
        if nearest >= 0:
            return chosen, closest
        while len(chosen) > 1:
            fewer = np.array([[p for p in chosen if p != player] for player in chosen], dtype=np.int64)
            distance = self._distances(fewer)
            if distance.min() >= 0:
                break
            chosen, nearest = tuple(fewer[distance.argmin()].tolist()), float(distance.min())
        return tuple(sorted(chosen)), nearest

    def _distances(self, sets: Sets) -> Floats:
        """(S,) below 0 once across."""
        return self.sign * self._margins(sets)

    def _margins(self, sets: Sets) -> Floats:
        """(S,) logit less threshold or rival's logit, after the change that each row of players (S, n) makes."""
        there = np.full((len(sets), self.p + 1), float(self.removing))
        there[np.arange(len(sets))[:, None], sets] = not self.removing
        there[:, -1] = 1
        logits = self.rescorer.logits(there, self.players)
        if self.rival is not None:
            return logits - self.rival.logits(there, self.players)
        return logits - np.float64(self.threshold or 0)
