"""The tower and its input in training, each one operator and one back.

Dimensions as in `model/tower.py`; H and H₂ hidden channels, filled up to multiples of VECTOR in what only the C code
reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from din_core.kernels.evaluation_operators import VECTOR, padded
from din_core.kernels.operators import (
    FLOAT,
    POINTER,
    SIZE,
    address,
    addresses,
    c_function,
    operator,
    sizes,
)
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
from din_core.model.dice import EPSILON
from din_core.model.tower import ASINH_SCALE, CONSTANT_VARIANCE, INPUT_EPSILON, Tower, TowerInput

_input = c_function("tower_input", *[POINTER] * 5, FLOAT, *[SIZE] * 6, POINTER)
_input_backward = c_function("tower_input_backward", *[POINTER] * 4, FLOAT, POINTER, *[SIZE] * 6, *[POINTER] * 4)
_forward = c_function("tower_forward", *[POINTER] * 5, *[FLOAT] * 3, *[SIZE] * 4, *[POINTER] * 5)
_backward = c_function("tower_backward", *[POINTER] * 5, *[SIZE] * 4, *[POINTER] * 4)


def _input_sizes(others: Tensor, q: Tensor, v: Tensor, intensity: Tensor, fields: Sequence[int]) -> tuple[int, ...]:
    return len(q), others.shape[1], q.shape[1], v.shape[1], len(fields), intensity.shape[1]


def _compute_input(others: Tensor, q: Tensor, v: Tensor, intensity: Tensor, fields: Sequence[int]) -> Tensor:
    x = _fake_input(others, q, v, intensity, fields)
    reads = [address(own) for own in (others, q, v, intensity)]
    _input(*reads, sizes(*fields), ASINH_SCALE, *_input_sizes(others, q, v, intensity, fields), address(x))
    return x


def _fake_input(others: Tensor, q: Tensor, v: Tensor, intensity: Tensor, fields: Sequence[int]) -> Tensor:
    m, o, d, dv, f, i = _input_sizes(others, q, v, intensity, fields)
    return q.new_empty(m, o + d + 2 * dv + f + i)


def _compute_input_backward(
    grad: Tensor, others: Tensor, q: Tensor, v: Tensor, intensity: Tensor, fields: Sequence[int]
) -> tuple[Tensor, ...]:
    found = _fake_input_backward(grad, others, q, v, intensity, fields)
    reads = [address(own) for own in (q, v, intensity)]
    shape = _input_sizes(others, q, v, intensity, fields)
    _input_backward(*reads, sizes(*fields), ASINH_SCALE, address(grad), *shape, *map(address, found))
    return found


def _fake_input_backward(grad: Tensor, *read: Any) -> tuple[Tensor, ...]:
    return tuple(own.new_empty(own.shape) for own in read[:4])


def _keep_input(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    *read, ctx.fields = inputs
    ctx.save_for_backward(*read)


def _backpropagate_input(ctx: Any, grad: Tensor) -> tuple[Any, ...]:
    return *tower_input_backward(grad.contiguous(), *ctx.saved_tensors, ctx.fields), None


READ = "Tensor others, Tensor q, Tensor v, Tensor intensity, int[] fields"
tower_input_backward = operator(
    f"tower_input_backward(Tensor grad, {READ}) -> (Tensor, Tensor, Tensor, Tensor)",
    _compute_input_backward,
    fake=_fake_input_backward,
)
tower_input = operator(
    f"tower_input({READ}) -> Tensor",
    _compute_input,
    fake=_fake_input,
    backward=_backpropagate_input,
    setup_context=_keep_input,
)
"""As `TowerInput`: others (M, O), q (M, D), v (M, D or 2D), intensity (M, I), the widths of v's fields → (M, O +
width)."""


def _compute(
    x: Tensor, keep: Tensor | None, next_keep: Tensor | None, first: Tensor, first_bias: Tensor, *layers: Tensor
) -> tuple[Tensor, ...]:
    made = _fake(x, keep, next_keep, first, first_bias, *layers)
    logit, of_input, z, scale, wide_first, *room = made
    own = addresses(*layers), pass_struct(room, keep, next_keep)
    shape = *x.shape, len(first_bias), len(layers[2])
    writes = [address(one) for one in (of_input, z, scale, wide_first, logit)]
    reads = address(x), address(first), address(first_bias)
    _forward(*reads, *own, EPSILON, INPUT_EPSILON, CONSTANT_VARIANCE, *shape, *writes)
    return made


def _fake(
    x: Tensor, keep: Tensor | None, next_keep: Tensor | None, first: Tensor, first_bias: Tensor, *layers: Tensor
) -> tuple[Tensor, ...]:
    (n, w), h, h2 = x.shape, len(first_bias), len(layers[2])
    shapes: tuple[tuple[int, ...], ...] = (n,), (2, w), (n, wide(w)), (w,), (wide(h), wide(w))
    return *(x.new_empty(shape) for shape in shapes), *new_pass(x, n, h, h2)


def _compute_backward(
    grad: Tensor, keep: Tensor | None, next_keep: Tensor | None, saved: Sequence[Tensor], *layers: Tensor
) -> list[Tensor]:
    found = _fake_backward(grad, keep, next_keep, saved, *layers)
    d_x, d_first, d_bias, *d_layers = found
    z, scale, wide_first, *room = saved
    shape = *d_x.shape, len(d_bias), len(layers[4])
    reads = [address(one) for one in (z, scale, wide_first, grad)]
    writes = [address(one) for one in (d_x, d_first, d_bias)]
    _backward(pass_struct(room, keep, next_keep), *reads, *shape, *writes, addresses(*d_layers))
    return found


def _fake_backward(
    grad: Tensor, keep: Tensor | None, next_keep: Tensor | None, saved: Sequence[Tensor], *layers: Tensor
) -> list[Tensor]:
    return [grad.new_empty(len(grad), len(saved[1])), *(own.new_empty(own.shape) for own in layers)]


def _keep(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    _, keep, next_keep, *layers = inputs
    ctx.set_materialize_grads(False)
    ctx.mark_non_differentiable(*output[1:])
    ctx.save_for_backward(keep, next_keep, *output[2:], *layers)


def _backpropagate(ctx: Any, grad: Tensor, *_: None) -> tuple[Any, ...]:
    keep, next_keep, *saved = ctx.saved_tensors
    room, layers = saved[: 3 + PASS_SIZE], saved[3 + PASS_SIZE :]
    d_x, *d_layers = tower_logits_backward(grad.contiguous(), keep, next_keep, room, *layers)
    return d_x, None, None, *d_layers


tower_logits_backward = operator(
    f"tower_logits_backward(Tensor grad, Tensor? keep, Tensor? next_keep, Tensor[] saved, {PARAMETERS}) -> Tensor[]",
    _compute_backward,
    fake=_fake_backward,
)
"""Gradients of x and of the layers."""

tower_logits = operator(
    f"tower_logits(Tensor x, Tensor? keep, Tensor? next_keep, {PARAMETERS}) -> (Tensor logit, Tensor of_input, "
    f"Tensor z, Tensor scale, Tensor wide_first, {PASS})",
    _compute,
    fake=_fake,
    backward=_backpropagate,
    setup_context=_keep,
)
"""x (M, W), keep (M, H) and next_keep (M, H₂), which dropout multiplies by, of the C code's widths, or None → logits
(M,), mean and variance of x (2, W), and what else the gradient needs, among it the Dices' moments."""


