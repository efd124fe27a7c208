"""A whole DIN in training over the compiled kernels, from embeddings to logits and back, without a graph.

What `InterestNetwork` computes piece by piece: on short histories a training step feels what each node of PyTorch's
graph costs.

Dimensions as in `ragged.py`; O is the width of what the tower reads of profile and context.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor

from din_core.model.native.hidden import Keep, Mlp, Pass
from din_core.model.native.kernels import Kernels
from din_core.model.native.tower import TowerSettings
from din_core.model.native.unit import UnitSettings
from din_core.model.ragged import RaggedBatch

LossOf = Callable[[Tensor], tuple[Tensor, Tensor]]
"""Logits (M,) → the loss (), and its gradient (M,)."""


class WholeDin:
    """A network's activation unit, tower and item tables, for as long as their tensors lie where they lay."""

    def __init__(
        self,
        native: Kernels,
        unit: Mlp,
        tower: Mlp,
        tables: Sequence[Tensor],
        settings: tuple[UnitSettings, TowerSettings],
        widths: Tensor,
        knee: float,
    ) -> None:
        """widths (F,) of the item embeddings; `knee` is what sums over behaviors are multiplied by before asinh."""
        self.native, self.unit, self.tower, self.tables = native, unit, tower, tables
        self.unit_settings, self.tower_settings = settings
        self.widths, self.knee = widths, knee
        self.parameters = (*unit, *tower, *tables)

    def gradients(
        self, batch: RaggedBatch, others: Tensor, keep: Keep, loss_of: LossOf
    ) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        """others (M, O), keep of the tower → the loss (), its gradient of `others` (M, O) and of each of `parameters`.

        Running values move.
        """
        native, unit, tower = self.native, self.unit, self.tower
        q, k = native.gather(batch.candidate, self.tables), native.gather(batch.behavior, self.tables)
        pairs = Pass.of(batch.pair_total, unit)
        weight, split = native.unit_forward(q, k, unit, pairs, self.unit_settings, batch)
        v, total = native.pair_pool(weight, k, batch)
        read = others, q, v, total[:, None], self.widths, self.knee
        x = native.features(*read)
        impressions = Pass.of(len(x), tower, keep)
        logit, standard = native.tower_forward(x, tower, impressions, self.tower_settings)
        loss, d_logit = loss_of(logit)
        d_x, d_tower = native.tower_backward(standard, tower, impressions, d_logit)
        d_others, d_q, d_v, d_total = native.features_backward(*read, d_x)
        d_weight, d_k = native.pair_pool_backward(weight, k, d_v, d_total[:, 0], batch)
        d_q, d_k, d_unit = native.unit_backward(
            q, k, unit, pairs, split, d_weight, self.unit_settings.paper, batch, onto=(d_q, d_k)
        )
        readers = (batch.candidate, d_q.contiguous()), (batch.behavior, d_k.contiguous())
        return loss, d_others, (*d_unit, *d_tower, *native.scatter(readers, self.tables))
