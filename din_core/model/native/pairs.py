"""Operations on the pairs of a ragged batch over the compiled kernels, each with its gradient; see model/pairs.py."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from din_core.model.native.kernels import Kernels
from din_core.model.ragged import RaggedBatch


class PairHidden(torch.autograd.Function):
    """`pair_hidden` over gathered pairs."""

    @staticmethod
    def forward(
        ctx: Any,
        native: Kernels,
        q: Tensor,
        k: Tensor,
        from_q: Tensor,
        from_k: Tensor,
        product: Tensor,
        batch: RaggedBatch,
    ) -> Tensor:
        """q (M, D), k (N, D), from_q (M, H), from_k (N, H), product (D, H) → (P, H)."""
        q, k = q.contiguous(), k.contiguous()
        both = native.pair_products(q, k, batch)  # (P, D)
        ctx.save_for_backward(q, k, both, product)
        ctx.native, ctx.batch = native, batch
        return native.pair_add_(both @ product, from_q.contiguous(), from_k.contiguous(), batch)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        q, k, both, product = ctx.saved_tensors
        native, grad = ctx.native, grad.contiguous()
        d_q, d_k = native.pair_products_backward(q, k, grad @ product.T, ctx.batch)
        return None, d_q, d_k, *native.pair_add_backward(grad, ctx.batch), both.T @ grad, None


class PairPool(torch.autograd.Function):
    """`pair_pool` and `pair_sum` at once."""

    @staticmethod
    def forward(ctx: Any, native: Kernels, weight: Tensor, k: Tensor, batch: RaggedBatch) -> tuple[Tensor, Tensor]:
        """weight (P,), k (N, D) → (M, D), (M,)."""
        weight, k = weight.contiguous(), k.contiguous()
        ctx.save_for_backward(weight, k)
        ctx.native, ctx.batch = native, batch
        return native.pair_pool(weight, k, batch)

    @staticmethod
    def backward(ctx: Any, d_v: Tensor, d_total: Tensor) -> tuple[Tensor | None, ...]:
        weight, k = ctx.saved_tensors
        found = ctx.native.pair_pool_backward(weight, k, d_v.contiguous(), d_total.contiguous(), ctx.batch)
        return None, *found, None


class PairSum(torch.autograd.Function):
    """`pair_sum`."""

    @staticmethod
    def forward(ctx: Any, native: Kernels, weight: Tensor, batch: RaggedBatch) -> Tensor:
        """weight (P,) → (M,)."""
        ctx.native, ctx.batch = native, batch
        return native.pair_sum(weight.contiguous(), batch)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        return None, ctx.native.pair_sum_backward(grad.contiguous(), ctx.batch), None


class PairSoftmax(torch.autograd.Function):
    """`pair_softmax`."""

    @staticmethod
    def forward(ctx: Any, native: Kernels, weight: Tensor, batch: RaggedBatch) -> Tensor:
        """weight (P,) → (P,)."""
        share = native.pair_softmax(weight.contiguous(), batch)
        ctx.native, ctx.batch = native, batch
        ctx.save_for_backward(share)
        return share

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        (share,) = ctx.saved_tensors
        return None, ctx.native.pair_softmax_backward(share, grad.contiguous(), ctx.batch), None
