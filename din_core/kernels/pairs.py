"""Operations on the pairs of a ragged batch, each one operator and one back.

Dimensions as in `model/ragged.py`. `offsets` (3, G + 1) are those of behaviors, candidates and pairs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from din_core.kernels.batch import BATCH, batch_arguments
from din_core.kernels.operators import POINTER, SIZE, address, c_function, operator
from din_core.model.attention import DotProduct
from din_core.model.pairs import PairPooling, PairSoftmax
from din_core.model.ragged import RaggedBatch

_dot = c_function("pair_dot", POINTER, POINTER, SIZE, POINTER, *BATCH)
_dot_backward = c_function("pair_dot_backward", *[POINTER] * 3, SIZE, *[POINTER] * 2, *BATCH)
_softmax = c_function("pair_softmax", *[POINTER] * 3, *BATCH)
_softmax_backward = c_function("pair_softmax_backward", *[POINTER] * 4, *BATCH)
_pool = c_function("pair_pool", *[POINTER] * 3, SIZE, *[POINTER] * 2, *BATCH)
_pool_backward = c_function("pair_pool_backward", *[POINTER] * 5, SIZE, *[POINTER] * 2, *BATCH)


def _compute_dot(q: Tensor, k: Tensor, offsets: Tensor, pairs: int) -> Tensor:
    out = q.new_empty(pairs)
    _dot(address(q), address(k), q.shape[1], address(out), *batch_arguments(offsets, [k], [q]))
    return out


def _compute_dot_backward(grad: Tensor, q: Tensor, k: Tensor, offsets: Tensor) -> tuple[Tensor, Tensor]:
    d_q, d_k = q.new_zeros(q.shape), k.new_zeros(k.shape)
    places = address(q), address(k), address(grad), q.shape[1], address(d_q), address(d_k)
    _dot_backward(*places, *batch_arguments(offsets, [k], [q], [grad]))
    return d_q, d_k


def _compute_softmax(weight: Tensor, count: Tensor, offsets: Tensor) -> Tensor:
    share = weight.new_empty(weight.shape)
    _softmax(address(weight), address(count), address(share), *batch_arguments(offsets, [count], pairs=[weight]))
    return share


def _compute_softmax_backward(grad: Tensor, share: Tensor, count: Tensor, offsets: Tensor) -> Tensor:
    d_weight = share.new_empty(share.shape)
    _softmax_backward(
        *map(address, (share, count, grad, d_weight)), *batch_arguments(offsets, [count], pairs=[grad, share])
    )
    return d_weight


def _compute_pool(weight: Tensor, count: Tensor, k: Tensor, offsets: Tensor, candidates: int) -> tuple[Tensor, Tensor]:
    v, total = k.new_empty(candidates, k.shape[1]), k.new_empty(candidates)
    reads = address(weight), address(count), address(k), k.shape[1]
    _pool(*reads, address(v), address(total), *batch_arguments(offsets, [count, k], [v], [weight]))
    return v, total


def _compute_pool_backward(
    d_v: Tensor, d_total: Tensor, weight: Tensor, count: Tensor, k: Tensor, offsets: Tensor
) -> tuple[Tensor, Tensor]:
    d_weight, d_k = weight.new_empty(weight.shape), k.new_empty(k.shape)
    reads = [address(own) for own in (weight, count, k, d_v, d_total)]
    _pool_backward(
        *reads,
        k.shape[1],
        address(d_weight),
        address(d_k),
        *batch_arguments(offsets, [count, k], [d_v, d_total], [weight]),
    )
    return d_weight, d_k


pair_dot_backward = operator(
    "pair_dot_backward(Tensor grad, Tensor q, Tensor k, Tensor offsets) -> (Tensor, Tensor)",
    _compute_dot_backward,
    fake=lambda grad, q, k, offsets: (q.new_empty(q.shape), k.new_empty(k.shape)),
)
pair_softmax_backward = operator(
    "pair_softmax_backward(Tensor grad, Tensor share, Tensor count, Tensor offsets) -> Tensor",
    _compute_softmax_backward,
    fake=lambda grad, share, count, offsets: share.new_empty(share.shape),
)
pair_pool_backward = operator(
    "pair_pool_backward(Tensor d_v, Tensor d_total, Tensor weight, Tensor count, Tensor k, Tensor offsets) "
    "-> (Tensor, Tensor)",
    _compute_pool_backward,
    fake=lambda d_v, d_total, weight, count, k, offsets: (weight.new_empty(weight.shape), k.new_empty(k.shape)),
)


def _keep_dot(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    q, k, offsets, _ = inputs
    ctx.save_for_backward(q, k, offsets)


def _backpropagate_dot(ctx: Any, grad: Tensor) -> tuple[Any, ...]:
    q, k, offsets = ctx.saved_tensors
    return *pair_dot_backward(grad.contiguous(), q, k, offsets), None, None


def _keep_softmax(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    _, count, offsets = inputs
    ctx.save_for_backward(output, count, offsets)


def _backpropagate_softmax(ctx: Any, grad: Tensor) -> tuple[Any, ...]:
    share, count, offsets = ctx.saved_tensors
    return pair_softmax_backward(grad.contiguous(), share, count, offsets), None, None


def _keep_pool(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> None:
    weight, count, k, offsets, _ = inputs
    ctx.save_for_backward(weight, count, k, offsets)


def _backpropagate_pool(ctx: Any, d_v: Tensor, d_total: Tensor) -> tuple[Any, ...]:
    weight, count, k, offsets = ctx.saved_tensors
    d_weight, d_k = pair_pool_backward(d_v.contiguous(), d_total.contiguous(), weight, count, k, offsets)
    return d_weight, None, d_k, None, None


pair_dot = operator(
    "pair_dot(Tensor q, Tensor k, Tensor offsets, SymInt pairs) -> Tensor",
    _compute_dot,
    fake=lambda q, k, offsets, pairs: q.new_empty(pairs),
    backward=_backpropagate_dot,
    setup_context=_keep_dot,
)
"""q (M, D), k (N, D) → (P,): q·k of every pair."""

pair_softmax = operator(
    "pair_softmax(Tensor weight, Tensor count, Tensor offsets) -> Tensor",
    _compute_softmax,
    fake=lambda weight, count, offsets: weight.new_empty(weight.shape),
    backward=_backpropagate_softmax,
    setup_context=_keep_softmax,
)
"""weight (P,), count (N,) → (P,), as `PairSoftmax`."""

pair_pool = operator(
    "pair_pool(Tensor weight, Tensor count, Tensor k, Tensor offsets, SymInt candidates) -> (Tensor, Tensor)",
    _compute_pool,
    fake=lambda weight, count, k, offsets, candidates: (k.new_empty(candidates, k.shape[1]), k.new_empty(candidates)),
    backward=_backpropagate_pool,
    setup_context=_keep_pool,
)
"""weight (P,), count (N,), k (N, D) → (M, D) and (M,), as `PairPooling`."""


class AcceleratedDotProduct(nn.Module):
    """`DotProduct` by one operator."""

    def forward(self, q: Tensor, k: Tensor, batch: RaggedBatch) -> Tensor:
        """q (M, D), k (N, D) → (P,)."""
        weight: Tensor = pair_dot(q.contiguous(), k.contiguous(), batch.blocks, batch.pair_total)
        return weight


class AcceleratedPairSoftmax(nn.Module):
    """`PairSoftmax` by one operator."""

    def forward(self, weight: Tensor, batch: RaggedBatch) -> Tensor:
        """(P,) → (P,)."""
        share: Tensor = pair_softmax(weight.contiguous(), batch.count, batch.blocks)
        return share


class AcceleratedPairPooling(nn.Module):
    """`PairPooling` by one operator."""

    def forward(self, weight: Tensor, k: Tensor, batch: RaggedBatch) -> tuple[Tensor, Tensor]:
        """weight (P,), k (N, D) → interest vectors (M, D), intensities (M,)."""
        pooled: tuple[Tensor, Tensor] = pair_pool(
            weight.contiguous(), batch.count, k.contiguous(), batch.blocks, len(batch.candidate)
        )
        return pooled


PAIR_MODULES: dict[type[nn.Module], Callable[[], nn.Module]] = {
    DotProduct: AcceleratedDotProduct,
    PairSoftmax: AcceleratedPairSoftmax,
    PairPooling: AcceleratedPairPooling,
}
"""What stands in the place of a plain module, in training and in evaluation; none has parameters."""
