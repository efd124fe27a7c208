"""The network as it is usually written: histories padded, [q, k, q−k, q∘k] concatenated for every pair.

It has the parameters of the network it is made from and computes the same: the plain path that the fast one is
measured against.

Dimensions: M candidates, each with a history of its own, T the longest, P real pairs, D item embedding width, H
hidden width of the activation unit.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from din_core.model.attention import ActivationUnit, Pooled, WeightedSumPooling
from din_core.model.config import UnitInput
from din_core.model.dice import EPSILON, Dice
from din_core.model.network import InterestNetwork
from din_core.model.ragged import RaggedBatch


class NaivePooling(nn.Module):
    """In the place of DIN's weighted sum pooling; the batch holds one candidate a history."""

    def __init__(self, pooling: nn.Module) -> None:
        super().__init__()
        assert isinstance(pooling, WeightedSumPooling)
        assert isinstance(pooling.unit, ActivationUnit)
        assert pooling.query is None
        assert pooling.normalisation == "none"
        self.unit = pooling.unit

    def forward(self, q: Tensor, k: Tensor, batch: RaggedBatch) -> Pooled:
        """q (M, D), k (N, D) → weights (P,), interest vectors (M, D)."""
        lengths = torch.tensor(batch.behavior_offsets, device=k.device).diff()
        mask = torch.arange(int(lengths.max()), device=k.device) < lengths[:, None]  # (M, T)
        keys = k.new_zeros(*mask.shape, k.shape[1]).masked_scatter(mask[..., None], k)
        count = batch.count.new_zeros(mask.shape).masked_scatter(mask, batch.count)
        weight = unit_weight(self.unit, q[:, None].expand_as(keys), keys, count)  # (M, T)
        counted = weight * count
        return Pooled(weight[mask], (counted[..., None] * keys).sum(1), counted.sum(1, keepdim=True))


class ConcatenatingUnit(nn.Module):
    """In the place of an activation unit: its first layer not split, but on real pairs alone."""

    def __init__(self, unit: nn.Module) -> None:
        super().__init__()
        assert isinstance(unit, ActivationUnit)
        self.unit = unit

    def forward(self, q: Tensor, k: Tensor, batch: RaggedBatch) -> Tensor:
        """q (M, D), k (N, D) → (P,) raw activation weights."""
        t, c = batch.pairs()
        weight: Tensor = self.unit.after_first(
            self.unit.first(concatenated(q[c], k[t], self.unit.reads)), batch.per_pair(batch.count)
        )
        return weight


def use_naive_pooling(network: InterestNetwork) -> None:
    """Let a DIN pool as it is usually written."""
    network.pooling = NaivePooling(network.pooling)


def use_concatenating_unit(network: InterestNetwork) -> None:
    """Let a DIN's unit concatenate its input for every real pair."""
    assert isinstance(network.pooling, WeightedSumPooling)
    network.pooling.unit = ConcatenatingUnit(network.pooling.unit)  # type: ignore[assignment]


def concatenated(q: Tensor, k: Tensor, reads: UnitInput) -> Tensor:
    """[q, k, q−k, q∘k] (official) or [q, q∘k, k] (paper) of q and k (…, D): (…, 4D) or (…, 3D)."""
    parts = [q, k, q - k, q * k] if reads == "official" else [q, q * k, k]
    return torch.cat(parts, -1)


def unit_weight(unit: ActivationUnit, q: Tensor, k: Tensor, count: Tensor) -> Tensor:
    """q and k (…, D), counts (…), 0 for padding → (…) raw activation weights."""
    s = plain_dice(unit.first_activation, unit.first(concatenated(q, k, unit.reads)), count)
    weight: Tensor = unit.last(plain_dice(unit.second_activation, unit.second(s), count))
    return weight.squeeze(-1)


def plain_dice(layer: nn.Module, s: Tensor, count: Tensor) -> Tensor:
    """Dice on s (…, K) as its equation has it, with autograd's gradient; what counts 0 takes no part in statistics."""
    assert isinstance(layer, Dice)
    mean, variance = layer.moments.mean, layer.moments.variance
    if layer.training:
        every = tuple(range(count.dim()))
        share = (count / count.sum())[..., None]
        mean = (share * s).sum(every)
        variance = (share * (s - mean).square()).sum(every)
        layer.moments.update(mean.detach(), variance.detach())
    p = torch.sigmoid((s - mean) / torch.sqrt(variance + EPSILON))
    return p * s + (1 - p) * layer.alpha * s
