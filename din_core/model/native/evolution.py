"""DIEN's interest evolution over the compiled kernels: all steps and their gradient as one operation.

Dimensions as in `ragged.py`; D is the width of an interest state, T the longest history.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor

from din_core.model.native.kernels import Kernels
from din_core.model.ragged import RaggedBatch

KINDS = ("aigru", "agru", "augru")
"""In the order of evolution.c."""


class Steps(NamedTuple):
    """Who takes part in each step."""

    active: Sequence[int]
    """(T,) candidates, those with the longest histories first"""
    behavior: Tensor
    """of each step, one after the other, the behavior that each candidate reads"""
    pair: Tensor
    """the same for pairs"""

    def spans(self) -> Iterator[tuple[int, Tensor, Tensor]]:
        """Of each step the candidates, their behaviors and their pairs."""
        ends = list(accumulate(self.active, initial=0))
        return ((end - start, self.behavior[start:end], self.pair[start:end]) for start, end in pairwise(ends))


class Evolve(torch.autograd.Function):
    """The last state of each candidate."""

    @staticmethod
    def forward(
        ctx: Any,
        native: Kernels,
        kind: str,
        projected: Tensor,
        attention: Tensor,
        weight: Tensor,
        bias_input: Tensor,
        bias_hidden: Tensor,
        steps: Steps,
        batch: RaggedBatch,
    ) -> Tensor:
        """projected (N, 3D), attention (P,), weight (3D, D), biases (3D,) → (M, D), longest history first."""
        number, d = KINDS.index(kind), weight.shape[1]
        projected, attention = projected.contiguous(), attention.contiguous()
        state = projected.new_zeros(len(batch.candidate), d)
        before, gates = attention.new_empty(len(attention), d), attention.new_empty(len(attention), 4 * d)
        for n, behavior, pair in steps.spans():
            hidden = torch.addmm(bias_hidden, state[:n], weight.T)
            native.evolve(number, projected, bias_input, hidden, attention, behavior, pair, state, before, gates)
        ctx.native, ctx.number, ctx.steps, ctx.batch, ctx.gates = native, number, steps, batch, gates
        ctx.save_for_backward(projected, attention, weight, before)
        return state

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        projected, attention, weight, before = ctx.saved_tensors
        native, number, batch, d = ctx.native, ctx.number, ctx.batch, weight.shape[1]
        gates, ctx.gates = ctx.gates, None  # they are overwritten: a second time is an error
        d_state, d_attention = grad.clone(memory_format=torch.contiguous_format), torch.empty_like(attention)
        d_hidden = attention.new_empty(len(attention), 3 * d)
        for n, _, pair in reversed(list(ctx.steps.spans())):
            native.evolve_backward(number, attention, pair, before, gates, d_state, d_hidden, d_attention)
            d_state[:n].addmm_(d_hidden.index_select(0, pair), weight)
        d_projected = native.evolve_inputs(number, projected, attention, gates, d_attention, batch)
        d_bias_input = gates[:, : 3 * d].sum(0)
        return (
            None, None, d_projected, d_attention, d_hidden.T @ before, d_bias_input, d_hidden.sum(0), None, None
        )  # fmt: skip
