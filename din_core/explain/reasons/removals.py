"""Parts of a history taken away: all behaviors of an item, or of a category, and the score without them.

Dimensions: T behaviors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from din_core.domain import Removal
from din_core.domain.results import By
from din_core.explain.leave_one_out import sigmoid
from din_core.scoring import Rescorer


def removals(
    rescorer: Rescorer, by: By, names: Sequence[str], measured: Mapping[str, float] | None = None
) -> tuple[Removal, ...]:
    """All behaviors of one name taken away, for each name, those first that move the probability most.

    `names` are the behaviors' (T) item ids or categories. Effects (full logit less logit without) that are known
    already are taken from `measured`, by name; the others are rescored exactly.
    """
    if len(names) != len(rescorer.behaviors):
        raise ValueError(f"{len(names)} names of {len(rescorer.behaviors)} behaviors; give each behavior's")
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(names):
        rows.setdefault(name, []).append(row)
    effects = dict(measured or {})
    missing = [name for name in rows if name not in effects]
    effects.update(zip(missing, _effects(rescorer, [rows[name] for name in missing]), strict=True))
    effect = np.array([effects[name] for name in rows], dtype=np.float64)
    without, count = sigmoid(rescorer.full - effect), rescorer.count.astype(np.int64).tolist()
    behaviors = [sum(count[row] for row in own) for own in rows.values()]
    columns = zip(rows, map(tuple, rows.values()), behaviors, effect.tolist(), without.tolist(), strict=True)
    found = [Removal(by, *values) for values in columns]
    order = np.lexsort((-abs(effect), -abs(probability(rescorer.full) - without)))
    return tuple(found[place] for place in order.tolist())


def removed_together(rescorer: Rescorer, some: Sequence[Removal], name: str) -> Removal:
    """One or more removals at once, as one; by exact rescoring."""
    rows = sorted(row for one in some for row in one.rows)
    effect = _effects(rescorer, [rows])[0]
    count, without = int(rescorer.count[rows].sum()), probability(rescorer.full - effect)
    return Removal(some[0].by, name, tuple(rows), count, effect, without)


def probability(logit: float) -> float:
    """Of a positive label."""
    return float(sigmoid(np.array(logit)))


def _effects(rescorer: Rescorer, removed: Sequence[Sequence[int]]) -> list[float]:
    """Full logit less that without each of these sets of behaviors."""
    if not removed:
        return []
    kept = np.tile(rescorer.count, (len(removed), 1))
    for row, gone in zip(kept, removed, strict=True):
        row[list(gone)] = 0
    return [float(effect) for effect in rescorer.full - rescorer.logits(kept)]
