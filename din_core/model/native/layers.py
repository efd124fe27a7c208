"""Layers of a network over the compiled kernels, each with its gradient."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from din_core.model.native.kernels import Kernels


class Embed(torch.autograd.Function):
    """Rows of F tables side by side; dense gradients."""

    @staticmethod
    def forward(ctx: Any, native: Kernels, rows: Tensor, *tables: Tensor) -> Tensor:
        """rows (n, F), F tables → (n, Σ widths)."""
        rows = rows.contiguous()
        ctx.native, ctx.tables = native, tables
        ctx.save_for_backward(rows)
        return native.gather(rows, tables)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        (rows,) = ctx.saved_tensors
        return None, None, *ctx.native.scatter(rows, grad.contiguous(), ctx.tables)


class Standardise(torch.autograd.Function):
    """(s − mean)·rate where mean and rate are the batch's own."""

    @staticmethod
    def forward(ctx: Any, native: Kernels, s: Tensor, mean: Tensor, rate: Tensor) -> Tensor:
        """s (n, k), mean and rate (k,) → (n, k)."""
        z = native.standardise(s.contiguous(), mean, rate)
        ctx.native = native
        ctx.save_for_backward(z, rate)
        return z

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        z, rate = ctx.saved_tensors
        return None, ctx.native.standardise_backward(z, grad.contiguous(), rate), None, None


class Asinh(torch.autograd.Function):
    """asinh(knee·x)."""

    @staticmethod
    def forward(ctx: Any, native: Kernels, x: Tensor, knee: float) -> Tensor:
        """x of any shape."""
        x = x.contiguous()
        ctx.native, ctx.knee = native, knee
        ctx.save_for_backward(x)
        return native.asinh(x, knee)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        (x,) = ctx.saved_tensors
        return None, ctx.native.asinh_backward(x, ctx.knee, grad.contiguous()), None
