"""Operations on the real (behavior, candidate) pairs of a ragged batch, gathered as the equations have them.

Dimensions as in `ragged.py`: G histories, N behaviors, M candidates, P pairs ordered by (history, behavior,
candidate), D embedding width, H hidden width of the activation unit.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from din_core.model.ragged import RaggedBatch
from din_core.model.value_sets import shared_values


def pair_hidden(q: Tensor, k: Tensor, from_q: Tensor, from_k: Tensor, product: Tensor, batch: RaggedBatch) -> Tensor:
    """(P, H): `from_q[c] + from_k[t] + (q[c] ∘ k[t]) @ product` for every pair (t, c).

    q (M, D), k (N, D), from_q (M, H), from_k (N, H), product (D, H).
    """
    t, c = batch.pairs()
    both = q.index_select(0, c) * k.index_select(0, t)  # (P, D)
    return from_q.index_select(0, c) + from_k.index_select(0, t) + both @ product


def pair_pool(weight: Tensor, k: Tensor, batch: RaggedBatch) -> Tensor:
    """(M, D) weighted sum pooling: `Σ_t count[t] · weight[t, c] · k[t]`; 0 for an empty history.

    weight (P,), k (N, D).
    """
    t, c = batch.pairs()
    counted = (weight * batch.count[t]).to(k.dtype)[:, None] * k.index_select(0, t)  # (P, D)
    return k.new_zeros(len(batch.candidate), k.shape[1]).index_add(0, c, counted)


def pair_sum(weight: Tensor, batch: RaggedBatch) -> Tensor:
    """(M,): `Σ_t count[t] · weight[t, c]`; 0 for an empty history. weight (P,)."""
    t, c = batch.pairs()
    counted = weight * batch.count[t]
    return counted.new_zeros(len(batch.candidate)).index_add(0, c, counted)


def pair_matches(batch: RaggedBatch, fields: list[int]) -> Tensor:
    """(P, len(fields)) bool: whether behavior and candidate share a known value of each item field."""
    if any(batch.sets[f] is not None for f in fields if batch.sets):
        return torch.stack([shared_values(batch, f) for f in fields], 1)
    t, c = batch.pairs()
    candidate = columns_of(batch.candidate, fields)[c]
    return (columns_of(batch.behavior, fields)[t] == candidate) & (candidate > 0)


def columns_of(rows: Tensor, fields: list[int]) -> Tensor:
    """rows (n, F) → (n, len(fields)); an index would be copied to the device, which the host would wait for."""
    return torch.stack([rows[:, f] for f in fields], 1) if fields else rows[:, :0]


class PairPooling(nn.Module):
    """Weighted sum pooling, and the intensity: the sum of all occurrences' weights."""

    def forward(self, weight: Tensor, k: Tensor, batch: RaggedBatch) -> tuple[Tensor, Tensor]:
        """weight (P,), k (N, D) → interest vectors (M, D), intensities (M,)."""
        return pair_pool(weight, k, batch), pair_sum(weight, batch)


class PairSoftmax(nn.Module):
    """Of all occurrences a candidate sees, each one's share `exp(w) / Σ_t count[t]·exp(w[t])`.

    The weights of a history's behaviors, each times its count, add up to 1 for every candidate.
    """

    def forward(self, weight: Tensor, batch: RaggedBatch) -> Tensor:
        """(P,) → (P,)."""
        t, c = batch.pairs()
        candidates = len(batch.candidate)
        weight = weight.to(batch.count.dtype)  # half precision cannot sum a history
        with torch.no_grad():  # any constant may be subtracted; the largest keeps exp from overflowing
            largest = weight.new_full((candidates,), -torch.inf).scatter_reduce(0, c, weight, "amax")
        share = (weight - largest[c]).exp()
        total = weight.new_zeros(candidates).index_add(0, c, share * batch.count[t])
        return share / total[c]
