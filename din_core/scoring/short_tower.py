"""The tower for one user in one context, many histories or candidates: what neither moves is computed once.

The standardisation of the inputs and what profile and context add go into the first layer's bias, and Dice and asinh
take one pass over memory each in C, or fewer in PyTorch than the network's own.
"""

from __future__ import annotations

import torch
from torch import Tensor

from din_core.model.dice import Dice
from din_core.model.network import KNEE, InterestNetwork, beside, standard_scale
from din_core.scoring import kernels


class ShortTower:
    """`InterestNetwork.head` in evaluation, for one user and context. No gradients."""

    def __init__(self, network: InterestNetwork, others: Tensor, fused: bool = True) -> None:
        """others (1, U + X); `fused` may use C kernels."""
        tower, still = network.tower, others.shape[1]
        start = network.input_spans()["interest vector"].start
        self._widths = list(network.config.interest_fields)
        self._counts = network.counts
        scale = standard_scale(tower.moments.mean.double(), tower.moments.variance.double())  # (W,)
        first = tower.first.weight.double() * scale  # (H, W)
        bias = tower.first.bias.double() - first @ tower.moments.mean.double() + first[:, :still] @ others[0].double()
        self._first_bias, self._from_query, self._first = (
            part.T.to(tower.first.weight.dtype).contiguous()
            for part in (bias[:, None], first[:, still:start], first[:, start:])
        )
        self._second, self._last = tower.second, tower.last
        self._fused = fused and self._last.weight.dtype == torch.float32 and self._last.weight.device.type == "cpu"
        self._dices = [_DicePasses(dice, self._fused) for dice in (tower.first_dice, tower.second_dice)]

    def __call__(self, candidate: Tensor, q: Tensor, v: Tensor, intensity: Tensor, repeats: Tensor | None) -> Tensor:
        """(S,) logits. candidate (S, F) rows and q (S, D), or one row for all; v (S, D) or (S, 2D), intensity (S, I),
        repeats (S, F + 1) where the tower reads counts."""
        product = v * beside(q, v)
        likeness = torch.stack([part.sum(1) for part in torch.split(product, self._widths, 1)], 1)
        x = self._bent(torch.cat([v, product, likeness, intensity], 1))
        if self._counts is not None:
            assert repeats is not None
            counted = self._counts(candidate.expand(len(v), -1), repeats)
            x = torch.cat([x, counted.to(x.dtype)], 1)
        bias = torch.addmm(self._first_bias, q, self._from_query)  # (S or 1, H)
        hidden = self._dices[0](torch.addmm(bias, x, self._first))
        hidden = self._dices[1](torch.addmm(self._second.bias, hidden, self._second.weight.T))
        logit: Tensor = torch.addmm(self._last.bias, hidden, self._last.weight.T)
        return logit.squeeze(1)

    def _bent(self, sums: Tensor) -> Tensor:
        kernel = kernels.ready() if self._fused else None
        if kernel is None:
            return asinh_(sums.mul_(KNEE))
        kernel.bend_(sums, KNEE)
        return sums


class _DicePasses:
    """`Dice` with running moments, in place."""

    def __init__(self, dice: Dice, fused: bool) -> None:
        self.fused = fused
        self.channel = kernels.dice_channel(dice)
        _, self.scale, self.shift, self.alpha, self.rest = self.channel

    def __call__(self, s: Tensor) -> Tensor:
        kernel = kernels.ready() if self.fused else None
        if kernel:
            kernel.dice_(s, self.channel)
            return s
        p = torch.addcmul(self.shift, s, self.scale).sigmoid_()
        return s.mul_(torch.addcmul(self.alpha, self.rest, p, out=p))


def asinh_(x: Tensor) -> Tensor:
    """asinh in place, by functions that torch has vectorised: sign(x) · log1p(|x| + x²/(1 + √(1 + x²)))."""
    size = x.abs()
    root = (size * size).add_(1).sqrt_().add_(1)
    return size.addcdiv_(size * size, root).log1p_().copysign_(x)
