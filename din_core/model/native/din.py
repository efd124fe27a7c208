"""A whole DIN in training over the compiled kernels, as one operation with its gradient.

What `InterestNetwork` computes piece by piece: on short histories a training step feels what each node of PyTorch's
graph costs.

Dimensions as in `ragged.py`; O is the width of what the tower reads of profile and context.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from din_core.model.native.hidden import MEMBERS, Keep, Mlp, Pass, Standard
from din_core.model.native.kernels import Kernels
from din_core.model.native.tower import TowerSettings
from din_core.model.native.unit import UnitSettings
from din_core.model.ragged import RaggedBatch


class DinSettings(NamedTuple):
    """What of a DIN has no gradient."""

    unit: UnitSettings
    tower: TowerSettings
    knee: float
    """What sums over behaviors are multiplied by before asinh"""
    widths: Tensor
    """(F,) of the item embeddings"""
    keep: Keep
    """of the tower, (M, H) and (M, H₂)"""


class Din(torch.autograd.Function):
    """Logits of all impressions, weights of all pairs, interest vectors; running values move."""

    @staticmethod
    def forward(
        ctx: Any, native: Kernels, settings: DinSettings, batch: RaggedBatch, others: Tensor, *parameters: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """others (M, O), `Mlp` of the activation unit and of the tower, item tables → logits (M,), weights (P,),
        interest vectors (M, D)."""
        unit, tower, tables = _parts(parameters)
        q, k = native.gather(batch.candidate, tables), native.gather(batch.behavior, tables)
        pairs = Pass.of(batch.pair_total, unit)
        weight, split = native.unit_forward(q, k, unit, pairs, settings.unit, batch)
        v, total = native.pair_pool(weight, k, batch)
        x = native.features(others, q, v, total[:, None], settings.widths, settings.knee)
        impressions = Pass.of(len(x), tower, settings.keep)
        logit, standard = native.tower_forward(x, tower, impressions, settings.tower)
        ctx.save_for_backward(others, q, k, weight, split, v, total, *standard, *pairs, *impressions, *parameters)
        ctx.native, ctx.settings, ctx.batch = native, settings, batch
        ctx.set_materialize_grads(False)  # of weights and interest vectors nobody may ask
        return logit, weight, v

    @staticmethod
    def backward(
        ctx: Any, d_logit: Tensor | None, d_weight: Tensor | None, d_v: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        native, settings, batch = ctx.native, ctx.settings, ctx.batch
        others, q, k, weight, split, v, total, z, scale, first, *saved = ctx.saved_tensors
        passes, parameters = saved[: 2 * PASS], saved[2 * PASS :]
        pairs, impressions = Pass(*passes[:PASS]), Pass(*passes[PASS:])
        unit, tower, tables = _parts(parameters)
        d_logit = q.new_zeros(len(q)) if d_logit is None else d_logit.contiguous()
        d_x, d_tower = native.tower_backward(Standard(z, scale, first), tower, impressions, d_logit)
        d_others, d_q, own_v, d_total = native.features_backward(
            others, q, v, total[:, None], settings.widths, settings.knee, d_x
        )
        own_weight, d_k = native.pair_pool_backward(weight, k, _sum(own_v, d_v), d_total[:, 0], batch)
        own_weight = _sum(own_weight, d_weight)
        from_q, from_k, d_unit = native.unit_backward(q, k, unit, pairs, split, own_weight, settings.unit.paper, batch)
        read = (batch.candidate, d_q.add_(from_q)), (batch.behavior, d_k.add_(from_k))
        return None, None, None, d_others, *d_unit, *d_tower, *native.scatter(read, tables)


PASS = len(Pass._fields)


def _parts(parameters: Sequence[Tensor]) -> tuple[Mlp, Mlp, Sequence[Tensor]]:
    """Activation unit, tower, item tables."""
    return Mlp(*parameters[:MEMBERS]), Mlp(*parameters[MEMBERS : 2 * MEMBERS]), parameters[2 * MEMBERS :]


def _sum(own: Tensor, from_outside: Tensor | None) -> Tensor:
    """In place; a gradient that nobody asked for is None."""
    return own if from_outside is None else own.add_(from_outside)
