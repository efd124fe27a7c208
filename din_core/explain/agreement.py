"""Do activation weights rank behaviors like their measured effects?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from din_core.domain import Agreement, Explanation, Scores
from din_core.domain.results import Floats
from din_core.explain.activation import counted_weights

TOP = (1, 3, 5, 10)
RESOLUTION = 2e-6
"""Effects on a logit of about 1 are known to about this in single precision; smaller differences are ties."""


def agreement(scores: Scores, effects: Explanation, candidate: int = 0, top: Sequence[int] = TOP) -> Agreement:
    """Weight × count of each behavior beside its leave-one-out effect, which takes all its repeats away too."""
    weights = counted_weights(scores, candidate).values.astype(np.float64)
    if scores.behaviors != effects.behaviors or effects.players is not None:
        raise ValueError("effects are of other behaviors than the weights; give leave_one_out of the same scenario")
    effect = resolved(effects.values, float(scores.logit[candidate]))
    one = scores.weight[candidate]
    return Agreement(
        behaviors=scores.behaviors,
        weights=weights,
        effects=effect,
        tau=kendall_tau(weights, effect),
        tau_size=kendall_tau(abs(weights), abs(effect)),
        same_sign=same_sign(weights, effect),
        covered=covered(abs(weights), abs(effect), top),
        best=covered(abs(effect), abs(effect), top),
        alike=bool(len(one) == 0 or np.ptp(one) <= 1e-6 * abs(one).max()),
    )


def resolved(effects: Floats, logit: float) -> Floats:
    """Effects (T,) on a logit, what is below the network's own error as 0."""
    step = RESOLUTION * max(1.0, abs(logit))
    rounded: Floats = np.round(effects / step) * step
    return rounded


def same_sign(weights: Floats, effects: Floats) -> float | None:
    """Share with the same sign, of the behaviors (T,) with both a weight and an effect; None where there are none."""
    both = (weights != 0) & (effects != 0)
    return float((np.sign(weights) == np.sign(effects))[both].mean()) if both.any() else None


def pooled_correlation(histories: Iterable[tuple[Floats, Floats]]) -> float | None:
    """Pearson's r of weights and effects over the behaviors of many histories, each less its own history's mean.

    What all behaviors of a history share plays no part, and a history counts by how much its behaviors differ. The
    histories give weights and effects, (T,) each; None where either are alike within every history.
    """
    product = weights = effects = 0.0
    for weight, effect in histories:
        if len(weight) > 1:
            above_w, above_e = weight - weight.mean(), effect - effect.mean()
            product += float(above_w @ above_e)
            weights += float(above_w @ above_w)
            effects += float(above_e @ above_e)
    size = float(np.sqrt(weights) * np.sqrt(effects))
    return product / size if size else None


def kendall_tau(x: Floats, y: Floats) -> float | None:
    """Kendall's τ-b (1945): concordant less discordant pairs over the geometric mean of the pairs not tied in each.

    None where either is all ties or there are fewer than two.
    """
    above_x, above_y = (z[:, None] > z[None] for z in (x, y))  # (T, T): every pair in both orders
    concordant, both_untied = np.count_nonzero(above_x & above_y), np.count_nonzero(above_x & (above_y | above_y.T))
    untied = float(np.count_nonzero(above_x)) * float(np.count_nonzero(above_y))
    return float((2 * concordant - both_untied) / np.sqrt(untied)) if untied else None


def covered(rank_by: Floats, size: Floats, top: Sequence[int]) -> dict[int, float | None]:
    """For each k of `top`, the share of Σ size of the k first by `rank_by`; of equal ones, the newer come first."""
    total = size.sum()
    first = size[::-1][np.argsort(-rank_by[::-1], kind="stable")]
    return {k: float(first[:k].sum() / total) if total else None for k in top}
