"""The activation unit where memory is fast and launches are dear: all pairs of a block at once, in few operations.

What stands between two matrix products are some ten passes over memory; compiled they are one, which also reads the
product before it and writes the input of the next. Half precision is for the two products alone.

Dimensions: n candidates, T behaviors, P pairs, D item embedding width, F item fields, H and H₂ hidden widths.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor, nn

from din_core.model.attention import ActivationUnit, PointwiseActivation
from din_core.model.dice import EPSILON, Dice
from din_core.model.pairs import columns_of, pair_matches
from din_core.model.ragged import RaggedBatch


class ActivationNumbers(NamedTuple):
    """A non-linearity after a shift of each channel."""

    kind: str
    """dice, prelu or sigmoid"""
    shift: Tensor
    """(H,)"""
    numbers: tuple[Tensor, ...]
    """(H,) each: scale, offset and α of Dice, the slope of PReLU, none of sigmoid"""


class UnitNumbers(NamedTuple):
    """What follows the first layer's products."""

    first: ActivationNumbers
    of_match: Tensor | None
    """(F, H), a row a match flag"""
    second: Tensor
    """(H₂, H), in the precision of the products"""
    activation: ActivationNumbers
    last: Tensor
    """(H₂,)"""
    bias: Tensor
    """(1,)"""


@torch.no_grad()
def numbers_of(unit: ActivationUnit, half: bool = False) -> UnitNumbers:
    """Those of a unit in evaluation."""
    second = unit.second.weight
    return UnitNumbers(
        _activation(unit.first_activation, torch.zeros_like(unit.first.bias)),
        unit.matches,
        second.bfloat16() if half else second,
        _activation(unit.second_activation, unit.second.bias),
        unit.last.weight[0],
        unit.last.bias,
    )


def _activation(module: nn.Module, shift: Tensor) -> ActivationNumbers:
    if isinstance(module, PointwiseActivation):
        function = module.function
        if isinstance(function, nn.PReLU):
            return ActivationNumbers("prelu", shift, (function.weight,))
        return ActivationNumbers("sigmoid", shift, ())
    assert isinstance(module, Dice)
    scale = torch.rsqrt(module.moments.variance + EPSILON)
    return ActivationNumbers("dice", shift, (scale, -module.moments.mean * scale, module.alpha.detach()))


def activated(s: Tensor, by: ActivationNumbers) -> Tensor:
    """s (..., H) → (..., H)."""
    s = s + by.shift
    if by.kind == "sigmoid":
        return torch.sigmoid(s)
    if by.kind == "prelu":
        return torch.where(s > 0, s, by.numbers[0] * s)
    scale, offset, alpha = by.numbers
    return s * (alpha + (1 - alpha) * torch.sigmoid(s * scale + offset))


def weights_after(product: Tensor, rest: Tensor, same: Tensor | None, unit: UnitNumbers) -> Tensor:
    """product (..., H), rest (..., H), which is added, same (..., F) match flags → (...) weights."""
    s = product.to(rest.dtype) + rest
    if same is not None and unit.of_match is not None:
        s = s + same.to(s.dtype) @ unit.of_match
    z = (activated(s, unit.first).to(unit.second.dtype) @ unit.second.T).to(rest.dtype)
    return (activated(z, unit.activation) * unit.last).sum(-1) + unit.bias


@cache
def compiled_weights() -> Callable[..., Tensor]:
    """`weights_after` for any number of pairs, compiled when it is first called."""
    function: Callable[..., Tensor] = torch.compile(weights_after, dynamic=True)
    return function


_FAILED: set[str] = set()
"""Kinds of device for which compiling did not work."""


@torch.inference_mode()
def compiled_for(unit: UnitNumbers, *shapes: tuple[int, ...]) -> Callable[..., Tensor]:
    """`weights_after`, compiled where that works: only trying it, on pairs of these shapes, tells.

    The shapes are those of product and rest, without their channels: numbers that nothing else is, as the compiler
    takes equal ones for the same.
    """
    device = unit.last.device.type
    if device in _FAILED:
        return weights_after
    of_match, like = unit.of_match, unit.last
    product, rest = (like.new_zeros(*shape, len(unit.first.shift)) for shape in shapes)
    same = None if of_match is None else torch.zeros(*shapes[0], len(of_match), dtype=torch.bool, device=like.device)
    try:
        compiled_weights()(product.to(unit.second.dtype), rest, same, unit)
    except Exception as error:  # whatever the compiler and its tools raise
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        _FAILED.add(device)
        warnings.warn(f"scoring without torch.compile, which did not work: {reason}", stacklevel=2)
        return weights_after
    return compiled_weights()


class GpuPairUnit(nn.Module):
    """What `ActivationUnit` computes, in evaluation mode and without gradients, for batches of requests."""

    def __init__(self, unit: ActivationUnit, compiled: bool) -> None:
        super().__init__()
        self.unit, self.numbers = unit, numbers_of(unit)
        self.weights_after = compiled_for(self.numbers, (13,), (13,)) if compiled else weights_after

    @torch.inference_mode()
    def forward(self, q: Tensor, k: Tensor, batch: RaggedBatch) -> Tensor:
        """q (M, D), k (N, D) → (P,) raw activation weights."""
        unit, (t, c) = self.unit, batch.pairs()
        from_query, _, product = unit.split()
        rest = (q @ from_query)[c] + unit.from_behaviors(k, batch)[t]
        same = None if unit.matches is None else pair_matches(batch, unit.fields)
        return self.weights_after((q[c] * k[t]) @ product, rest, same, self.numbers)


class GpuHistoryUnit:
    """The activation unit's weights of a block of candidates against all behaviors of one history."""

    def __init__(self, unit: ActivationUnit, k: Tensor, batch: RaggedBatch, compiled: bool, half: bool) -> None:
        from_query, _, product = unit.split()  # (D, H) each
        self.rest = unit.from_behaviors(k, batch)  # (T, H)
        matrices = torch.addcmul(from_query[:, None], k.T[:, :, None], product[:, None])  # (D, T, H)
        self.matrices = (matrices.bfloat16() if half else matrices).flatten(1)  # one product for all behaviors
        self.fields = [] if unit.matches is None else unit.fields
        self.behavior = columns_of(batch.behavior, self.fields)  # (T, F)
        self.unit = numbers_of(unit, half)
        self.weights_after = compiled_for(self.unit, (11, 7), (7,)) if compiled else weights_after

    def __call__(self, q: Tensor, rows: Tensor) -> Tensor:
        """Queries (n, D) and rows (n, F) → (n, T) weights."""
        product = (q.to(self.matrices.dtype) @ self.matrices).view(len(q), *self.rest.shape)  # (n, T, H)
        same = None
        if self.fields:
            candidate = columns_of(rows, self.fields)[:, None]
            same = (self.behavior == candidate) & (candidate > 0)  # (n, T, F)
        return self.weights_after(product, self.rest, same, self.unit)
