"""What a behavior's type and time gap do to its activation weight, under a model whose unit reads them.

The weight is computed again with another type or another gap in the behavior's place, and all else as it is: exact,
also where a softmax weighs all behaviors against each other. An activation weight is not an effect on the score.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from din_core.domain import FoldedBehavior, History, Item, UnitReading
from din_core.scoring import Scorer
from din_core.scoring.request_encoder import DAY

Weigh = Callable[[Sequence[FoldedBehavior]], list[float]]


def unit_reading(
    scorer: Scorer, history: History, candidate: Item, context: Mapping[str, str | None], place: int
) -> UnitReading:
    """Of the behavior at `place` of those that the model sees.

    ValueError for a model whose unit reads neither. With one unit per item field, the weights are the item's own.
    """
    config = scorer.config
    if not (config.reads_types or config.reads_gaps):
        raise ValueError(f"{scorer.name} reads neither types nor time gaps of behaviors")
    request = scorer.prepare(history, [candidate], context)
    own = request.behaviors[place]

    def weigh(changed: Sequence[FoldedBehavior]) -> list[float]:
        # A history object of its own each: requests on the same one would share their behaviors.
        seen = [(*request.behaviors[:place], one, *request.behaviors[place + 1 :]) for one in changed]
        requests = [replace(request, history=replace(history), behaviors=behaviors) for behaviors in seen]
        return [float(scores.weight[0, place]) for scores in scorer.score_together(requests)]

    return _read(scorer, own, history.as_of, weigh)


def _read(scorer: Scorer, own: FoldedBehavior, as_of: int, weigh: Weigh) -> UnitReading:
    config = scorer.config
    types = (*scorer.known_types, None) if config.reads_types else ()
    begins = (0.0, *config.gap_edges) if config.reads_gaps else ()
    untyped = replace(own, types=()) if config.reads_types else own
    weight, no_type, no_gap, neither = weigh(
        [own, untyped, *(_at(one, as_of, 0.0) if begins else one for one in (own, untyped))]
    )
    by_type = ((weight - no_type) + (no_gap - neither)) / 2
    return UnitReading(
        behavior=own,
        weight=weight,
        neither=neither,
        due_to_type=by_type if types else None,
        due_to_gap=weight - neither - by_type if begins else None,
        types=tuple(zip(types, weigh([replace(own, types=(kind,)) for kind in types]), strict=True)),
        ranges=tuple(zip(begins, weigh([_at(own, as_of, days) for days in begins]), strict=True)),
        gap=(as_of - own.last_timestamp) / DAY,
    )


def _at(behavior: FoldedBehavior, as_of: int, days: float) -> FoldedBehavior:
    """The behavior at the first second that lies at least so many days before the impression."""
    at = as_of - max(1, math.ceil(days * DAY))
    return replace(behavior, first_timestamp=at, last_timestamp=at)
