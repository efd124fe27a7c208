"""t-SNE (van der Maaten and Hinton, JMLR 2008), exact, for the hundreds of points of one picture.

n points. Everything is (n, n): a thousand points are a second or two, many thousands are not for this.
It starts from the principal components and draws nothing at random, so the same points give the same picture.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

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
    wanted = joint(torch.as_tensor(vectors, dtype=torch.float64), min(perplexity, (len(start) - 1) / 3)).float()
    y = torch.as_tensor(start / max(start[:, 0].std(), SMALL) * 1e-4, dtype=torch.float32)
    moved, gain = torch.zeros_like(y), torch.ones_like(y)
    rate = max(len(y) / EXAGGERATION / 4, 50.0)
    for step in range(steps):
        early = step < EXAGGERATED
        slope = _slope(y, wanted * EXAGGERATION if early else wanted)
        gain = torch.where(slope * moved < 0, gain + 0.2, gain * 0.8).clamp(min=0.01)
        moved = (0.5 if early else 0.8) * moved - rate * gain * slope
        y = y + moved
        y -= y.mean(0)
    return np.asarray(y.double())


def joint(x: Tensor, perplexity: float) -> Tensor:
    """(n, n) how near each pair is, Σ = 1: Gaussians as wide as gives every point this perplexity."""
    square = torch.cdist(x, x).square()
    square.fill_diagonal_(torch.inf)
    square -= square.amin(1, keepdim=True)  # leaves the conditional probabilities as they are
    low, high = torch.zeros(len(x), 1, dtype=x.dtype), torch.full((len(x), 1), torch.inf, dtype=x.dtype)
    sharpness, near = torch.ones_like(low), square
    for _ in range(60):
        near = torch.exp(-sharpness * square)
        near /= near.sum(1, keepdim=True)
        spread = torch.exp(-(near * near.clamp(min=SMALL).log()).sum(1, keepdim=True))
        wide = spread > perplexity
        low, high = torch.where(wide, sharpness, low), torch.where(wide, high, sharpness)
        sharpness = torch.where(torch.isinf(high), 2 * sharpness, (low + high) / 2)
    return (near + near.T) / (2 * len(x))


def _slope(y: Tensor, wanted: Tensor) -> Tensor:
    """Gradient of KL(wanted ‖ the map's own nearness, a Student t with one degree of freedom)."""
    heavy = 1 / (1 + torch.cdist(y, y).square())
    heavy.fill_diagonal_(0)
    pull = (wanted - heavy / heavy.sum()) * heavy
    return 4 * (pull.sum(1, keepdim=True) * y - pull @ y)
