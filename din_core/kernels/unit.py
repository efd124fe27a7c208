"""The activation unit in training: one operator from embeddings to weights, one back.

Dimensions as in `model/ragged.py`; F match flags, H and H₂ hidden channels, channels and widths of what only the C code
reads filled up to multiples of VECTOR.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from din_core.kernels.batch import BATCH, batch_arguments
from din_core.kernels.operators import FLOAT, POINTER, SIZE, address, addresses, c_function, operator
from din_core.kernels.two_layers import (
    PARAMETERS,
    PASS,
    PASS_SIZE,
    move_running,
    new_pass,
    parameters,
    pass_struct,
    wide,
)
from din_core.model.attention import ActivationUnit
from din_core.model.dice import EPSILON, Dice
from din_core.model.pairs import columns_of
from din_core.model.ragged import RaggedBatch

_forward = c_function("unit_forward", *[POINTER] * 10, FLOAT, *[SIZE] * 8, POINTER, POINTER, *BATCH)
_backward = c_function("unit_backward", *[POINTER] * 7, *[SIZE] * 8, *[POINTER] * 6, *BATCH)


def _compute(
    q: Tensor, k: Tensor, count: Tensor, behavior: Tensor, candidate: Tensor, offsets: Tensor, pairs: int, paper: bool,
    matches: Tensor, first: Tensor, first_bias: Tensor, *layers: Tensor,
) -> tuple[Tensor, ...]:  # fmt: skip
    made = _fake(q, k, count, behavior, candidate, offsets, pairs, paper, matches, first, first_bias, *layers)
    weight, parts, *room = made
    reads = [address(x) for x in (q, k, count)] + [address(own, torch.int64) for own in (behavior, candidate)]
    reads += [address(x) for x in (matches, first, first_bias)]
    sizes = len(q), len(k), pairs, q.shape[1], len(matches), len(first_bias), len(layers[2])
    own = addresses(*layers), pass_struct(room)
    batch = batch_arguments(offsets, [k, count, behavior], [q, candidate], [weight])
    _forward(*reads, *own, EPSILON, paper, *sizes, address(parts), address(weight), *batch)
    return made


def _fake(
    q: Tensor, k: Tensor, count: Tensor, behavior: Tensor, candidate: Tensor, offsets: Tensor, pairs: int, paper: bool,
    matches: Tensor, first: Tensor, first_bias: Tensor, *layers: Tensor,
) -> tuple[Tensor, ...]:  # fmt: skip
    h, h2 = len(first_bias), len(layers[2])
    parts = q.new_empty(3, wide(h), wide(q.shape[1]))
    return q.new_empty(pairs), parts, *new_pass(q, pairs, h, h2)


def _compute_backward(
    grad: Tensor, q: Tensor, k: Tensor, behavior: Tensor, candidate: Tensor, offsets: Tensor, paper: bool,
    saved: Sequence[Tensor], matches: Tensor, first: Tensor, first_bias: Tensor, *layers: Tensor,
) -> list[Tensor]:  # fmt: skip
    found = _fake_backward(grad, q, k, behavior, candidate, offsets, paper, saved, matches, first, first_bias, *layers)
    d_q, d_k, d_matches, d_first, d_bias, *d_layers = found
    parts, *room = saved
    sizes = len(q), len(k), len(grad), q.shape[1], len(matches), len(first_bias), len(layers[2])
    reads = [address(q), address(k), *(address(own, torch.int64) for own in (behavior, candidate))]
    writes = [address(x) for x in (d_q, d_k, d_matches, d_first, d_bias)]
    _backward(
        *reads, pass_struct(room), address(parts), address(grad), paper, *sizes, *writes, addresses(*d_layers),
        *batch_arguments(offsets, [k, behavior], [q, candidate], [grad]),
    )  # fmt: skip
    return found


def _fake_backward(
    grad: Tensor, q: Tensor, k: Tensor, behavior: Tensor, candidate: Tensor, offsets: Tensor, paper: bool,
    saved: Sequence[Tensor], *layers: Tensor,
) -> list[Tensor]:  # fmt: skip
    width = wide(q.shape[1])
    return [q.new_empty(len(q), width), k.new_empty(len(k), width), *(own.new_empty(own.shape) for own in layers)]


def _keep(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    q, k, _, behavior, candidate, offsets, _, paper, *layers = inputs
    ctx.set_materialize_grads(False)
    ctx.mark_non_differentiable(*output[1:])
    ctx.paper = paper
    ctx.save_for_backward(q, k, behavior, candidate, offsets, *output[1:], *layers)


def _backpropagate(ctx: Any, grad: Tensor, *_: None) -> tuple[Any, ...]:
    q, k, behavior, candidate, offsets, *saved = ctx.saved_tensors
    room, layers = saved[: 1 + PASS_SIZE], saved[1 + PASS_SIZE :]
    read = q, k, behavior, candidate, offsets
    d_q, d_k, *d_layers = unit_weights_backward(grad.contiguous(), *read, ctx.paper, room, *layers)
    d = q.shape[1]
    return d_q[:, :d], d_k[:, :d], *[None] * 6, *d_layers


unit_weights_backward = operator(
    "unit_weights_backward(Tensor grad, Tensor q, Tensor k, Tensor behavior, Tensor candidate, Tensor offsets, "
    f"bool paper, Tensor[] saved, Tensor matches, {PARAMETERS}) -> Tensor[]",
    _compute_backward,
    fake=_fake_backward,
)
"""Gradients of q and k, as wide as multiples of VECTOR, of matches and of the layers."""

unit_weights = operator(
    "unit_weights(Tensor q, Tensor k, Tensor count, Tensor behavior, Tensor candidate, Tensor offsets, SymInt pairs, "
    f"bool paper, Tensor matches, {PARAMETERS}) -> (Tensor weight, Tensor parts, {PASS})",
    _compute,
    fake=_fake,
    backward=_backpropagate,
    setup_context=_keep,
)
"""q (M, D), k (N, D), count (N,); rows of behaviors (N, F) and candidates (M, F), matches (F, H); offsets of
behaviors, candidates and pairs (3, G + 1); `paper` says that the first layer reads [q, q∘k, k] → weights (P,), what
the gradient needs, and among that the batch's moments."""


