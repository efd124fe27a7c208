"""A DIN whose logit can only rise with the sums of its activation weights: sign and order of a unit's weights are those
of what its behaviors add to the logit.

    I_h   = Σ_t count_t · w_h(k_t, q)                     the sum of head h's weights over the history
    logit = a(x) + Σ_h exp(g_h(x)) · z(asinh(4 · I_h))    x: candidate, profile and context; z standardises

With one head, a behavior's leave-one-out effect has the sign of its weight, and count × weight orders effects, whatever
was learned: exp and asinh are increasing. With several, that holds for what each head adds. The weight that is shown of
a behavior is Σ_h w_h · ∂logit/∂I_h: the logits that a little more of it adds. Of our own making; neither the DIN paper
nor its code has such a model.

Dimensions: N behaviors, M candidates, P pairs, D item embedding width, H heads, U and X widths of profile and context.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from din_core.model.attention import ActivationUnit, Pooled
from din_core.model.config import ModelConfig
from din_core.model.dice import Dice, RunningMoments
from din_core.model.pairs import pair_sum
from din_core.model.ragged import RaggedBatch
from din_core.model.tower import ASINH_SCALE, standard_scale


class HeadSums(nn.Module):
    """The sums of H activation units' weights over a history, each on all item fields; no interest vector.

    Where units read match flags, the first ones start from those of a field each: what repeats are worth is then
    learned in the first hundred steps, where units that all started from them would be slow to learn anything else.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        widths = [field.width for field in config.item_fields]
        fields = range(len(widths))
        starts = [[head] if head < len(fields) else [] for head in range(config.unit_heads)]
        self.units = nn.ModuleList(ActivationUnit(widths, config, fields, own) for own in starts)

    def forward(self, q: Tensor, k: Tensor, batch: RaggedBatch) -> Pooled:
        """q (M, D), k (N, D) → weights (P, H), interest vectors (M, 0), sums (M, H)."""
        weights = [unit(q, k, batch) for unit in self.units]
        sums = [pair_sum(weight, batch) for weight in weights]
        return Pooled(torch.stack(weights, 1), q[:, :0], torch.stack(sums, 1))


class SumInput(nn.Module):
    """What the tower reads: profile and context, q, and asinh(4 ·) of the sums."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.width = config.item_width + config.intensities
        """Inputs beside profile and context"""

    def forward(self, others: Tensor, q: Tensor, v: Tensor, intensity: Tensor) -> Tensor:
        """others (M, U + X), q (M, D), v (M, 0), intensity (M, H) → (M, U + X + width)."""
        return torch.cat([others, q, torch.asinh(ASINH_SCALE * intensity)], 1)


class MonotoneTower(nn.Module):
    """a(x) + Σ_h exp(g_h(x))·z_h: one MLP as `Tower` has it gives a and g."""

    def __init__(self, width: int, heads: int, hidden: tuple[int, int], dropout: float) -> None:
        """`width` inputs, of which the last are the heads'."""
        super().__init__()
        self.fixed = width - heads
        self.moments = RunningMoments(width)
        self.first = nn.Linear(self.fixed, hidden[0])
        self.first_dice = Dice(hidden[0])
        self.second = nn.Linear(hidden[0], hidden[1])
        self.second_dice = Dice(hidden[1])
        self.last = nn.Linear(hidden[1], 1 + heads)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(M, W) → (M,) logits."""
        outputs, z, _ = self.parts(x)
        return combined(outputs, z)

    def parts(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(M, W) → a and g (M, 1 + H), z (M, H), and what standardising multiplied by (H,)."""
        mean, variance = self.moments(x)
        scale = standard_scale(mean, variance)
        x = (x - mean) * scale
        hidden = self.dropout(self.first_dice(self.first(x[:, : self.fixed])))
        hidden = self.dropout(self.second_dice(self.second(hidden)))
        return self.last(hidden), x[:, self.fixed :], scale[self.fixed :]

    @torch.no_grad()
    def slopes(self, x: Tensor) -> Tensor:
        """(M, W) → (M, H): ∂logit/∂I_h, above 0; in evaluation mode."""
        outputs, _, scale = self.parts(x)
        bent = x[:, self.fixed :]  # asinh(4·I); the slope of asinh at sinh(y) is 1/cosh(y)
        return outputs[:, 1:].exp() * scale * ASINH_SCALE / torch.cosh(bent)

    @torch.no_grad()
    def map_logits(self, slope: float, bias: float) -> None:
        """Make each logit slope · logit + bias, by the last layer; ValueError for a slope that is not above 0."""
        if slope <= 0:
            raise ValueError(
                f"logits are to be multiplied by {slope:g}, but would fall with the sums; give more than 0"
            )
        self.last.weight[0] = self.last.weight[0].double() * slope
        self.last.bias[0] = self.last.bias[0].double() * slope + bias
        self.last.bias[1:] += math.log(slope)


def combined(outputs: Tensor, z: Tensor) -> Tensor:
    """a and g (M or 1, 1 + H), z (M, H) → (M,) logits."""
    logit: Tensor = outputs[:, 0] + (outputs[:, 1:].exp() * z).sum(1)
    return logit
