"""Integrated gradients (Sundararajan et al., ICML 2017, arXiv:1703.01365) from the empty history to the full one."""

from __future__ import annotations

from functools import cache

import numpy as np

from din_core.domain import DinLensError, Explanation
from din_core.domain.results import Floats
from din_core.scoring import Rescorer

POINTS = (16, 32, 64, 128, 256, 512)


def integrated_gradients(rescorer: Rescorer, tolerance: float = 1e-5) -> Explanation:
    """What each behavior's share of the history adds on the straight way from the empty history to the full one.

    The way leads through what the tower reads, (v, intensity, counts of repeats), from 0 to the full history's; a
    behavior's share of it is what it adds to these sums, after the division by their total where a model
    normalises. DIEN's leads through the attention, from none to the full history's: a behavior is credited with the
    step of the evolution that attends to it, not with what it left in the interest states of later ones, which
    leave-one-out takes away too. So the values add up to full less empty history; the gap is what the numerical
    integral misses, for DIEN with AIGRU also that its states evolve without attention. Points are doubled until the
    integral misses less than `tolerance` logits.
    """
    values: Floats = np.zeros(len(rescorer.behaviors))
    _check_line(rescorer)
    if len(values):
        start, end = rescorer.line(np.array([0.0, 1.0]))[0]
        for points in POINTS:
            values = _integral(rescorer, points)
            if abs(end - start - values.sum()) < tolerance:
                break
    return _explanation(rescorer, "integrated gradients", values)


def gradient_times_input(rescorer: Rescorer) -> Explanation:
    """Integrated gradients from the slope at the full history alone: what a small part of a behavior adds last."""
    values: Floats = np.zeros(len(rescorer.behaviors))
    _check_line(rescorer)
    if len(values):
        values = rescorer.line(np.ones(1))[1][0]
    return _explanation(rescorer, "gradient × input", values)


def _check_line(rescorer: Rescorer) -> None:
    if not rescorer.counts.has_line:
        raise DinLensError(
            "integrated gradients lead through the tower's inputs, and {name} shows none; take leave-one-out or Shapley"
            " values, which change the history and score it again",
            name=rescorer.shown.model,
        )


def _integral(rescorer: Rescorer, points: int) -> Floats:
    """Gauss-Legendre in the root of the way: the tower bends most where sums are small."""
    node, weight = _nodes(points)
    root = (node + 1) / 2
    integral: Floats = (weight * root) @ rescorer.line(root**2)[1]  # d(root²) = 2·root, and half the interval
    return integral


@cache
def _nodes(points: int) -> tuple[Floats, Floats]:
    return np.polynomial.legendre.leggauss(points)


def _explanation(rescorer: Rescorer, method: str, values: Floats) -> Explanation:
    return Explanation(
        method=method,
        unit="change of the logit",
        behaviors=rescorer.behaviors,
        values=values,
        gap=rescorer.full - rescorer.empty - float(values.sum()),
    )
