"""A linear layer, two Dice layers and a linear one as the compiled kernels read them: the activation unit, whose rows
are pairs, and the tower, whose rows are impressions. The C structs of layers.h, in their order.

n rows; H and H₂ hidden channels, filled up to multiples of WIDTH in what the kernels alone read.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from din_core.model.native.padded import padded

WIDTH = 16
"""A vector's numbers, on any machine; as in linear.h."""


WIDEST = 2_048
"""Channels, or inputs, up to which blocks of rows fit a thread's stack."""


class Mlp(NamedTuple):
    """first (H, W) and its bias (H,); alpha (H,) of the first Dice; second (H₂, H) and its bias (H₂,); second_alpha
    (H₂,); last (1, H₂) and its bias (1,); or the gradients of these."""

    first: Tensor
    first_bias: Tensor
    alpha: Tensor
    second: Tensor
    second_bias: Tensor
    second_alpha: Tensor
    last: Tensor
    last_bias: Tensor

    @property
    def channels(self) -> tuple[int, int]:
        """H and H₂."""
        return len(self.alpha), len(self.second_alpha)

    def room(self) -> Mlp:
        """For as many numbers."""
        return Mlp(*(torch.empty_like(layer, memory_format=torch.contiguous_format) for layer in self))


MEMBERS = len(Mlp._fields)
Keep = tuple[Tensor | None, Tensor | None]
"""What dropout multiplies the outcomes of two Dice layers by, (n, H) and (n, H₂); None for nothing."""


class Running(NamedTuple):
    """A network's running values of some channels, which a step moves: batches (), mean and variance (k,)."""

    batches: Tensor
    mean: Tensor
    variance: Tensor


class Pass(NamedTuple):
    """What the way forwards of n rows leaves for the way back."""

    numbers: Tensor
    """The parts of `Pass.sizes`, one behind the other"""
    keep: Tensor | None
    """(n, H) what the first Dice's outcome was multiplied by, None for nothing"""
    second_keep: Tensor | None
    """(n, H₂)"""

    @classmethod
    def of(cls, n: int, mlp: Mlp, keep: Keep = (None, None)) -> Pass:
        """Room for it; `keep` with the layers' own channels."""
        first, second = (None if one is None else padded(one, WIDTH) for one in keep)
        return cls(torch.empty(sum(Pass.sizes(n, mlp)), dtype=torch.float32), first, second)

    @staticmethod
    def sizes(n: int, mlp: Mlp) -> tuple[int, ...]:
        """Numbers of each part: (n, H) what the first layer made, (n, H₂) what the second did; of each Dice (4, H) and
        (4, H₂) its α, 1 − α, mean and 1/√(variance + ε); second (H₂, H) and last (H₂,); (n,) how often a row counts in
        the statistics, and their sum. Each begins where a vector does."""
        h, h2 = mlp.channels
        h, h2 = wide(h), wide(h2)
        return n * h, n * h2, 4 * h, 4 * h2, h2 * h, h2, wide(n), WIDTH


class Standard(NamedTuple):
    """What the tower's way forwards leaves of its input, of the kernels' widths but for the scale."""

    z: Tensor
    """(n, W) the input, standardised"""
    scale: Tensor
    """(W,) what it was multiplied by"""
    first: Tensor
    """(H, W)"""


def fits(*sizes: int) -> bool:
    """Whether the kernels take layers of so many channels or inputs."""
    return max(sizes) <= WIDEST


def wide(channels: int) -> int:
    """The next multiple of WIDTH."""
    return -(-channels // WIDTH) * WIDTH
