"""Ragged batches and the two operations on real (behavior, candidate) pairs. Nothing is ever padded.

G histories lie end to end with offsets, and so do the candidates scored against each: impressions of one
user at one time share one history. Pairs are ordered by (history, behavior, candidate), so the pairs of one
history form a T×C block.

Dimensions: G histories, N behaviors of all histories, M candidates of all histories, P pairs, D embedding
width, H hidden width of the activation unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Multi:
    """A multi-valued field of G histories' users: value rows end to end with offsets."""

    rows: Tensor
    """(n,) embedding rows"""
    offsets: Tensor
    """(G,) where each user's values start"""


@dataclass(frozen=True)
class RaggedBatch:
    """What a network reads. Item, profile and context values are embedding rows, not ids."""

    behavior: Tensor
    """(N, F) item field rows of each distinct behavior"""
    count: Tensor
    """(N,) float: repeats of each distinct behavior"""
    age: Tensor
    """(N,) float: days from the newest repeat of each behavior to the impression"""
    behavior_offsets: tuple[int, ...]
    """(G + 1): history g holds behaviors [offset g, offset g+1)"""
    candidate: Tensor
    """(M, F) item field rows"""
    candidate_offsets: tuple[int, ...]
    """(G + 1): the candidates scored against history g"""
    profile: tuple[Multi, ...]
    """one per user field"""
    context: Tensor
    """(M, X) context field rows"""

    def segments(self) -> list[tuple[slice, slice]]:
        """For each history, its behaviors and its candidates."""
        spans = zip(pairwise(self.behavior_offsets), pairwise(self.candidate_offsets), strict=True)
        return [(slice(*behaviors), slice(*candidates)) for behaviors, candidates in spans]

    def owner(self, offsets: Sequence[int]) -> Tensor:
        """(offsets[-1],) the history each row of a ragged run belongs to."""
        lengths = torch.tensor(offsets).diff()
        return torch.repeat_interleave(lengths).to(self.count.device)

    def pair_count(self) -> Tensor:
        """(P,) repeats of each pair's behavior."""
        return self.per_pair(self.count)

    def per_pair(self, value: Tensor) -> Tensor:
        """(N,) a value of each behavior → (P,) that of each pair's behavior."""
        candidates = torch.tensor(self.candidate_offsets).diff().to(value.device)
        return value.repeat_interleave(candidates[self.owner(self.behavior_offsets)])

    def pairs(self) -> tuple[Tensor, Tensor]:
        """(P,) behavior index and (P,) candidate index of each pair."""
        return self._pairs

    @cached_property
    def _pairs(self) -> tuple[Tensor, Tensor]:
        candidate_start = torch.tensor(self.candidate_offsets)[:-1].to(self.count.device)
        candidates = torch.tensor(self.candidate_offsets).diff().to(self.count.device)
        history = self.owner(self.behavior_offsets)  # (N,)
        repeats = candidates[history]  # (N,) pairs of each behavior
        behavior = torch.repeat_interleave(repeats)  # (P,)
        first_pair = repeats.cumsum(0) - repeats
        within = torch.arange(behavior.numel(), device=behavior.device) - first_pair[behavior]
        return behavior, candidate_start[history[behavior]] + within


Segments = Sequence[tuple[slice, slice]]


def pair_hidden(q: Tensor, k: Tensor, from_q: Tensor, from_k: Tensor, product: Tensor, batch: RaggedBatch) -> Tensor:
    """(P, H): `from_q[c] + from_k[t] + (q[c] ∘ k[t]) @ product` for every pair (t, c).

    q (M, D), k (N, D), from_q (M, H), from_k (N, H), product (D, H). On a CPU each history's block is one
    matrix product `k @ (q ∘ product)` that never holds a (P, D) intermediate; elsewhere pairs are gathered.
    """
    if q.device.type == "cpu":
        hidden: Tensor = _BlockPairHidden.apply(  # type: ignore[no-untyped-call]
            q, k, from_q, from_k, product, batch.segments()
        )
        return hidden
    return gathered_pair_hidden(q, k, from_q, from_k, product, batch)


def gathered_pair_hidden(
    q: Tensor, k: Tensor, from_q: Tensor, from_k: Tensor, product: Tensor, batch: RaggedBatch
) -> Tensor:
    """`pair_hidden` as the equation has it, holding (P, D): right where memory is fast and launches are dear."""
    t, c = batch.pairs()
    return from_q[c] + from_k[t] + (q[c] * k[t]) @ product


def pair_dot(q: Tensor, k: Tensor, batch: RaggedBatch) -> Tensor:
    """(P,): q·k of every pair. q (M, D), k (N, D)."""
    none_q, none_k, ones = q.new_zeros(len(q), 1), k.new_zeros(len(k), 1), q.new_ones(q.shape[1], 1)
    return pair_hidden(q, k, none_q, none_k, ones, batch).squeeze(1)


def pair_pool(weight: Tensor, k: Tensor, batch: RaggedBatch) -> Tensor:
    """(M, D) weighted sum pooling: `Σ_t count[t] · weight[t, c] · k[t]`; 0 for an empty history.

    weight (P,), k (N, D).
    """
    if k.device.type == "cpu":
        pooled: Tensor = _BlockPairPool.apply(  # type: ignore[no-untyped-call]
            weight, k, batch.count, batch.segments()
        )
        return pooled
    return gathered_pair_pool(weight, k, batch)


