"""DIEN's interest evolution: all steps one operator, and one back.

Dimensions as in `model/ragged.py`; D is the width of an interest state, T the longest history.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any

import torch
from torch import Tensor, nn

from din_core.kernels.batch import BATCH, batch_arguments
from din_core.kernels.operators import POINTER, SIZE, address, c_function, operator
from din_core.model.poolings.dien import EvolutionLayer, evolution_steps
from din_core.model.ragged import RaggedBatch

KINDS = ("aigru", "agru", "augru")
"""In the order of training/evolution.c."""
_step = c_function("evolve", SIZE, *[POINTER] * 9, SIZE, SIZE)
_step_backward = c_function("evolve_backward", SIZE, *[POINTER] * 7, SIZE, SIZE)
_inputs_backward = c_function("evolve_inputs", SIZE, *[POINTER] * 5, SIZE, *BATCH)


def _spans(active: Sequence[int]) -> Iterator[slice]:
    """Where each step's candidates lie."""
    return (slice(*span) for span in pairwise(accumulate(active, initial=0)))


def _compute(
    kind: int, projected: Tensor, attention: Tensor, weight: Tensor, bias_input: Tensor, bias_hidden: Tensor,
    offsets: Tensor, active: Sequence[int], behavior: Tensor, pair: Tensor, candidates: int,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    d = weight.shape[1]
    state = projected.new_zeros(candidates, d)
    before, gates = attention.new_empty(len(attention), d), attention.new_empty(len(attention), 4 * d)
    for span in _spans(active):
        n = span.stop - span.start
        hidden = torch.addmm(bias_hidden, state[:n], weight.T)
        reads = [address(own) for own in (projected, bias_input, hidden, attention)]
        steps = [address(own[span], torch.int64) for own in (behavior, pair)]
        _step(kind, *reads, *steps, address(state), address(before), address(gates), n, d)
    return state, before, gates


def _fake(
    kind: int, projected: Tensor, attention: Tensor, weight: Tensor, bias_input: Tensor, bias_hidden: Tensor,
    offsets: Tensor, active: Sequence[int], behavior: Tensor, pair: Tensor, candidates: int,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    d, p = weight.shape[1], len(attention)
    return projected.new_empty(candidates, d), attention.new_empty(p, d), attention.new_empty(p, 4 * d)


def _compute_backward(
    kind: int, grad: Tensor, projected: Tensor, attention: Tensor, weight: Tensor, before: Tensor, gates: Tensor,
    offsets: Tensor, active: Sequence[int], pair: Tensor,
) -> tuple[Tensor, ...]:  # fmt: skip
    d, gates, d_state, d_attention = weight.shape[1], gates.clone(), grad.clone(), attention.new_empty(attention.shape)
    d_hidden, d_projected = attention.new_empty(len(attention), 3 * d), projected.new_zeros(projected.shape)
    moved = [address(own) for own in (before, gates, d_state, d_hidden, d_attention)]
    for span in reversed(list(_spans(active))):
        n, own = span.stop - span.start, pair[span]
        _step_backward(kind, address(attention), address(own, torch.int64), *moved, n, d)
        d_state[:n].addmm_(d_hidden.index_select(0, own), weight)
    reads = [address(own) for own in (projected, attention, gates, d_projected, d_attention)]
    _inputs_backward(kind, *reads, d, *batch_arguments(offsets, [projected], pairs=[attention, gates]))
    return d_projected, d_attention, d_hidden.T @ before, gates[:, : 3 * d].sum(0), d_hidden.sum(0)


def _fake_backward(
    kind: int, grad: Tensor, projected: Tensor, attention: Tensor, weight: Tensor, *rest: Any
) -> tuple[Tensor, ...]:
    biases = (weight.new_empty(len(weight)) for _ in range(2))
    return (*(own.new_empty(own.shape) for own in (projected, attention, weight)), *biases)


def _keep(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    ctx.kind, projected, attention, weight, _, _, offsets, ctx.active, _, pair, _ = inputs
    ctx.set_materialize_grads(False)
    ctx.mark_non_differentiable(*output[1:])
    ctx.save_for_backward(projected, attention, weight, *output[1:], offsets, pair)


def _backpropagate(ctx: Any, grad: Tensor, *_: None) -> tuple[Any, ...]:
    *read, offsets, pair = ctx.saved_tensors
    found = evolve_backward(ctx.kind, grad.contiguous(), *read, offsets, ctx.active, pair)
    return None, *found, *[None] * 5


evolve_backward = operator(
    "evolve_backward(int kind, Tensor grad, Tensor projected, Tensor attention, Tensor weight, Tensor before, "
    "Tensor gates, Tensor offsets, int[] active, Tensor pair) -> (Tensor, Tensor, Tensor, Tensor, Tensor)",
    _compute_backward,
    fake=_fake_backward,
)
evolve = operator(
    "evolve(int kind, Tensor projected, Tensor attention, Tensor weight, Tensor bias_input, Tensor bias_hidden, "
    "Tensor offsets, int[] active, Tensor behavior, Tensor pair, SymInt candidates) -> (Tensor, Tensor, Tensor)",
    _compute,
    fake=_fake,
    backward=_backpropagate,
    setup_context=_keep,
)
"""projected (N, 3D), attention (P,), weight (3D, D), biases (3D,), and who takes part in each step,
as `evolution_steps` gives it → last states (M, D), longest history first, and what the gradient needs."""


class AcceleratedEvolutionLayer(nn.Module):
    """`EvolutionLayer`, all steps by one operator."""

    def __init__(self, plain: EvolutionLayer) -> None:
        super().__init__()
        self.plain, self.kind = plain, KINDS.index(plain.kind)

    def forward(self, interest: Tensor, attention: Tensor, batch: RaggedBatch) -> Tensor:
        """interest (N, D), attention (P,) → (M, D) last states."""
        cell = self.plain.cell
        order, active, behavior, pair = evolution_steps(batch)
        if not active:
            state: Tensor = self.plain(interest, attention, batch)
            return state
        projected = interest @ cell.weight_ih.T  # (N, 3D)
        evolved, _, _ = evolve(
            self.kind, projected, attention.contiguous(), cell.weight_hh, cell.bias_ih, cell.bias_hh,
            batch.blocks, active, behavior, pair, len(batch.candidate),
        )  # fmt: skip
        return torch.zeros_like(evolved).index_copy(0, order, evolved)
