"""The tower in training over the compiled kernels, with its gradient."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from din_core.model.native.hidden import MEMBERS, Keep, Mlp, Pass, Running, Standard
from din_core.model.native.kernels import Kernels


class TowerSettings(NamedTuple):
    """What of a tower has no gradient."""

    momentum: float
    epsilon: float
    input_epsilon: float
    still: float
    """An input whose variance is at most this part of 1 + its mean squared never varied"""
    input: Running
    first: Running
    second: Running


class TowerLogits(torch.autograd.Function):
    """Logits of all impressions; running values move."""

    @staticmethod
    def forward(ctx: Any, native: Kernels, settings: TowerSettings, keep: Keep, x: Tensor, *mlp: Tensor) -> Tensor:
        """x (M, W), dropout's factors (M, H) and (M, H₂), then `Mlp` → logits (M,)."""
        own = Mlp(*mlp)
        room = Pass.of(len(x), own, keep)
        logit, left = native.tower_forward(x.contiguous(), own, room, settings)
        ctx.save_for_backward(*left, *own, *room)
        ctx.native = native
        return logit

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        z, scale, first, *saved = ctx.saved_tensors
        own, read = Mlp(*saved[:MEMBERS]), Pass(*saved[MEMBERS:])
        d_x, found = ctx.native.tower_backward(Standard(z, scale, first), own, read, grad.contiguous())
        return None, None, None, d_x, *found
