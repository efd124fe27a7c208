"""Activation weights, raw: what a model multiplies each behavior's embedding by before it sums them."""

from __future__ import annotations

from din_core.domain import Explanation, Scores


def activation_weights(scores: Scores, candidate: int = 0) -> Explanation:
    """The weight of one occurrence of each distinct behavior for one candidate (equation 3 of the DIN paper).

    A weight is not an effect on the score: the tower may ignore the embedding that it multiplies.
    """
    return Explanation(
        method="activation weight",
        unit="weight of one occurrence in the pooling sum",
        behaviors=scores.behaviors,
        values=scores.weight[candidate],
    )
