"""Operations on the real (behavior, candidate) pairs of a ragged batch.

Each has up to four forms that agree to rounding. Blocks: one matrix product a history, for a CPU and histories
of hundreds of pairs. Gathered, by compiled loops: for a CPU and short histories, where a block is not worth its own
launches. Gathered, with sums by embedding bag: the same where nothing is compiled. Gathered, as the equation has
it: for other devices.

Dimensions as in `ragged.py`: G histories, N behaviors, M candidates, P pairs ordered by (history, behavior,
candidate), D embedding width, H hidden width of the activation unit.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

from din_core.model.native import kernels_for
from din_core.model.native.pairs import PairHidden, PairPool, PairSoftmax, PairSum
from din_core.model.ragged import RaggedBatch

BLOCK_PAIRS = 256
"""Pairs a history, on average, from which blocks are faster than gathering."""


def pair_hidden(q: Tensor, k: Tensor, from_q: Tensor, from_k: Tensor, product: Tensor, batch: RaggedBatch) -> Tensor:
    """(P, H): `from_q[c] + from_k[t] + (q[c] ∘ k[t]) @ product` for every pair (t, c).

    q (M, D), k (N, D), from_q (M, H), from_k (N, H), product (D, H). A block is one
    matrix product `k @ (q ∘ product)` that never holds a (P, D) intermediate.
    """
    if q.device.type != "cpu":
        return gathered_pair_hidden(q, k, from_q, from_k, product, batch)
    native = kernels_for(q, k, from_q, from_k, product)
    if native and not in_blocks(batch):
        return PairHidden.apply(native, q, k, from_q, from_k, product, batch)  # type: ignore[no-any-return, no-untyped-call]
    form = _BlockPairHidden if in_blocks(batch) else _BagPairHidden
    hidden: Tensor = form.apply(q, k, from_q, from_k, product, batch)  # type: ignore[no-untyped-call]
    return hidden


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


def pooled(weight: Tensor, k: Tensor, batch: RaggedBatch) -> tuple[Tensor, Tensor]:
    """`pair_pool` (M, D) and `pair_sum` (M,). weight (P,), k (N, D)."""
    native = kernels_for(weight, k, batch.count)
    if native and not in_blocks(batch):
        return PairPool.apply(native, weight, k, batch)  # type: ignore[no-any-return, no-untyped-call]
    return pair_pool(weight, k, batch), pair_sum(weight, batch)


def pair_pool(weight: Tensor, k: Tensor, batch: RaggedBatch) -> Tensor:
    """(M, D) weighted sum pooling: `Σ_t count[t] · weight[t, c] · k[t]`; 0 for an empty history.

    weight (P,), k (N, D).
    """
    if k.device.type != "cpu":
        return gathered_pair_pool(weight, k, batch)
    form = _BlockPairPool if in_blocks(batch) else _BagPairPool
    pooled: Tensor = form.apply(weight, k, batch)  # type: ignore[no-untyped-call]
    return pooled


def gathered_pair_pool(weight: Tensor, k: Tensor, batch: RaggedBatch) -> Tensor:
    """`pair_pool` by scattering (P, D) terms."""
    t, c = batch.pairs()
    zero = k.new_zeros(batch.candidate_offsets[-1], k.shape[1])
    return zero.index_add(0, c, (weight * batch.count[t]).to(k.dtype)[:, None] * k[t])


def pair_sum(weight: Tensor, batch: RaggedBatch) -> Tensor:
    """(M,): `Σ_t count[t] · weight[t, c]`; 0 for an empty history. weight (P,)."""
    native = kernels_for(weight, batch.count)
    if native:
        return PairSum.apply(native, weight, batch)  # type: ignore[no-any-return, no-untyped-call]
    t, c = batch.pairs()
    counted = weight.to(torch.promote_types(weight.dtype, torch.float32)) * batch.count[t]
    return counted.new_zeros(batch.candidate_offsets[-1]).index_add(0, c, counted)


def pair_count(batch: RaggedBatch) -> Tensor:
    """(P,) repeats of each pair's behavior."""
    native = kernels_for(batch.count)
    return native.pair_count(batch) if native else batch.per_pair(batch.count)


def pair_matches(batch: RaggedBatch, fields: list[int]) -> Tensor:
    """(P, len(fields)) bool: whether behavior and candidate share a known value of each item field."""
    t, c = batch.pairs()
    candidate = columns_of(batch.candidate, fields)[c]
    return (columns_of(batch.behavior, fields)[t] == candidate) & (candidate > 0)


def columns_of(rows: Tensor, fields: list[int]) -> Tensor:
    """rows (n, F) → (n, len(fields)); an index would be copied to the device, which the host would wait for."""
    return torch.stack([rows[:, f] for f in fields], 1) if fields else rows[:, :0]


