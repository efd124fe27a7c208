"""What a score rests on: which part of the history decides it, and what it would be without that part.

Effects are compared in logits, where a change counts the same near 0, ½ and 1; what is shown are probabilities.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from din_core.domain import Answer, Removal
from din_core.domain.results import AnswerKind
from din_core.explain.reasons.removals import probability, removed_together
from din_core.scoring import Rescorer

HARDLY = 0.2
"""Logits: less changes the odds by less than about a fifth."""
MOST = 0.5
"""Least share of what the whole history does for which a part of it is named as what decides."""
CLEARLY = 1.15
"""How many times the effect of the strongest item a category's must be to be named instead of it."""
NAMED = 2
"""Parts that are named together at most."""


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
    full = probability(rescorer.full)
    return Answer(
        kind,
        probability=full,
        empty=probability(rescorer.empty),
        behaviors=int(rescorer.count.sum()),
        decisive=decisive,
        without=removed_together(rescorer, decisive, "").without if decisive else None,
        largest=max((abs(full - part.without) for part in (*items, *categories)), default=0.0),
        baseline=baseline,
        outcome=outcome,
    )


def _level(items: Sequence[Removal], categories: Sequence[Removal]) -> Sequence[Removal]:
    """Of which of the two the parts are that are named."""
    return categories if _strongest(categories) > CLEARLY * _strongest(items) else items


def _strongest(parts: Iterable[Removal]) -> float:
    return max((abs(part.effect) for part in parts), default=0.0)


def _deciding(rescorer: Rescorer, parts: Sequence[Removal]) -> tuple[AnswerKind, tuple[Removal, ...]]:
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
