"""Activation weights: what a model multiplies each behavior's embedding by before it sums them.

A weight is not an effect on the score: the tower may ignore the embedding that it multiplies. With one unit per
item field, the weights are the first field's, the item's own.
"""

from __future__ import annotations

import numpy as np

from din_core.domain import Explanation, Scores


def activation_weights(scores: Scores, candidate: int = 0) -> Explanation:
    """The weight of one occurrence of each distinct behavior for one candidate (equation 3 of the DIN paper)."""
    return Explanation(
        method="activation weight",
        unit="weight of one occurrence in the pooling sum",
        behaviors=scores.behaviors,
        values=scores.weight[candidate],
    )


def counted_weights(scores: Scores, candidate: int = 0) -> Explanation:
    """Weight × count: all of a behavior's occurrences together. They add up to Σw, the interest intensity."""
    counted = scores.weight[candidate] * np.array([b.count for b in scores.behaviors], dtype=scores.weight.dtype)
    return Explanation(
        method="activation weight × count",
        unit="weight of all occurrences in the pooling sum",
        behaviors=scores.behaviors,
        values=counted,
        gap=float(scores.intensity[candidate] - counted.sum()),
    )


def softmaxed_weights(scores: Scores, candidate: int = 0) -> Explanation | None:
    """What a softmax over the history would have made of the weights: exp(w) / Σ count·exp(w), one occurrence.

    The network was not trained with it, so these are other weights, not other names for the same. The weights
    themselves where the model has a softmax or attends by one (DIEN); None for pooling that knows no candidate.
    """
    if scores.pooling not in ("attention", "evolution"):
        return None
    weight = scores.weight[candidate].astype(np.float64)
    if scores.pooling == "attention" and scores.normalisation == "none" and len(weight):
        share = np.exp(weight - weight.max())
        weight = share / (share @ np.array([b.count for b in scores.behaviors], dtype=np.float64))
    return Explanation(
        method="softmax of the activation weights",
        unit="share of one occurrence of all the attention",
        behaviors=scores.behaviors,
        values=weight,
    )