class AcceleratedActivationUnit(nn.Module):
    """`ActivationUnit` of Dice layers, in training by one operator.

    What a unit reads of a behavior beside its embedding makes k wider, and q by zeros: the operator knows of nothing
    else.
    """

    def __init__(self, plain: ActivationUnit) -> None:
        super().__init__()
        assert isinstance(plain.first_activation, Dice)
        assert isinstance(plain.second_activation, Dice)
        self.plain, self.dices = plain, (plain.first_activation, plain.second_activation)

    def forward(self, q: Tensor, k: Tensor, batch: RaggedBatch) -> Tensor:
        """q (M, D), k (N, D) → (P,) raw activation weights."""
        plain = self.plain
        if not self.training or not batch.pair_total:
            weight: Tensor = plain(q, k, batch)
            return weight
        first, second = self.dices
        fields = [] if plain.matches is None else plain.fields
        rows = [columns_of(own, fields).contiguous() for own in (batch.behavior, batch.candidate)]
        matches = q.new_zeros(0, len(first.alpha)) if plain.matches is None else plain.matches
        layers = parameters(plain.first, first, plain.second, second, plain.last)
        if plain.behavior is not None:
            own = plain.behavior.embed(batch)  # (N, E)
            k, q = torch.cat([k, own], 1), torch.cat([q, q.new_zeros(len(q), own.shape[1])], 1)
            layers = (_widened(plain, plain.behavior.columns.weight), *layers[1:])
        weight, _, *room = unit_weights(
            q.contiguous(), k.contiguous(), batch.count, *rows, batch.blocks, batch.pair_total,
            plain.reads == "paper", matches, *layers,
        )  # fmt: skip
        move_running(first, room[2])
        move_running(second, room[3])
        return weight


def _widened(unit: ActivationUnit, columns: Tensor) -> Tensor:
    """(H, 4·(D + E)), or 3 times: the first layer where k has E more numbers, which `columns` (H, E) reads."""
    none = torch.zeros_like(columns)
    own = (none, none, columns) if unit.reads == "paper" else (none, columns, none, none)  # where k stands
    parts = unit.first.weight.chunk(len(own), 1)
    return torch.cat([part for pair in zip(parts, own, strict=True) for part in pair], 1)