def pair_softmax(weight: Tensor, batch: RaggedBatch) -> Tensor:
    """(P,): of all occurrences a candidate sees, each one's share `exp(w) / Σ_t count[t]·exp(w[t])`.

    The weights of a history's behaviors, each times its count, add up to 1 for every candidate.
    """
    native = kernels_for(weight, batch.count)
    if native:
        return PairSoftmax.apply(native, weight, batch)  # type: ignore[no-any-return, no-untyped-call]
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
        ctx: Any, q: Tensor, k: Tensor, from_q: Tensor, from_k: Tensor, product: Tensor, batch: RaggedBatch
    ) -> Tensor:
        d, h = product.shape
        out = q.new_empty(batch.pair_total, h)
        start = 0
        for t, c in batch.segments():
            n_t, n_c = t.stop - t.start, c.stop - c.start
            block = out[start : start + n_t * n_c].view(n_t, n_c * h)
            # (T, D) @ (D, C·H): column block c is the product term's weight seen through candidate c
            torch.mm(k[t], (q[c].T[:, :, None] * product[:, None, :]).reshape(d, n_c * h), out=block)
            block = block.view(n_t, n_c, h)
            block += from_q[c]
            block += from_k[t][:, None]
            start += n_t * n_c
        ctx.save_for_backward(q, k, product)
        ctx.batch = batch
        return out

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        q, k, product = ctx.saved_tensors
        d, h = product.shape
        d_q, d_k = torch.zeros_like(q), torch.zeros_like(k)
        d_from_q, d_from_k = q.new_zeros(q.shape[0], h), k.new_zeros(k.shape[0], h)
        d_product = torch.zeros_like(product)
        start = 0
        for t, c in ctx.batch.segments():
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
    def forward(ctx: Any, weight: Tensor, k: Tensor, batch: RaggedBatch) -> Tensor:
        count = batch.count
        out = k.new_zeros(batch.candidate_offsets[-1], k.shape[1])
        start = 0
        for t, c in batch.segments():
            n_t, n_c = t.stop - t.start, c.stop - c.start
            block = weight[start : start + n_t * n_c].view(n_t, n_c)
            start += n_t * n_c
            torch.mm((block * count[t, None]).T, k[t], out=out[c])
        ctx.save_for_backward(weight, k)
        ctx.batch = batch
        return out

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        weight, k = ctx.saved_tensors
        count = ctx.batch.count
        d_weight, d_k = torch.empty_like(weight), torch.zeros_like(k)
        start = 0
        for t, c in ctx.batch.segments():
            n_t, n_c = t.stop - t.start, c.stop - c.start
            pairs = slice(start, start + n_t * n_c)
            start += n_t * n_c
            counted = weight[pairs].view(n_t, n_c) * count[t, None]
            torch.mm(counted, grad[c], out=d_k[t])
            d_weight[pairs] = ((k[t] @ grad[c].T) * count[t, None]).view(-1)
        return d_weight, d_k, None


class _BagPairHidden(torch.autograd.Function):
    """`pair_hidden` over gathered pairs, with its gradient summed by embedding bags."""

    @staticmethod
    def forward(
        ctx: Any, q: Tensor, k: Tensor, from_q: Tensor, from_k: Tensor, product: Tensor, batch: RaggedBatch
    ) -> Tensor:
        t, c = batch.pairs()
        both = q.index_select(0, c).mul_(k.index_select(0, t))  # (P, D)
        out = torch.addmm(from_q.index_select(0, c), both, product).add_(from_k.index_select(0, t))
        ctx.save_for_backward(q, k, both, product)
        ctx.batch = batch
        return out

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        q, k, both, product = ctx.saved_tensors
        batch: RaggedBatch = ctx.batch
        t, c = batch.pairs()
        d_both = grad @ product.T
        d_q = _over_behaviors(k.index_select(0, t).mul_(d_both), batch)
        d_k = _over_candidates(q.index_select(0, c).mul_(d_both), batch)
        return d_q, d_k, _over_behaviors(grad, batch), _over_candidates(grad, batch), both.T @ grad, None


class _BagPairPool(torch.autograd.Function):
    """`pair_pool` by one embedding bag a candidate, with its gradient."""

    @staticmethod
    def forward(ctx: Any, weight: Tensor, k: Tensor, batch: RaggedBatch) -> Tensor:
        t, _ = batch.pairs()
        order, start = batch.pairs_of_candidate
        counted = weight * batch.count.index_select(0, t)
        ctx.save_for_backward(counted, k)
        ctx.batch = batch
        return _bag(t[order], k, start, counted[order])

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        counted, k = ctx.saved_tensors
        batch: RaggedBatch = ctx.batch
        t, c = batch.pairs()
        d_weight = (k.index_select(0, t).mul_(grad.index_select(0, c))).sum(1).mul_(batch.count.index_select(0, t))
        return d_weight, _bag(c, grad, batch.pairs_of_behavior, counted), None


def _over_behaviors(x: Tensor, batch: RaggedBatch) -> Tensor:
    """(P, K) → (M, K): each candidate's sum over its history."""
    order, start = batch.pairs_of_candidate
    return _bag(order, x, start)


def _over_candidates(x: Tensor, batch: RaggedBatch) -> Tensor:
    """(P, K) → (N, K): each behavior's sum over the candidates it met."""
    return _bag(torch.arange(len(x)), x, batch.pairs_of_behavior)


def _bag(index: Tensor, table: Tensor, start: Tensor, share: Tensor | None = None) -> Tensor:
    """(bags, K): the sum of `share` times the rows of `table` (n, K) at `index`, bag by bag."""
    if not len(index):  # embedding_bag wants a row
        return table.new_zeros(len(start), table.shape[1])
    return embedding_bag(index, table, start, mode="sum", per_sample_weights=share)


def in_blocks(batch: RaggedBatch) -> bool:
    """Whether pairs are computed as one matrix product a history."""
    return batch.pair_total >= BLOCK_PAIRS * batch.groups
