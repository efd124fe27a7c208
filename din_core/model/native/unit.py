"""The activation unit in training over the compiled kernels, with its gradient."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from din_core.model.native.kernels import LANES, Kernels
from din_core.model.native.padded import padded
from din_core.model.ragged import RaggedBatch


class Layers(NamedTuple):
    """What follows the split of the first layer: product (D, H); alpha (H,) of the first Dice; second (H₂, H) and
    its bias (H₂,); second_alpha (H₂,); last (1, H₂) and its bias (1,)."""

    product: Tensor
    alpha: Tensor
    second: Tensor
    second_bias: Tensor
    second_alpha: Tensor
    last: Tensor
    last_bias: Tensor


class UnitWeights(torch.autograd.Function):
    """Weights of all pairs, and what each Dice saw of the batch."""

    @staticmethod
    def forward(
        ctx: Any,
        native: Kernels,
        batch: RaggedBatch,
        epsilon: float,
        q: Tensor,
        k: Tensor,
        from_q: Tensor,
        from_k: Tensor,
        *layers: Tensor,
    ) -> tuple[Tensor, ...]:
        """q (M, D), k (N, D), from_q (M, H), from_k (N, H), then `Layers` → weights (P,), mean and variance (H,) of the
        first layer, mean and variance (H₂,) of the second."""
        own = Layers(*layers)
        q, k, from_q, from_k = q.contiguous(), k.contiguous(), wide(from_q), wide(from_k)
        count = native.pair_count(batch)
        last, bias = wide(own.last)[0], float(own.last_bias)
        s = native.unit_first(q, k, from_q, from_k, wide(own.product), batch)  # (P, H)
        mean, variance, total = native.moments(s, count)
        first = dice_rows(own.alpha, mean, variance, epsilon)
        again = native.unit_second(s, first, wide(wide(own.second).T), wide(own.second_bias))  # (P, H₂)
        second_mean, second_variance, _ = native.moments(again, count)
        second = dice_rows(own.second_alpha, second_mean, second_variance, epsilon)
        weight = native.unit_last(again, second, last, bias)
        ctx.save_for_backward(q, k, s, again, first, second, last, own.product, own.second, count, total)
        ctx.native, ctx.batch = native, batch
        h, h2 = len(own.alpha), len(own.second_alpha)
        moments = mean[:h], variance[:h], second_mean[:h2], second_variance[:h2]
        ctx.mark_non_differentiable(*moments)
        return weight, *moments

    @staticmethod
    def backward(ctx: Any, grad: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        q, k, s, again, first, second, last, product, weight, count, total = ctx.saved_tensors
        native, grad = ctx.native, grad.contiguous()
        (d, h), h2 = product.shape, len(weight)
        last_sums = native.unit_last_sums(again, second, last, grad)  # (4, H₂)
        d_y, sums, d_second = native.unit_second_backward(
            s, first, again, second, last, grad, last_sums, count, total, wide(wide(weight.T).T)
        )
        *d_embeddings, d_product = native.unit_first_backward(
            q, k, s, first, d_y, sums, count, total, wide(wide(product).T), ctx.batch
        )
        d_q, d_k, of_q, of_k = d_embeddings
        d_layers = Layers(
            product=d_product[:d, :h],
            alpha=sums[2, :h],
            second=d_second[:h, :h2].T,
            second_bias=d_second[-1, :h2],
            second_alpha=last_sums[2, :h2],
            last=last_sums[3:, :h2],
            last_bias=grad.sum(0, keepdim=True),
        )
        return None, None, None, d_q, d_k, of_q[:, :h], of_k[:, :h], *d_layers


def wide(x: Tensor) -> Tensor:
    """(..., K) → contiguous, with zeros behind so that K is a multiple of LANES."""
    return padded(x, LANES)


def dice_rows(alpha: Tensor, mean: Tensor, variance: Tensor, epsilon: float) -> Tensor:
    """(4, K): α, 1 − α, mean and 1/√(variance + ε), as the kernels read a Dice; K is the moments' width."""
    alpha = wide(alpha)
    return torch.stack([alpha, 1 - alpha, mean, torch.rsqrt(variance + epsilon)])
