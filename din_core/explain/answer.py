"""What a score rests on: which part of the history decides it, and what it would be without that part.

Effects are compared in logits, where a change counts the same near 0, ½ and 1; what is shown are probabilities.
Dimensions: T behaviors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from din_core.domain.answer import Answer, By, Kind, Removal
from din_core.explain.leave_one_out import sigmoid
from din_core.scoring import Rescorer

HARDLY = 0.2
"""Logits: less changes the odds by less than about a fifth."""
MOST = 0.5
"""Least share of what the whole history does for which a part of it is named as what decides."""
CLEARLY = 1.15
"""How many times the effect of the strongest item a category's must be to be named instead of it."""
NAMED = 2
"""Parts that are named together at most."""


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
    found = [_removal(rescorer, by, name, rows[name], effects[name]) for name in rows]
    full = probability(rescorer.full)
    return tuple(sorted(found, key=lambda one: (-abs(full - one.without), -abs(one.effect))))


def removed_together(rescorer: Rescorer, some: Sequence[Removal], name: str) -> Removal:
    """One or more removals at once, as one; by exact rescoring."""
    rows = sorted(row for one in some for row in one.rows)
    return _removal(rescorer, some[0].by, name, rows, _effects(rescorer, [rows])[0])


def answer(
    rescorer: Rescorer,
    items: Sequence[Removal],
    categories: Sequence[Removal] = (),
    *,
    baseline: float | None = None,
    outcome: int | None = None,
) -> Answer:
    """The facts of the sentence that explains a score, from the `removals` of a history's items and categories.

    Categories are named where the strongest one's effect is clearly larger than that of the strongest item.
    `baseline` is what average pooling says, `outcome` the impression's label.
    """
    kind, decisive = _deciding(rescorer, _level(items, categories))
    return Answer(
        kind,
        probability=probability(rescorer.full),
        empty=probability(rescorer.empty),
        behaviors=int(rescorer.count.sum()),
        decisive=decisive,
        without=removed_together(rescorer, decisive, "").without if decisive else None,
        largest=max((abs(probability(rescorer.full) - part.without) for part in (*items, *categories)), default=0.0),
        baseline=baseline,
        outcome=outcome,
    )


def probability(logit: float) -> float:
    """Of a positive label."""
    return float(sigmoid(np.array(logit)))


def _removal(rescorer: Rescorer, by: By, name: str, rows: Sequence[int], effect: float) -> Removal:
    count = int(rescorer.count[list(rows)].sum())
    return Removal(by, name, tuple(rows), count, effect, probability(rescorer.full - effect))


def _effects(rescorer: Rescorer, removed: Sequence[Sequence[int]]) -> list[float]:
    """Full logit less that without each of these sets of behaviors."""
    if not removed:
        return []
    kept = np.tile(rescorer.count, (len(removed), 1))
    for row, gone in zip(kept, removed, strict=True):
        row[list(gone)] = 0
    return [float(effect) for effect in rescorer.full - rescorer.logits(kept)]


def _level(items: Sequence[Removal], categories: Sequence[Removal]) -> Sequence[Removal]:
    """Of which of the two the parts are that are named."""
    return categories if _strongest(categories) > CLEARLY * _strongest(items) else items


def _strongest(parts: Iterable[Removal]) -> float:
    return max((abs(part.effect) for part in parts), default=0.0)


def _deciding(rescorer: Rescorer, parts: Sequence[Removal]) -> tuple[Kind, tuple[Removal, ...]]:
    """The kind of answer and the parts that it names."""
    whole = rescorer.full - rescorer.empty
    if not rescorer.count.any():
        return "empty", ()
    if max(abs(whole), _strongest(parts)) < HARDLY:
        return "hardly", ()
    opposed = _opposed(whole, parts)
    if opposed:
        return "opposed", opposed
    way = 1 if whole > 0 else -1
    agreeing = sorted((part for part in parts if way * part.effect > 0), key=lambda part: -way * part.effect)
    for n in range(1, min(NAMED, len(agreeing)) + 1):
        effect = agreeing[0].effect if n == 1 else removed_together(rescorer, agreeing[:n], "").effect
        if way * effect >= MOST * abs(whole):
            return ("one" if n == 1 else "several"), tuple(agreeing[:n])
    apart = sum(part.effect for part in parts)
    return ("interchangeable" if way * apart < MOST * abs(whole) else "spread"), ()


def _opposed(whole: float, parts: Sequence[Removal]) -> tuple[Removal, ...]:
    """The two parts that pull against each other, the stronger first; the one against which the history as a whole
    pulls; or none. `whole` is what the whole history does, in logits."""
    up = max(parts, key=lambda part: part.effect)
    down = min(parts, key=lambda part: part.effect)
    strong, weak = sorted((up, down), key=lambda part: -abs(part.effect))
    if abs(strong.effect) < max(HARDLY, MOST * abs(whole)):
        return ()
    if up.effect > 0 > down.effect and abs(weak.effect) >= max(HARDLY, MOST * abs(strong.effect)):
        return strong, weak
    return (strong,) if abs(whole) < HARDLY or strong.effect * whole < 0 else ()
