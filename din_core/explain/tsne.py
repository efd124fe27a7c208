"""t-SNE (van der Maaten and Hinton, JMLR 2008), exact, for the hundreds of points of one picture.

n points. Everything is (n, n): a thousand points are a second or two, many thousands are not for this.
It starts from the principal components and draws nothing at random, so the same points give the same picture.
"""

from __future__ import annotations

import numpy as np

from din_core.domain.results import Floats
from din_core.explain.item_space import plane

PERPLEXITY = 30.0
"""How many neighbours a point has, about."""
STEPS, EXAGGERATED = 350, 100
"""Steps of gradient descent, the first of which pull neighbours together EXAGGERATION times as hard."""
EXAGGERATION = 12.0
SMALL = 1e-12


def tsne(vectors: Floats, perplexity: float = PERPLEXITY, steps: int = STEPS) -> Floats:
    """(n, D) → (n, 2); near points stay near, far distances mean little. Fewer than 4 points keep their plane."""
    start = plane(vectors).points
    if len(start) < 4:
        return start
    wanted = joint(np.asarray(vectors, np.float64), min(perplexity, (len(start) - 1) / 3)).astype(np.float32)
    y: Floats = (start / max(start[:, 0].std(), SMALL) * 1e-4).astype(np.float32)
    moved, gain = np.zeros_like(y), np.ones_like(y)
    rate = max(len(y) / EXAGGERATION / 4, 50.0)
    early = wanted * np.float32(EXAGGERATION)
    descent = _Descent(len(y))
    for step in range(steps):
        slope = descent.slope(y, early if step < EXAGGERATED else wanted)
        gain = np.where(slope * moved < 0, gain + 0.2, gain * 0.8).clip(min=0.01)
        moved = (0.5 if step < EXAGGERATED else 0.8) * moved - rate * gain * slope
        y = y + moved
        y -= y.mean(0)
    return y.astype(np.float64)


def joint(x: Floats, perplexity: float) -> Floats:
    """(n, n) how near each pair is, Σ = 1: Gaussians as wide as gives every point this perplexity."""
    square = _squared_distances(x)
    np.fill_diagonal(square, np.inf)
    square -= square.min(1, keepdims=True)  # leaves the conditional probabilities as they are
    low, high = np.zeros((len(x), 1)), np.full((len(x), 1), np.inf)
    sharpness, near = np.ones_like(low), square
    for _ in range(60):
        near = np.exp(-sharpness * square)
        near /= near.sum(1, keepdims=True)
        spread = np.exp(-(near * np.log(near.clip(min=SMALL))).sum(1, keepdims=True))
        wide = spread > perplexity
        low, high = np.where(wide, sharpness, low), np.where(wide, high, sharpness)
        sharpness = np.where(np.isinf(high), 2 * sharpness, (low + high) / 2)
    found: Floats = (near + near.T) / (2 * len(x))
    return found


def _squared_distances(x: Floats) -> Floats:
    """(n, n); 0 for equal points, whatever is rounded."""
    length = (x * x).sum(1)
    square: Floats = length[:, None] + length - 2 * (x @ x.T)
    np.maximum(square, 0, out=square)
    return square


class _Descent:
    """Slopes of n points of a plane, in memory that every step uses again."""

    def __init__(self, n: int) -> None:
        self._first, self._second = np.empty((n, n), np.float32), np.empty((n, n), np.float32)

    def slope(self, y: Floats, wanted: Floats) -> Floats:
        """Gradient of KL(wanted ‖ the map's own nearness, a Student t with one degree of freedom)."""
        heavy, other = self._first, self._second
        np.subtract(y[:, :1], y[:, 0], out=heavy)
        np.subtract(y[:, 1:], y[:, 1], out=other)
        heavy *= heavy
        other *= other
        heavy += other
        heavy += 1
        np.reciprocal(heavy, out=heavy)
        np.fill_diagonal(heavy, 0)
        np.multiply(heavy, -1 / heavy.sum(), out=other)
        other += wanted
        other *= heavy
        slope: Floats = 4 * (other.sum(1, keepdims=True) * y - other @ y)
        return slope
