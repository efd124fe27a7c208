"""A linear layer, two Dice layers and a linear one in training, as the C code reads them: the activation unit, whose
rows are pairs, and the tower, whose rows are impressions. The structs of training/layers.h, in their order.

n rows; H and H₂ hidden channels, filled up to multiples of VECTOR in what the C code alone reads.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from din_core.kernels.evaluation_operators import VECTOR
from din_core.kernels.operators import addresses
from din_core.model.dice import Dice

PARAMETERS = (
    "Tensor first, Tensor first_bias, Tensor alpha, Tensor second, Tensor second_bias, Tensor second_alpha, "
    "Tensor last, Tensor last_bias"
)
"""In a schema: (H, W), (H,), (H,), (H₂, H), (H₂,), (H₂,), (1, H₂), (1,)"""
PASS = (
    "Tensor s, Tensor next, Tensor moments, Tensor next_moments, Tensor dice, Tensor next_dice, "
    "Tensor second_wide, Tensor last_wide, Tensor times, Tensor total"
)
"""In a schema, what the way forwards leaves for the way back; see `new_pass`"""
PASS_SIZE = 10


def wide(channels: int) -> int:
    """The next multiple of VECTOR."""
    return (channels + VECTOR - 1) // VECTOR * VECTOR


def new_pass(like: Tensor, n: int, h: int, h2: int) -> list[Tensor]:
    """Room for a pass of n rows: what the first layer made (n, H) and the second (n, H₂); of each Dice the batch's mean
    and variance (2, ·), and α, 1 − α, mean and 1/√(variance + ε) (4, ·); second (H₂, H) and last (H₂,); (n,) how often
    a row counts in the statistics, and their sum (1,)."""
    h, h2 = wide(h), wide(h2)
    shapes = (n, h), (n, h2), (2, h), (2, h2), (4, h), (4, h2), (h2, h), (h2,), (n,), (1,)
    return [like.new_empty(shape) for shape in shapes]


def pass_struct(
    room: Sequence[Tensor], keep: Tensor | None = None, next_keep: Tensor | None = None
) -> ctypes.Array[Any]:
    """As C reads it; keep (n, H) and next_keep (n, H₂) are what dropout multiplies by, None for nothing."""
    return addresses(*room, keep, next_keep)


def parameters(
    first: nn.Linear, first_dice: Dice, second: nn.Linear, second_dice: Dice, last: nn.Linear
) -> tuple[Tensor, ...]:
    """In the order of PARAMETERS."""
    hidden = first_dice.alpha, second.weight, second.bias, second_dice.alpha
    return first.weight, first.bias, *hidden, last.weight, last.bias


def move_running(layer: Dice, of_batch: Tensor) -> None:
    """Towards the batch's mean and variance, (2, ·) as a pass holds them."""
    channels = len(layer.alpha)
    layer.moments.update(of_batch[0, :channels], of_batch[1, :channels])
