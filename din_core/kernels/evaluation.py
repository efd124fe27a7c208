"""Networks for scoring alone: activation units that keep pairs in a core's first-level cache.

As the model has it, the unit writes a dozen arrays of all pairs × hidden channels to memory: right for training,
two thirds of the time in scoring.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from din_core.kernels.evaluation_operators import (
    VECTOR,
    UnitConstants,
    asinh_,
    dice_,
    dice_numbers,
    padded,
    pair_weights,
)
from din_core.kernels.operators import WIDEST, computes
from din_core.kernels.pairs import PAIR_MODULES
from din_core.kernels.replacement import with_replaced
from din_core.model.attention import ActivationUnit
from din_core.model.dice import Dice
from din_core.model.network import InterestNetwork
from din_core.model.ragged import RaggedBatch


def accelerate_evaluation(network: InterestNetwork) -> InterestNetwork:
    """The same network on the same parameters, what it does with pairs computed by operators where it can be.

    What the units hold beside them is computed from the parameters as they are now: for networks in evaluation mode.
    """
    if network.config.external:
        return network
    return with_replaced(network, _replacement) if computes(network.tower.last.weight) else network


def _replacement(module: nn.Module) -> nn.Module | None:
    if isinstance(module, ActivationUnit):
        has_operator = has_kernel(module) and not module.matches_sets  # it compares rows
        return PairUnit(module) if has_operator else None
    make = PAIR_MODULES.get(type(module))
    return make() if make else None


def has_kernel(unit: ActivationUnit) -> bool:
    """Whether the operators compute such a unit, and can here."""
    dice = isinstance(unit.first_activation, Dice) and isinstance(unit.second_activation, Dice)
    return dice and max(unit.first.in_features, *unit.second.weight.shape) <= WIDEST and computes(unit.last.weight)


class PairUnit(nn.Module):
    """What `ActivationUnit` computes, in evaluation mode and without gradients. Safe to share between threads."""

    @torch.no_grad()
    def __init__(self, unit: ActivationUnit) -> None:
        super().__init__()
        self.unit = unit
        from_query, from_key, product = unit.split()  # (D, H) each
        self.fields = [] if unit.matches is None else unit.fields
        both = product if unit.matches is None else torch.cat([product, unit.matches])
        self.from_query, self.from_key, self.bias, self.product = (
            padded(part, VECTOR) for part in (from_query, from_key, unit.first.bias, both)
        )  # (D, H), (D, H), (H,), (D + F, H)
        self.constants = unit_constants(unit, VECTOR)

    @torch.inference_mode()
    def forward(self, q: Tensor, k: Tensor, batch: RaggedBatch) -> Tensor:
        """q (M, D), k (N, D) → (P,) raw activation weights."""
        from_q, from_k = q @ self.from_query, torch.addmm(self.bias, k, self.from_key)
        if self.unit.behavior is not None:
            added = self.unit.behavior(batch)
            from_k[:, : added.shape[1]] += added
        rows = batch.behavior[:, self.fields], batch.candidate[:, self.fields]
        weight: Tensor = pair_weights(
            q.contiguous(), k.contiguous(), from_q, from_k, *rows, batch.blocks, batch.pair_total, self.product,
            *self.constants,
        )  # fmt: skip
        return weight


def unit_constants(unit: ActivationUnit, multiple: int) -> UnitConstants:
    """Those of a unit of Dice layers in evaluation, channels filled up to a multiple."""
    first, second = unit.first_activation, unit.second_activation
    assert isinstance(first, Dice)
    assert isinstance(second, Dice)
    return UnitConstants(
        padded(dice_numbers(first), multiple),
        padded(padded(unit.second.weight, multiple).T, multiple),
        padded(unit.second.bias, multiple),
        padded(dice_numbers(second), multiple),
        padded(unit.last.weight[0], multiple),
        float(unit.last.bias),
    )


class InPlaceDice:
    """`Dice` in evaluation as one pass over memory, which overwrites its input."""

    def __init__(self, dice: Dice) -> None:
        self.numbers = dice_numbers(dice)

    def __call__(self, s: Tensor) -> Tensor:
        """(n, H) → the same tensor."""
        dice_(s, self.numbers)
        return s


def asinh_in_place(x: Tensor, scale: float) -> Tensor:
    """asinh(scale · x), in the tensor itself."""
    asinh_(x, scale)
    return x
