"""Shapley values: each player's mean effect over all orders in which the history can be put together.

Shapley (1953); sampled orders as in Castro, Gómez, Tejada (2009, doi:10.1016/j.cor.2008.04.004), each with its
reverse (antithetic). Dimensions: P players, S coalitions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

import numpy as np
from numpy.typing import NDArray

from din_core.domain import Explanation
from din_core.domain.results import Floats
from din_core.explain.groups import Group, group_names, occurrence_matrix
from din_core.scoring import Rescorer

LEAST_PAIRS = 16
"""Orders with their reverses: of fewer, a standard error says nothing."""
NUMBERS = 2**19
"""Numbers of the coalitions that are scored at once: some MB."""


def shapley(
    rescorer: Rescorer,
    groups: Sequence[Group] | None = None,
    *,
    occurrences: bool = False,
    row_budget: int | None = None,
    seed: int = 0,
) -> Explanation:
    """Shapley values of distinct behaviors, or of groups, for the logit; the empty history is worth nothing.

    With `occurrences` each repeat is a player of its own: those of one item are alike, so a coalition is a count
    for each item, and a behavior's value is that of its occurrences together. Exact as long as there are at most
    `row_budget` coalitions (16 players: 2^16), else estimated from as many orders as a quarter of that pays for,
    with a standard error for each value. Groups have to share no occurrence. The values add up to full less empty
    history, or to what the groups are worth together; the gap is what they miss.
    """
    if groups is not None and occurrences:
        raise ValueError("groups are one player each; leave out groups or occurrences")
    t = len(rescorer.behaviors)
    players = np.eye(t) if occurrences else occurrence_matrix(rescorer, groups)
    copies = rescorer.count.astype(np.int64) if occurrences else np.ones(len(players), dtype=np.int64)
    most = rescorer.row_budget if row_budget is None else row_budget
    rest = rescorer.count - copies @ players
    if (rest < 0).any():
        raise ValueError("groups share occurrences; give groups that share none")
    error: Floats | None = None
    if prod(int(n) + 1 for n in copies) <= most:
        logits = rescorer.logits(coalitions(copies), players)
        values, worth = subset_values(logits, copies), float(logits[-1] - logits[0])
    else:
        found, worth = order_samples(lambda inside: rescorer.logits(inside, players), copies, most // 4, seed)
        values, error = found.mean(0), standard_error(found)
    return Explanation(
        method="Shapley value",
        unit="mean change of the logit over all orders",
        behaviors=rescorer.behaviors,
        values=values,
        gap=worth - float(values.sum()),
        players=group_names(groups),
        error=error,
    )


def coalitions(copies: NDArray[np.int64]) -> Floats:
    """(S, P): how many of each player's copies are in, over all Π(copies + 1) coalitions, the last player fastest."""
    sizes = copies + 1
    stride = np.append(sizes[::-1].cumprod()[::-1][1:], 1)
    return np.asarray(np.arange(prod(sizes.tolist()))[:, None] // stride % sizes, dtype=np.float64)


def subset_values(worth: Floats, copies: NDArray[np.int64]) -> Floats:
    """(P,) exact Shapley values, all copies of a player together, from the worth (S,) of every coalition.

    One copy of player j joins coalition n in Π C(c_i, n_i) · (c_j − n_j)/c_j ways, each with weight
    |n|! (N − |n| − 1)! / N! = 1 / (N · C(N − 1, |n|)), N = Σ c.
    """
    total = int(copies.sum())
    log_factorial = np.concatenate([[0.0], np.log(np.arange(1, total + 1)).cumsum()])
    inside = coalitions(copies).astype(np.int64)
    size = inside.sum(1)
    log_ways = (log_factorial[copies] - log_factorial[inside] - log_factorial[copies - inside]).sum(1)
    left = np.maximum(total - 1 - size, 0)  # the grand coalition has nobody left to join: its weight is not used
    weight = np.exp(log_ways + log_factorial[size] + log_factorial[left] - log_factorial[total])
    values, before = np.zeros(len(copies)), 1
    for j, c in enumerate(copies.tolist()):
        shape = (before, c + 1, -1)
        joining = weight.reshape(shape)[:, :-1] * (c - np.arange(c))[:, None]
        values[j] = (joining * np.diff(worth.reshape(shape), axis=1)).sum()
        before *= c + 1
    return values


def order_samples(
    worth: Callable[[Floats], Floats], copies: NDArray[np.int64], most: int, seed: int
) -> tuple[Floats, float]:
    """(R, P) what each player adds in an order and its reverse, of R random orders; and the worth of all players.

    `worth` gives that of coalitions, (S, P) copies of each player → (S,). The mean of the rows estimates the Shapley
    values, and each row adds up to the worth of all less that of none. Some `most` coalitions are asked for, and at
    least LEAST_PAIRS orders tried; the same `seed` draws the same orders whatever the worth.
    """
    random = np.random.default_rng(seed)
    joining = np.repeat(np.arange(len(copies)), copies)  # (N,)
    steps = len(joining) + 1
    pairs = max(LEAST_PAIRS, most // (2 * steps))
    orders = np.array([random.permutation(joining) for _ in range(pairs)], dtype=np.int64).reshape(pairs, -1)
    found = np.zeros((pairs, len(copies)))
    block = max(1, NUMBERS // (2 * steps * max(1, len(copies))))
    total = 0.0
    for start in range(0, pairs, block):
        some = np.stack([orders[start : start + block], orders[start : start + block, ::-1]], 1)  # (r, 2, N)
        r = len(some)
        inside = np.zeros((r, 2, steps, len(copies)))
        np.put_along_axis(inside[:, :, 1:], some[..., None], 1, axis=3)
        scored = worth(inside.cumsum(2).reshape(-1, len(copies))).reshape(r, 2, steps)
        rows = np.broadcast_to(np.arange(start, start + r)[:, None, None], some.shape)
        np.add.at(found, (rows, some), np.diff(scored, axis=2) / 2)
        total = float(scored[0, 0, -1] - scored[0, 0, 0])
    return found, total


def standard_error(found: Floats) -> Floats:
    """(P,) of the mean of sampled rows (R, P)."""
    error: Floats = found.std(0, ddof=1) / np.sqrt(len(found))
    return error
