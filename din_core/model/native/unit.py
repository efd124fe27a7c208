"""The activation unit in training over the compiled kernels, with its gradient."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from din_core.model.native.hidden import MEMBERS, Mlp, Pass, Running
from din_core.model.native.kernels import Kernels
from din_core.model.ragged import RaggedBatch


class UnitSettings(NamedTuple):
    """What of a unit has no gradient."""

    paper: bool
    """Whether it reads [q, q∘k, k]; else [q, k, q−k, q∘k]"""
    momentum: float
    epsilon: float
    first: Running
    second: Running


class UnitWeights(torch.autograd.Function):
    """Weights of all pairs; running values move."""

    @staticmethod
    def forward(
        ctx: Any, native: Kernels, settings: UnitSettings, batch: RaggedBatch, q: Tensor, k: Tensor, *mlp: Tensor
    ) -> Tensor:
        """q (M, D), k (N, D), then `Mlp` → weights (P,)."""
        q, k, own = q.contiguous(), k.contiguous(), Mlp(*mlp)
        room = Pass.of(batch.pair_total, own)
        weight, parts = native.unit_forward(q, k, own, room, settings, batch)
        ctx.save_for_backward(q, k, parts, *own, *room)
        ctx.native, ctx.settings, ctx.batch = native, settings, batch
        return weight

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        q, k, parts, *saved = ctx.saved_tensors
        own, read = Mlp(*saved[:MEMBERS]), Pass(*saved[MEMBERS:])
        d_q, d_k, found = ctx.native.unit_backward(
            q, k, own, read, parts, grad.contiguous(), ctx.settings.paper, ctx.batch
        )
        return None, None, None, d_q, d_k, *found
