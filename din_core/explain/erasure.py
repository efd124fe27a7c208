"""Deletion and insertion curves, comprehensiveness and sufficiency of a ranking, against random orders.

Dimensions: T behaviors, K steps, R random orders.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from din_core.domain import Curves, Erasure
from din_core.domain.results import Floats
from din_core.scoring import Rescorer

SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)
"""As the literature has them (DeYoung et al., ACL 2020, arXiv:1911.03429)."""


def curves(rescorer: Rescorer, ranking: Floats, *, steps: int = 20, orders: int = 50, seed: int = 0) -> Curves:
    """The logit as behaviors with the largest `ranking` (T,) go first, or come first, beside random orders.

    Signed: a behavior with a negative weight goes last. A ranking that tells effects makes deletion fall below
    random and insertion rise above it. The logit is taken at about `steps` + 1 places.
    """
    t = len(rescorer.behaviors)
    gone = np.unique(np.rint(np.linspace(0, t, steps + 1)).astype(np.int64))  # (K,)
    places = np.concatenate([_places(ranking)[None], _random_places(t, orders, seed)])  # (1 + R, T)
    first = places[:, None] < gone[:, None]  # (1 + R, K, T)
    deletion, insertion = _logits(rescorer, ~first), _logits(rescorer, first)
    return Curves(
        steps=tuple(gone.tolist()),
        deletion=deletion[0],
        insertion=insertion[0],
        random_deletion=_spread(deletion[1:]),
        random_insertion=_spread(insertion[1:]),
        orders=orders,
    )


def erasure(
    rescorer: Rescorer, ranking: Floats, *, shares: Sequence[float] = SHARES, orders: int = 50, seed: int = 0
) -> Erasure | None:
    """Comprehensiveness and sufficiency of the behaviors with the largest `ranking` (T,); None without behaviors."""
    t = len(rescorer.behaviors)
    if t == 0:
        return None
    taken = np.array([int(np.ceil(share * t)) for share in shares])
    places = np.concatenate([_places(ranking)[None], _random_places(t, orders, seed)])
    first = places[:, None] < taken[:, None]
    without, alone = _logits(rescorer, ~first), _logits(rescorer, first)
    return Erasure(
        shares=tuple(shares),
        comprehensiveness=rescorer.full - float(without[0].mean()),
        sufficiency=rescorer.full - float(alone[0].mean()),
        random_comprehensiveness=rescorer.full - float(without[1:].mean()),
        random_sufficiency=rescorer.full - float(alone[1:].mean()),
    )


def _logits(rescorer: Rescorer, kept: NDArray[np.bool_]) -> Floats:
    """(1 + R, K, T) whether each behavior is there → (1 + R, K)."""
    r, k, t = kept.shape
    return rescorer.logits((kept * rescorer.count).reshape(r * k, t)).reshape(r, k)


def _places(ranking: Floats) -> NDArray[np.int64]:
    """(T,) each behavior's place, the largest first; of equal ones the newer comes first."""
    places = np.empty(len(ranking), dtype=np.int64)
    places[len(ranking) - 1 - np.argsort(-ranking[::-1], kind="stable")] = np.arange(len(ranking))
    return places


def _random_places(t: int, orders: int, seed: int) -> NDArray[np.int64]:
    """(R, T)."""
    return np.random.default_rng(seed).permuted(np.tile(np.arange(t), (orders, 1)), axis=1)


def _spread(logits: Floats) -> Floats:
    """(R, K) → (3, K): mean, 2.5 and 97.5 percentile."""
    return np.stack([logits.mean(0), *np.percentile(logits, (2.5, 97.5), axis=0)])
