"""First test of Wiegreffe and Pinter (EMNLP 2019, arXiv:1908.04626): does attention do anything at all?

They train a model with uniform attention; here the trained unit's weights are replaced by their mean over each
history, after training, so that all else is the same. Retrained models are in `frozen`.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from din_core.model.attention import Pooled
from din_core.model.checkpoint import Checkpoint
from din_core.model.config import ModelConfig
from din_core.model.network import InterestNetwork
from din_core.model.pairs import pair_pool, pair_sum
from din_core.model.poolings.dien import InterestEvolution
from din_core.model.poolings.temporal_interest import TemporalInterest
from din_core.model.ragged import RaggedBatch


def mean_weight(weight: Tensor, batch: RaggedBatch) -> Tensor:
    """(P,) or (P, F) → the same with each pair's weight replaced by the mean over its candidate's occurrences."""
    _, candidate = batch.pairs()
    columns = [
        (pair_sum(column, batch) / pair_sum(torch.ones_like(column), batch))[candidate]
        for column in weight.reshape(len(weight), -1).T
    ]
    return torch.stack(columns, 1).view_as(weight)


def pooled(weight: Tensor, k: Tensor, batch: RaggedBatch, config: ModelConfig) -> Pooled:
    """Weighted sum pooling k (N, D) with given weights (P,), or (P, F) for each item field's own part."""
    if weight.ndim == 1:
        return Pooled(weight, pair_pool(weight, k, batch), pair_sum(weight, batch)[:, None])
    parts = torch.split(k, [field.width for field in config.item_fields], 1)
    columns = [column.contiguous() for column in weight.T]
    return Pooled(
        weight,
        torch.cat([pair_pool(w, part.contiguous(), batch) for w, part in zip(columns, parts, strict=True)], 1),
        torch.stack([pair_sum(w, batch) for w in columns], 1),
    )


class MeanWeights(nn.Module):
    """A trained pooling whose weights are replaced by their mean; Σw stays as it is."""

    def __init__(self, pooling: nn.Module, config: ModelConfig) -> None:
        super().__init__()
        self.trained, self.config = pooling, config

    def forward(self, q: Tensor, k: Tensor, batch: RaggedBatch) -> Pooled:
        """As any pooling: q (M, D), k (N, D)."""
        weight = mean_weight(self.trained(q, k, batch).weight, batch)
        if isinstance(self.trained, TemporalInterest):
            target, past = self.trained.encode_target(q), self.trained.encode_behaviors(k, batch)
            return self.trained.pooled(weight, target, past, batch)
        if not isinstance(self.trained, InterestEvolution):
            return pooled(weight, k, batch, self.config)
        evolved = self.trained.evolution(self.trained.extract(k, batch), weight, batch)
        return Pooled(weight, self.trained.with_sum(evolved, k, batch), pair_sum(weight, batch)[:, None])


def with_mean_weights(checkpoint: Checkpoint) -> InterestNetwork:
    """The checkpoint's network with `MeanWeights`."""
    network = copy.deepcopy(checkpoint.model)
    network.pooling = MeanWeights(network.pooling, checkpoint.config)
    return network
