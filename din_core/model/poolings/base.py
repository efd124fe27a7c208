"""Pooling that knows no candidate: the base models.

Dimensions: G histories, N behaviors, M candidates, P pairs, D item embedding width.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from din_core.model.attention import Pooled
from din_core.model.config import ModelConfig
from din_core.model.ragged import RaggedBatch


class BasePooling(nn.Module):
    """Average (each occurrence 1/H), sum (1), or time-decayed average (2^(−age/half-life) over the sum of these)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.kind = config.base_pooling
        if self.kind == "time decay":
            start = torch.tensor(math.log(config.half_life))
            self.log_half_life = nn.Parameter(start, requires_grad=config.learn_half_life)

    @property
    def half_life(self) -> Tensor:
        """Days after which a behavior counts half; above 0 whatever is learned."""
        return self.log_half_life.exp()

    def forward(self, q: Tensor, k: Tensor, batch: RaggedBatch) -> Pooled:
        """q (M, D), k (N, D) → weights (P,), interest vectors (M, D)."""
        history = batch.history_of_behavior  # (N,)
        groups = len(batch.behavior_offsets) - 1
        mass = self.mass(batch, history, groups)  # (N,)
        total = _total(batch.count * mass, history, groups)
        if self.kind == "sum":
            weight, intensity = mass, total
        else:
            weight, intensity = mass / total[history], (total > 0).to(total.dtype)  # whose sum is 1 but for rounding
        v = k.new_zeros(groups, k.shape[1]).index_add(0, history, (batch.count * weight).to(k.dtype)[:, None] * k)
        owner = batch.history_of_candidate
        return Pooled(batch.per_pair(weight), v[owner], intensity[owner, None])

    def mass(self, batch: RaggedBatch, history: Tensor, groups: int) -> Tensor:
        """(N,) what one occurrence of each behavior weighs, before the division by their sum if there is one."""
        if self.kind != "time decay":
            return torch.ones_like(batch.count)
        # The newest behavior of a history counts 1 before normalising: no sum can fall to 0, however old all are.
        newest = batch.age.new_full((groups,), math.inf).scatter_reduce(0, history, batch.age, "amin")
        return torch.exp2((newest[history] - batch.age) / self.half_life)


def _total(part: Tensor, history: Tensor, groups: int) -> Tensor:
    return part.new_zeros(groups).index_add(0, history, part)
