"""The MLP on top of the interest vector, and what it reads.

Dimensions: M candidates, D item embedding width, U and X widths of all profile and context embeddings, W inputs.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from din_core.model.config import ModelConfig
from din_core.model.dice import Dice, RunningMoments

INPUT_EPSILON = 1e-5
"""Keeps a tower input that never varies from being divided by 0."""
CONSTANT_VARIANCE = 1e-11
"""An input whose variance is less than this part of its square never varied: what is left of it is rounding."""
ASINH_SCALE = 4.0
"""Sums over hundreds of behaviors have long tails: asinh(4s) is linear below about 1/4, what one repeat adds, and
logarithmic above, so that the first repeats count most."""


class TowerInput(nn.Module):
    """What the tower reads beside counts: profile and context, q, and asinh(4 ·) of v, v∘q, each field's v·q and the
    intensity."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.item_width, self.fields = config.item_width, list(config.interest_fields)
        self.intensities = config.intensities

    @property
    def width(self) -> int:
        """Inputs beside profile and context."""
        return self.item_width + 2 * sum(self.fields) + len(self.fields) + self.intensities

    def forward(self, others: Tensor, q: Tensor, v: Tensor, intensity: Tensor) -> Tensor:
        """others (M, U + X), q (M, D), v (M, D) or (M, 2D), intensity (M, 1) or (M, F) → (M, U + X + width)."""
        product = v * repeated_query(q, v)  # as v
        by_field = [part.sum(1) for part in torch.split(product, self.fields, 1)]  # v_f·q_f
        sums = torch.cat([v, product, torch.stack(by_field, 1), intensity], 1)
        return torch.cat([others, q, torch.asinh(ASINH_SCALE * sums)], 1)


def repeated_query(q: Tensor, v: Tensor) -> Tensor:
    """q (M, D), once for each interest that v (M, D) or (M, 2D) holds."""
    return q if q.shape[1] == v.shape[1] else torch.cat([q, q], 1)


class Tower(nn.Module):
    """Standardised input (as in the official code), two Dice layers, one logit."""

    def __init__(self, width: int, hidden: tuple[int, int], dropout: float) -> None:
        super().__init__()
        self.moments = RunningMoments(width)
        self.first = nn.Linear(width, hidden[0])
        self.first_dice = Dice(hidden[0])
        self.second = nn.Linear(hidden[0], hidden[1])
        self.second_dice = Dice(hidden[1])
        self.last = nn.Linear(hidden[1], 1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(M, W) → (M,) logits."""
        mean, variance = self.moments(x)
        x = (x - mean) * standard_scale(mean, variance)
        x = self.dropout(self.first_dice(self.first(x)))
        x = self.dropout(self.second_dice(self.second(x)))
        logit: Tensor = self.last(x)
        return logit.squeeze(1)

    @torch.no_grad()
    def map_logits(self, slope: float, bias: float) -> None:
        """Make each logit slope · logit + bias, by the last layer."""
        self.last.weight.copy_(self.last.weight.double() * slope)
        self.last.bias.copy_(self.last.bias.double() * slope + bias)


def standard_scale(mean: Tensor, variance: Tensor) -> Tensor:
    """(W,) what each input less its mean is multiplied by; 0 where it never varied, as nothing was learned of it.

    So it is with the intensity of a model that normalises, where every history of the training data holds a
    behavior: divided by a deviation of about 0, the empty history's 0 would drown all else in untrained weights.
    """
    varied = variance > CONSTANT_VARIANCE * (1 + mean.square())
    return torch.rsqrt(variance + INPUT_EPSILON) * varied
