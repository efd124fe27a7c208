"""Fourth test of Wiegreffe and Pinter (EMNLP 2019, arXiv:1908.04626): other weights, the same prediction.

The interest vector is a sum, so the search runs over the masses m_t = count_t · weight_t of one scenario: what the
tower reads is m·K, with the intensity Σm; nothing else follows from weights. Weights stay within what the model
could have made of the same total: with a softmax m ≥ 0 and Σm = 1, without one Σ|m| as trained.

Dimensions: T behaviors, R starts, D item embedding width, I intensities (1, or one for each item field).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from din_core.domain import Scores
from din_core.scoring import Rescorer
from din_core.scoring.rescoring.tower_rescoring import PooledHistories, TowerRescorer

TOLERANCE = 0.01
"""Logits: the same prediction to .25 percentage points at most."""
STARTS = 6
STEPS = 80
RATE = 0.1
STRENGTH = 100.0
"""Of the penalty on squared logits, once a difference is beyond the tolerance."""
LINE_POINTS = 65
"""Points on the way from the trained weights to those found."""


@dataclass(frozen=True, slots=True)
class AdversarialWeights:
    """The most different weights found in one scenario."""

    moved: float
    """Total variation from the trained weights: the share of attention that lies elsewhere, 0 to 1. A lower bound
    of what is possible."""
    divergence: float
    """Jensen–Shannon divergence of the shares |m|/Σ|m|, in nats: 0 to log 2 = .69."""
    change: float
    """Logits that the score moved: at most the tolerance."""


def find_adversarial_weights(
    rescorer: Rescorer, scores: Scores, embeddings: Tensor, tolerance: float = TOLERANCE, seed: int = 0
) -> AdversarialWeights | None:
    """The most different weights that keep the logit within `tolerance`, by gradient ascent from several starts.

    embeddings (T, D) of the behaviors; `scores` of the same candidate, first of all. None where nothing can be
    moved: fewer than two behaviors, or weights that are all 0.
    """
    if len(rescorer.behaviors) < 2:
        return None
    search = _AdversarialSearch(rescorer, scores, embeddings.double())
    if not bool((search.total > 0).all()):
        return None
    points = search.starts(seed).requires_grad_()  # (R, T, I)
    optimiser = torch.optim.Adam([points], lr=RATE)
    for _ in range(STEPS):
        optimiser.zero_grad()
        mass = search.masses(points)
        excess = (abs(search.logits(mass) - search.logit) - tolerance / 2).clamp(min=0)
        (STRENGTH * excess.square() - search.moved(mass)).sum().backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return search.best(search.masses(points).detach(), tolerance)


class _AdversarialSearch:
    """One scenario's masses, what they do to the logit, and how far they are from the trained ones."""

    def __init__(self, rescorer: Rescorer, scores: Scores, embeddings: Tensor) -> None:
        assert isinstance(rescorer.counts, TowerRescorer)
        self.inputs, self.k = rescorer.counts.inputs, embeddings
        self.softmaxed = scores.normalisation != "none"
        each = scores.field_weight or {"all": scores.weight}
        weights = np.stack([weight[0] for weight in each.values()], axis=1)  # (T, I)
        self.trained = torch.from_numpy(weights * rescorer.count[:, None])
        self.total = abs(self.trained).sum(0)  # (I,)
        fields = self.inputs.network.config.item_fields
        self.widths = torch.tensor([f.width for f in fields] if len(each) > 1 else [embeddings.shape[1]])
        matches = self.inputs.matches
        self.repeats = None if matches is None else torch.as_tensor(rescorer.count) @ matches.double()
        self.logit = float(self.logits(self.trained[None])[0])

    def logits(self, mass: Tensor) -> Tensor:
        """mass (R, T, I) → (R,)."""
        spread = mass.repeat_interleave(self.widths, 2)  # (R, T, D)
        repeats = None if self.repeats is None else self.repeats.expand(len(mass), -1)
        return self.inputs.logits(
            self.inputs.cast(PooledHistories((spread * self.k).sum(1), mass.sum(1), repeats))
        ).double()

    def masses(self, points: Tensor) -> Tensor:
        """Any (R, T, I) → masses of the trained total: signed, or with a softmax positive."""
        if self.softmaxed:
            return points.softmax(1) * self.total
        return points / abs(points).sum(1, keepdim=True).clamp(min=1e-12) * self.total

    def moved(self, mass: Tensor) -> Tensor:
        """(R,) total variation from the trained masses, mean over item fields where each has weights."""
        return (abs(mass - self.trained).sum(1) / self.total / 2).mean(1)

    def starts(self, seed: int) -> Tensor:
        """(R, T, I): the trained masses dealt out to other behaviors, so that all is moved that can be."""
        generator = torch.Generator().manual_seed(seed)
        t = len(self.trained)
        orders = torch.stack([torch.randperm(t, generator=generator) for _ in range(STARTS)])
        dealt = self.trained[orders] / self.total
        return dealt.clamp(min=1e-6).log() if self.softmaxed else dealt * t**0.5

    @torch.no_grad()
    def best(self, found: Tensor, tolerance: float) -> AdversarialWeights:
        """On the way from the trained masses to each of those found (R, T, I), the farthest that keeps the logit."""
        share = torch.linspace(0, 1, LINE_POINTS, dtype=torch.float64)
        line = self.trained + share[:, None, None, None] * (found - self.trained)  # (L, R, T, I)
        flat = line.reshape(-1, *found.shape[1:])
        change = abs(self.logits(flat) - self.logit)
        moved = torch.where(change <= tolerance, self.moved(flat), -1.0)
        first = int(moved.argmax())
        own, other = (abs(m) / abs(m).sum(0) for m in (self.trained, flat[first]))
        divergence = float(_jensen_shannon(own, other).mean())
        return AdversarialWeights(max(0.0, float(moved[first])), divergence, float(change[first]))


def _jensen_shannon(one: Tensor, other: Tensor) -> Tensor:
    """(T, I) shares → (I,), in nats."""
    middle = (one + other) / 2
    both = [torch.xlogy(p, p / middle.clamp(min=1e-300)).sum(0) for p in (one, other)]
    return (both[0] + both[1]) / 2
