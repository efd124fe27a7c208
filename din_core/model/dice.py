"""Dice, the data-adaptive activation of DIN (Zhou et al. 2018, equation 8), and the statistics it stands on."""

from __future__ import annotations

import torch
from torch import Tensor, nn

EPSILON = 1e-8
MOMENTUM = 0.01


def dice(s: Tensor, alpha: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    """f(s) = p(s)·s + (1 − p(s))·α·s with p(s) = σ((s − E[s]) / √(Var[s] + ε)); s (n, K), the rest (K,)."""
    p = torch.sigmoid((s - mean) * torch.rsqrt(variance + EPSILON))
    return s * (alpha + (1 - alpha) * p)


class RunningMoments(nn.Module):
    """Mean and variance of each channel: the mini-batch's own in training, running ones in evaluation.

    The running values are plain averages over the first 1/MOMENTUM batches, exponential ones after that, so
    that an early evaluation is not held back by the values they started from.
    """

    mean: Tensor
    variance: Tensor
    batches: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("variance", torch.ones(channels))
        self.register_buffer("batches", torch.zeros(()))

    def forward(self, s: Tensor, weight: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """s (n, K) → (K,) mean and (K,) biased variance; `weight` (n,) makes a row count so many times."""
        if not self.training or s.shape[0] == 0:
            return self.mean, self.variance
        s = s.to(torch.promote_types(s.dtype, torch.float32))  # half precision cannot sum a batch
        weight = s.new_ones(len(s)) if weight is None else weight
        share = (weight / weight.sum())[:, None]  # (n, 1)
        mean = (share * s).sum(0)
        variance = (share * (s - mean).square()).sum(0)
        self.update(mean.detach(), variance.detach())
        return mean, variance

    @torch.no_grad()
    def update(self, mean: Tensor, variance: Tensor) -> None:
        """Move the running values towards a batch's."""
        self.batches.add_(1)
        share = self.batches.reciprocal().clamp_(min=MOMENTUM)
        self.mean.lerp_(mean, share)
        self.variance.lerp_(variance, share)


class Dice(nn.Module):
    """No affine; one trained α per channel, which starts at 0 as in the official code."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.zeros(channels))
        self.moments = RunningMoments(channels)

    def forward(self, s: Tensor, weight: Tensor | None = None) -> Tensor:
        """(n, K) → (n, K); `weight` (n,) makes a folded row count as its repeats in the statistics."""
        return dice(s, self.alpha, *self.moments(s, weight))
