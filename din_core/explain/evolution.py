"""Interest evolution: DIEN's state after each behavior, and the score had the history ended there.

The path is the one that the score was made on: attention is that of the whole history. Scores of shorter histories
are those of the model on these histories, in one forward pass; where the model keeps only the newest behaviors, a
shorter history brings older ones back into sight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from din_core.domain import History, Item
from din_core.domain.evolution import EvolutionPath
from din_core.scoring import Scorer, rescorer_for


def evolution_path(
    scorer: Scorer, history: History, candidate: Item, context: Mapping[str, str | None]
) -> EvolutionPath:
    """The state's path for one candidate; ValueError for a model without interest states."""
    rescorer = rescorer_for(scorer, history, candidate, context)
    if not rescorer.counts.has_path:
        raise ValueError(f"{scorer.name} has no interest states; give a DIEN")
    attention, states = rescorer.path()
    total, steps = len(history.behaviors), len(rescorer.behaviors)
    ended = [replace(history, behaviors=history.behaviors[:end]) for end in range(total - steps, total + 1)]
    scores = scorer.score_together([scorer.prepare(shorter, [candidate], context) for shorter in ended])
    logit = np.array([float(score.logit[0]) for score in scores])
    return EvolutionPath(rescorer.behaviors, attention, states, logit)
