"""Layers of a network over the compiled kernels, each with its gradient."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from din_core.model.native.kernels import Kernels


class Embed(torch.autograd.Function):
    """Rows of F tables side by side, for several readers; one dense gradient a table."""

    @staticmethod
    def forward(ctx: Any, native: Kernels, readers: int, *tensors: Tensor) -> tuple[Tensor, ...]:
        """rows (n, F) of each reader, then F tables → (n, Σ widths) each."""
        rows, tables = [own.contiguous() for own in tensors[:readers]], tensors[readers:]
        ctx.native, ctx.readers = native, readers
        ctx.save_for_backward(*rows, *tables)
        return tuple(native.gather(own, tables) for own in rows)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        rows, tables = ctx.saved_tensors[: ctx.readers], ctx.saved_tensors[ctx.readers :]
        read = [(own, grad.contiguous()) for own, grad in zip(rows, grads, strict=True)]
        return None, None, *(None for _ in rows), *ctx.native.scatter(read, tables)


class Features(torch.autograd.Function):
    """What the tower reads beside counts."""

    @staticmethod
    def forward(
        ctx: Any, native: Kernels, knee: float, widths: Tensor, others: Tensor, q: Tensor, v: Tensor, intensity: Tensor
    ) -> Tensor:
        """widths (F,) of the interest vectors' fields, others (M, O), q (M, D), v (M, D or 2D), intensity (M, I) → (M,
        W)."""
        others, q, v, intensity = (x.contiguous() for x in (others, q, v, intensity))
        ctx.native, ctx.knee, ctx.widths = native, knee, widths
        ctx.save_for_backward(others, q, v, intensity)
        return native.features(others, q, v, intensity, widths, knee)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        found = ctx.native.features_backward(*ctx.saved_tensors, ctx.widths, ctx.knee, grad.contiguous())
        return None, None, None, *found
