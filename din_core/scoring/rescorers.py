"""Rescorers of a scorer's candidates, computed on this machine or by the cluster that scores for it.

Dimensions: T behaviors, C candidates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from din_core.domain import FoldedBehavior, History, Item
from din_core.scoring.request_encoder import Request
from din_core.scoring.rescoring.rescorer import RescoredHistory, Rescorer
from din_core.scoring.scorer import Scorer


def rescorer_for(
    scorer: Scorer,
    history: History,
    candidate: Item,
    context: Mapping[str, str | None],
    added: Sequence[Item] = (),
) -> Rescorer:
    """A rescorer of one candidate against one history.

    `added` are items that are not there, but may be: each follows as one more behavior at the impression's last
    second, with a count of 0 until `logits` is given another.
    """
    return next(rescorers_for(scorer, history, [candidate], [context], added))


def rescorers_for(
    scorer: Scorer,
    history: History,
    candidates: Sequence[Item],
    contexts: Sequence[Mapping[str, str | None]],
    added: Sequence[Item] = (),
) -> Iterator[Rescorer]:
    """`rescorer_for` of C candidates, each in its context (C), one after the other.

    On this machine what the history brings is computed once for all: see `count_rescorers`.
    """
    seen, folds = scorer.seen(history), scorer.config.folds
    now = history.as_of - 1
    behaviors = (*seen, *(FoldedBehavior(item, 1, now, now) for item in added))
    batch = scorer.arrays([[Request(history, behaviors, tuple(candidates), tuple(contexts))]])
    count = np.array([*(b.count for b in seen), *(0 for _ in added)], dtype=np.float64)
    computed = scorer.engine.count_rescorers(batch, count, len(added))
    for candidate, counts in zip(candidates, computed, strict=True):
        yield Rescorer(RescoredHistory(scorer.name, candidate, behaviors, history, folds, count), counts)