class AcceleratedTowerInput(nn.Module):
    """`TowerInput` by one operator."""

    def __init__(self, plain: TowerInput) -> None:
        super().__init__()
        self.fields = plain.fields

    def forward(self, others: Tensor, q: Tensor, v: Tensor, intensity: Tensor) -> Tensor:
        """others (M, U + X), q (M, D), v (M, D) or (M, 2D), intensity (M, 1) or (M, F) → (M, U + X + width)."""
        x: Tensor = tower_input(*(own.contiguous() for own in (others, q, v, intensity)), self.fields)
        return x


class AcceleratedTower(nn.Module):
    """`Tower`, in training by one operator."""

    def __init__(self, plain: Tower) -> None:
        super().__init__()
        self.plain = plain

    def forward(self, x: Tensor) -> Tensor:
        """(M, W) → (M,) logits."""
        plain = self.plain
        if not self.training or not len(x):
            logit: Tensor = plain(x)
            return logit
        layers = parameters(plain.first, plain.first_dice, plain.second, plain.second_dice, plain.last)
        logit, of_input, _, _, _, *room = tower_logits(x.contiguous(), *self._dropout_masks(len(x)), *layers)
        plain.moments.update(of_input[0], of_input[1])
        move_running(plain.first_dice, room[2])
        move_running(plain.second_dice, room[3])
        return logit

    def _dropout_masks(self, n: int) -> tuple[Tensor | None, Tensor | None]:
        """(n, H) and (n, H₂): what dropout multiplies by, drawn as nn.Dropout draws; None where nothing is dropped."""
        kept = 1 - self.plain.dropout.p
        if kept == 1:
            return None, None
        first, second = (
            torch.empty(n, layer.out_features).bernoulli_(kept).div_(kept)
            for layer in (self.plain.first, self.plain.second)
        )
        return padded(first, VECTOR), padded(second, VECTOR)