def gathered_pair_pool(weight: Tensor, k: Tensor, batch: RaggedBatch) -> Tensor:
    """`pair_pool` by scattering (P, D) terms."""
    t, c = batch.pairs()
    zero = k.new_zeros(batch.candidate_offsets[-1], k.shape[1])
    return zero.index_add(0, c, (weight * batch.count[t]).to(k.dtype)[:, None] * k[t])


def pair_sum(weight: Tensor, batch: RaggedBatch) -> Tensor:
    """(M,): `Σ_t count[t] · weight[t, c]`; 0 for an empty history. weight (P,)."""
    t, c = batch.pairs()
    counted = weight.to(torch.promote_types(weight.dtype, torch.float32)) * batch.count[t]
    return counted.new_zeros(batch.candidate_offsets[-1]).index_add(0, c, counted)


def pair_matches(batch: RaggedBatch, fields: list[int]) -> Tensor:
    """(P, len(fields)) bool: whether behavior and candidate share a known value of each item field."""
    t, c = batch.pairs()
    candidate = batch.candidate[:, fields][c]
    return (batch.behavior[:, fields][t] == candidate) & (candidate > 0)


def pair_softmax(weight: Tensor, batch: RaggedBatch) -> Tensor:
    """(P,): of all occurrences a candidate sees, each one's share `exp(w) / Σ_t count[t]·exp(w[t])`.

    The weights of a history's behaviors, each times its count, add up to 1 for every candidate.
    """
    t, c = batch.pairs()
    candidates = batch.candidate_offsets[-1]
    weight = weight.to(torch.promote_types(weight.dtype, torch.float32))  # half precision cannot sum a history
    with torch.no_grad():  # any constant may be subtracted; the largest keeps exp from overflowing
        largest = weight.new_full((candidates,), -torch.inf).scatter_reduce(0, c, weight, "amax")
    share = (weight - largest[c]).exp()
    total = weight.new_zeros(candidates).index_add(0, c, share * batch.count[t].to(weight.dtype))
    return share / total[c]


class _BlockPairHidden(torch.autograd.Function):
    """`pair_hidden` as one matrix product per history, with its gradient."""

    @staticmethod
    def forward(
        ctx: Any, q: Tensor, k: Tensor, from_q: Tensor, from_k: Tensor, product: Tensor, segments: Segments
    ) -> Tensor:
        d, h = product.shape
        n_pairs = sum((t.stop - t.start) * (c.stop - c.start) for t, c in segments)
        out = q.new_empty(n_pairs, h)
        start = 0
        for t, c in segments:
            n_t, n_c = t.stop - t.start, c.stop - c.start
            block = out[start : start + n_t * n_c].view(n_t, n_c * h)
            # (T, D) @ (D, C·H): column block c is the product term's weight seen through candidate c
            torch.mm(k[t], (q[c].T[:, :, None] * product[:, None, :]).reshape(d, n_c * h), out=block)
            block = block.view(n_t, n_c, h)
            block += from_q[c]
            block += from_k[t][:, None]
            start += n_t * n_c
        ctx.save_for_backward(q, k, product)
        ctx.segments = segments
        return out

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        q, k, product = ctx.saved_tensors
        d, h = product.shape
        d_q, d_k = torch.zeros_like(q), torch.zeros_like(k)
        d_from_q, d_from_k = q.new_zeros(q.shape[0], h), k.new_zeros(k.shape[0], h)
        d_product = torch.zeros_like(product)
        start = 0
        for t, c in ctx.segments:
            n_t, n_c = t.stop - t.start, c.stop - c.start
            block = grad[start : start + n_t * n_c].view(n_t, n_c, h)
            start += n_t * n_c
            flat = block.reshape(n_t, n_c * h)
            q_t = q[c].T[:, :, None]  # (D, C, 1)
            seen = (q_t * product[:, None, :]).reshape(d, n_c * h)
            torch.mm(flat, seen.T, out=d_k[t])
            d_seen = (k[t].T @ flat).view(d, n_c, h)
            d_q[c] = (d_seen * product[:, None, :]).sum(-1).T
            d_product += (d_seen * q_t).sum(1)
            d_from_q[c] = block.sum(0)
            d_from_k[t] = block.sum(1)
        return d_q, d_k, d_from_q, d_from_k, d_product, None


class _BlockPairPool(torch.autograd.Function):
    """`pair_pool` as one matrix product per history, with its gradient."""

    @staticmethod
    def forward(ctx: Any, weight: Tensor, k: Tensor, count: Tensor, segments: Segments) -> Tensor:
        out = k.new_zeros(segments[-1][1].stop if segments else 0, k.shape[1])
        start = 0
        for t, c in segments:
            n_t, n_c = t.stop - t.start, c.stop - c.start
            block = weight[start : start + n_t * n_c].view(n_t, n_c)
            start += n_t * n_c
            torch.mm((block * count[t, None]).T, k[t], out=out[c])
        ctx.save_for_backward(weight, k, count)
        ctx.segments = segments
        return out

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        weight, k, count = ctx.saved_tensors
        d_weight, d_k = torch.empty_like(weight), torch.zeros_like(k)
        start = 0
        for t, c in ctx.segments:
            n_t, n_c = t.stop - t.start, c.stop - c.start
            pairs = slice(start, start + n_t * n_c)
            start += n_t * n_c
            counted = weight[pairs].view(n_t, n_c) * count[t, None]
            torch.mm(counted, grad[c], out=d_k[t])
            d_weight[pairs] = ((k[t] @ grad[c].T) * count[t, None]).view(-1)
        return d_weight, d_k, None, None
