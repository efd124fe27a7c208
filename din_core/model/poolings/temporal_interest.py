"""Temporal Interest Network (Zhou et al., WWW 2024, arXiv:2308.08487): semantic and temporal correlation together.

Behaviors and target each get a temporal encoding as seen from the target, then attend and multiply:

    ẽ_i = e_i + p_f(i),  ṽ = v + p_f(target)          target-aware temporal encoding
    α_i = softmax_i(ẽ_i·ṽ / √D)                       target-aware attention
    u   = Σ_i α_i (ẽ_i ∘ ṽ)                           target-aware representation

f is the behavior's rank, 1 the newest, as in the authors' code (TTE-P), or the range of its time gap (TTE-T). As ṽ is
one for all behaviors, u = ṽ ∘ Σ_i α_i ẽ_i: no product of a pair is ever held. The authors' code differs from the
paper in small things that are as the paper has them here: it sums ẽ_i instead of ẽ_i ∘ ṽ, has a linear layer behind the
sum, and its tower reads ṽ for v.

Dimensions: G histories, N behaviors, M candidates, P pairs, D item embedding width, R temporal encodings.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor, nn

from din_core.model.attention import DotProduct, Pooled, gap_edges, gap_ranges
from din_core.model.config import ModelConfig
from din_core.model.pairs import PairPooling, PairSoftmax
from din_core.model.ragged import RaggedBatch, to_device

TARGET_LENGTH = 3.0
"""Of the target's encoding at the start: with 1, what time and item decide together was learned more slowly on made
data."""


class TemporalInterest(nn.Module):
    """The temporal interest module. With `target_representation` off, u = Σ_i α_i ẽ_i."""

    edges: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.item_width
        self.encoding = config.temporal_encoding
        self.multiplies = config.target_representation
        self.normalisation = config.normalisation
        self.scale = width**-0.5 if config.normalisation == "scaled softmax" else 1.0
        rows = {"rank": config.max_history, "gap": len(config.gap_edges) + 1, "none": 0}[self.encoding]
        self.temporal = None if self.encoding == "none" else nn.Embedding(1 + rows, width)
        """Row 0 is the target's. It starts in a random direction, as with all at 0 no product of encodings has a slope;
        the others start from 0, so that a rank or gap that training never saw says nothing."""
        if self.temporal is not None:
            nn.init.zeros_(self.temporal.weight)
            nn.init.normal_(self.temporal.weight[:1], std=TARGET_LENGTH * width**-0.5)
        self.dot, self.softmax, self.pool = DotProduct(), PairSoftmax(), PairPooling()
        self.register_buffer("edges", gap_edges(config), persistent=False)

    def forward(self, q: Tensor, k: Tensor, batch: RaggedBatch) -> Pooled:
        """q (M, D), k (N, D) → attention (P,), interest vectors (M, D)."""
        target, past = self.encode_target(q), self.encode_behaviors(k, batch)
        weight = self.dot(target, past, batch)
        if self.normalisation != "none":
            weight = self.softmax(weight * self.scale, batch)
        return self.pooled(weight, target, past, batch)

    def pooled(self, weight: Tensor, target: Tensor, past: Tensor, batch: RaggedBatch) -> Pooled:
        """The interest vectors that any weights (P,) give, of encoded ṽ (M, D) and ẽ (N, D)."""
        total, intensity = self.pool(weight, past, batch)
        return Pooled(weight, self.represent(target, total), intensity[:, None])

    def encode_target(self, q: Tensor) -> Tensor:
        """q (M, D) → ṽ (M, D)."""
        return q if self.temporal is None else q + self.temporal.weight[0]

    def encode_behaviors(self, k: Tensor, batch: RaggedBatch) -> Tensor:
        """k (N, D) → ẽ (N, D)."""
        if self.temporal is None:
            return k
        place = gap_ranges(batch, self.edges) + 1 if self.encoding == "gap" else self.known(ranks(batch))
        encoded: Tensor = k + self.temporal(place)
        return encoded

    def known(self, rank: Tensor) -> Tensor:
        """Ranks from 1 on as rows of `temporal`: beyond the last there is none, so that one stands for all."""
        assert self.temporal is not None
        return rank.clamp(max=self.temporal.num_embeddings - 1)

    def represent(self, target: Tensor, total: Tensor) -> Tensor:
        """ṽ (M, D) and Σ α ẽ (M, D) → u (M, D)."""
        return target * total if self.multiplies else total


def ranks(batch: RaggedBatch) -> Tensor:
    """(N,) the place of each behavior in its history, counted from its end: 1 is the newest."""
    offsets = np.asarray(batch.behavior_offsets)
    ends = np.repeat(offsets[1:], np.diff(offsets))
    return to_device(ends - np.arange(len(ends)), batch.count.device)
