"""The baseline of catalogue scoring: the same network as its equation has it, tile by tile, on the same threads.

Every pair's input [q, k, q−k, q∘k] (or [q, q∘k, k]) is written out and multiplied by the whole first layer.
"""

from __future__ import annotations

import torch
from torch import Tensor

from din_core.model.attention import ActivationUnit, WeightedSumPooling
from din_core.model.network import InterestNetwork
from din_core.model.ragged import RaggedBatch
from din_core.scoring import workers

TILE_PAIRS = 2048
"""(candidate, behavior) pairs of a tile: they stay in a core's cache, which is the best of naive."""
BLOCK = 1024
"""Candidates that go through the tower at once."""


def naive_logits(network: InterestNetwork, batch: RaggedBatch, rows: Tensor, threads: int | None = None) -> Tensor:
    """(C,) logits of candidates with item field rows (C, F) against the one history of `batch`, T ≥ 1 behaviors.

    All are shown in the context of the batch's one candidate. Written for a plain activation unit alone: no
    projected query, match flags, normalisation or counts.
    """
    pooling, config = network.pooling, network.config
    assert isinstance(pooling, WeightedSumPooling)
    assert isinstance(pooling.unit, ActivationUnit)
    assert not (config.project_query or config.unit_matches or config.counts) and config.normalisation == "none"
    unit = pooling.unit

    @torch.inference_mode()
    def score(block: Tensor) -> Tensor:
        q, k = network.item(block), network.item(batch.behavior)
        n = max(1, TILE_PAIRS // len(k))
        weight = torch.cat([_weights(unit, q[start : start + n], k) for start in range(0, len(q), n)]) * batch.count
        others = network.others(batch).expand(len(block), -1)
        return network.head(others, block, q, weight @ k, weight.sum(1, keepdim=True))

    blocks = [rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK)]
    return torch.cat(list(workers.in_order(score, blocks, threads or workers.cores())))


def _weights(unit: ActivationUnit, q: Tensor, k: Tensor) -> Tensor:
    """q (n, D), k (T, D) → (n, T)."""
    n, t = len(q), len(k)
    wide_q, wide_k = q[:, None].expand(n, t, -1), k.expand(n, t, -1)
    product = wide_q * wide_k
    inputs = [wide_q, wide_k, wide_q - wide_k, product] if unit.reads == "official" else [wide_q, product, wide_k]
    return unit.rest(unit.first(torch.cat(inputs, 2).view(n * t, -1)), None).view(n, t)
