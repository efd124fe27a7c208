"""Activations and stacks of linear layers as other libraries have them, with the statistics that training left.

Dimensions: n rows, K channels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from din_core.model.dice import EPSILON
from din_core.model.library.options import LayerActivation

ROW_EPSILON = 1e-3
"""torch-rechub's: added to each channel's squared distance from the mean of its row."""


class StoredDice(nn.Module):
    """Dice on stored statistics: p = σ(γ·(s − mean) / √(variance + ε) + β), with γ = 1 and β = 0 without affine."""

    mean: Tensor
    variance: Tensor

    def __init__(self, channels: int, affine: bool) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.zeros(channels))
        self.weight = nn.Parameter(torch.ones(channels)) if affine else None
        self.bias = nn.Parameter(torch.zeros(channels)) if affine else None
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("variance", torch.ones(channels))

    def forward(self, s: Tensor) -> Tensor:
        """(..., K) → (..., K)."""
        z = (s - self.mean) * torch.rsqrt(self.variance + EPSILON)
        if self.weight is not None and self.bias is not None:
            z = z * self.weight + self.bias
        return s * (self.alpha + (1 - self.alpha) * torch.sigmoid(z))


class RowDice(nn.Module):
    """torch-rechub's Dice: p = σ((s − m) / √Σ((s − m)² + ε)), m the mean of a row's channels; one α for all."""

    def __init__(self) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.zeros(1))

    def forward(self, s: Tensor) -> Tensor:
        """(..., K) → (..., K)."""
        distance = s - s.mean(-1, keepdim=True)
        p = torch.sigmoid(distance / (distance.square() + ROW_EPSILON).sum(-1, keepdim=True).sqrt())
        return s * (self.alpha + (1 - self.alpha) * p)


_WITHOUT_CHANNELS: dict[LayerActivation, Callable[[], nn.Module]] = {
    "row dice": RowDice,
    "relu": nn.ReLU,
    "leaky relu": nn.LeakyReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "silu": nn.SiLU,
    "none": nn.Identity,
}


class ChannelPReLU(nn.Module):
    """One slope a channel, which is the last dimension whatever the others are."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.full((channels,), 0.25))

    def forward(self, s: Tensor) -> Tensor:
        """(..., K) → (..., K)."""
        return torch.where(s > 0, s, self.slope * s)


def layer_activation(kind: LayerActivation, channels: int) -> nn.Module:
    """The module of that name for so many channels; any other dimensions may stand before them."""
    if kind in ("dice", "affine dice"):
        return StoredDice(channels, affine=kind == "affine dice")
    return ChannelPReLU(channels) if kind == "prelu" else _WITHOUT_CHANNELS[kind]()


class HiddenLayers(nn.Module):
    """Linear layers with an activation behind each, and a last one to one number."""

    def __init__(self, width: int, hidden: Sequence[int], kind: LayerActivation) -> None:
        super().__init__()
        self.linear = nn.ModuleList(nn.Linear(*sizes) for sizes in pairwise([width, *hidden]))
        self.activations = nn.ModuleList(layer_activation(kind, channels) for channels in hidden)
        self.last = nn.Linear(hidden[-1], 1)

    @property
    def first(self) -> nn.Linear:
        """The layer that reads the inputs."""
        first = self.linear[0]
        assert isinstance(first, nn.Linear)
        return first

    def forward(self, x: Tensor) -> Tensor:
        """(..., W) → (...)."""
        return self.after_first(self.first(x))

    def after_first(self, s: Tensor) -> Tensor:
        """What the first linear layer gave, (..., H) → (...)."""
        s = self.activations[0](s)
        for linear, activate in zip(self.linear[1:], self.activations[1:], strict=True):
            s = activate(linear(s))
        out: Tensor = self.last(s)
        return out.squeeze(-1)
