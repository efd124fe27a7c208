"""Dice, the data-adaptive activation of DIN (Zhou et al. 2018, equation 8), and the statistics it stands on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from din_core.model.native import kernels_for
from din_core.model.native.hidden import Mlp, Running

EPSILON = 1e-8
MOMENTUM = 0.01
ROWS = 32
"""Rows summed together first."""


def dice(s: Tensor, alpha: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    """f(s) = p(s)·s + (1 − p(s))·α·s with p(s) = σ((s − E[s]) / √(Var[s] + ε)); s (n, K), the rest (K,)."""
    return _activate(s, alpha, mean, torch.rsqrt(variance + EPSILON))


class RunningMoments(nn.Module):
    """Mean and variance of each channel: the mini-batch's own in training, running ones in evaluation.

    The running values are plain averages over the first 1/MOMENTUM batches, exponential ones after that, so
    that an early evaluation is not held back by the values they started from.
    """

    mean: Tensor
    variance: Tensor
    batches: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("variance", torch.ones(channels))
        self.register_buffer("batches", torch.zeros(()))

    def forward(self, s: Tensor) -> tuple[Tensor, Tensor]:
        """s (n, K) → (K,) mean and (K,) biased variance."""
        if not self.training or s.shape[0] == 0:
            return self.mean, self.variance
        precise = s.to(torch.promote_types(s.dtype, torch.float32))  # half precision cannot sum a batch
        mean = precise.mean(0)
        variance = (precise - mean).square().mean(0)
        self.update(mean.detach(), variance.detach())
        return mean, variance

    def values(self) -> Running:
        """The running values themselves."""
        return Running(self.batches, self.mean, self.variance)

    @torch.no_grad()
    def update(self, mean: Tensor, variance: Tensor) -> None:
        """Move the running values towards a batch's."""
        native = kernels_for(mean, variance, self.mean, self.variance, self.batches)
        if native:
            native.moments_move(mean, variance, MOMENTUM, self.batches, self.mean, self.variance)
            return
        self.batches += 1
        share = (1 / self.batches).clamp(min=MOMENTUM)
        self.mean.lerp_(mean, share)
        self.variance.lerp_(variance, share)


class Dice(nn.Module):
    """No affine; one trained α per channel, which starts at 0 as in the official code."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.zeros(channels))
        self.moments = RunningMoments(channels)
        self.kernels = PLAIN

    def forward(self, s: Tensor, weight: Tensor | None = None) -> Tensor:
        """(n, K) → (n, K); `weight` (n,) makes a folded row count as its repeats in the statistics."""
        if not self.training or s.shape[0] == 0:
            return dice(s, self.alpha, self.moments.mean.to(s.dtype), self.moments.variance.to(s.dtype))
        found: tuple[Tensor, Tensor, Tensor] = BatchDice.apply(  # type: ignore[no-untyped-call]
            s, self.alpha, weight, self.kernels
        )
        y, mean, variance = found
        self.moments.update(mean, variance)
        return y

    def fuse(self) -> None:
        """Compile training's passes over the batch, and try them once; raises what the compiler raises."""
        kernels = fused_kernels(len(self.alpha))
        s = torch.ones(2 * ROWS + 1, len(self.alpha), device=self.alpha.device, requires_grad=True)
        weight = torch.ones(len(s), device=s.device)
        y, _, _ = BatchDice.apply(s, self.alpha.detach(), weight, kernels)  # type: ignore[no-untyped-call]
        y.sum().backward()
        self.kernels = kernels


def mlp_of(first: nn.Linear, first_dice: Dice, second: nn.Linear, second_dice: Dice, last: nn.Linear) -> Mlp:
    """The parameters of two Dice layers and a linear one, as the kernels read them."""
    hidden = first_dice.alpha, second.weight, second.bias, second_dice.alpha
    return Mlp(first.weight, first.bias, *hidden, last.weight, last.bias)


class BatchDice(torch.autograd.Function):
    """Dice with the mini-batch's own statistics, whose gradient is part of its own.

    With shares n_i of the rows (equal ones without weights), z = (s − E)·r, r = 1/√(Var + ε), p = σ(z), g the
    upstream gradient and h = g·s·(1 − α)·p·(1 − p):
    dα = Σ g·s·(1 − p), ds_i = g_i·(α + (1 − α)·p_i) + r·(h_i − n_i·(Σh + z_i·Σ(h·z))).
    """

    @staticmethod
    def forward(
        ctx: Any, s: Tensor, alpha: Tensor, weight: Tensor | None, kernels: Passes
    ) -> tuple[Tensor, Tensor, Tensor]:
        """s (n, K), alpha (K,), weight (n,) → y (n, K), mean (K,), variance (K,)."""
        precise = torch.promote_types(s.dtype, torch.float32)  # half precision cannot sum a batch
        weight = s.new_ones(len(s), dtype=precise) if weight is None else weight.to(precise)
        native = kernels_for(s, alpha, weight)
        if native:
            s = s.contiguous()
            mean, variance, total = native.moments(s, weight)
            rate = torch.rsqrt(variance + EPSILON)
            ctx.save_for_backward(s, alpha, mean, rate, weight, total)
            ctx.native = native
            ctx.mark_non_differentiable(mean, variance)
            return native.dice(s, alpha, mean, rate), mean, variance
        share = weight / weight.sum()
        with torch.autocast(s.device.type, enabled=False):
            mean = share @ s.to(precise)
        (variance,) = _by_blocks("squares", kernels, (s, share[:, None]), mean)
        rate = torch.rsqrt(variance + EPSILON)
        ctx.save_for_backward(s, alpha, mean, rate, share)
        ctx.kernels, ctx.native = kernels, None
        ctx.mark_non_differentiable(mean, variance)
        return kernels.activate(s, alpha, mean, rate).to(s.dtype), mean, variance

    @staticmethod
    def backward(ctx: Any, grad: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        if ctx.native:
            s, *rest = ctx.saved_tensors
            d_s, d_alpha = ctx.native.dice_backward(s, grad.contiguous(), *rest)
            return d_s, d_alpha, None, None
        s, alpha, mean, rate, share = ctx.saved_tensors
        h, hz, d_alpha = _by_blocks("sums", ctx.kernels, (s, grad), alpha, mean, rate)
        d_s = ctx.kernels.gradient(s, grad, alpha, mean, rate, share, h, hz)
        return d_s.to(s.dtype), d_alpha.to(alpha.dtype), None, None


def _activate(s: Tensor, alpha: Tensor, mean: Tensor, rate: Tensor) -> Tensor:
    return s * (alpha + (1 - alpha) * torch.sigmoid((s - mean) * rate))


def _squares(s: Tensor, share: Tensor, mean: Tensor) -> tuple[Tensor, ...]:
    """s (B, R, K), share (B, R, 1) → (B, K), which sum up to the variance."""
    return ((share * (s - mean).square()).sum(1),)


def _sums(s: Tensor, grad: Tensor, alpha: Tensor, mean: Tensor, rate: Tensor) -> tuple[Tensor, ...]:
    """s and grad (B, R, K) → (B, K) each, which sum up to Σh, Σ(h·z) and dα."""
    z = (s - mean) * rate
    p = torch.sigmoid(z)
    grad_s = grad * s
    h = grad_s * ((1 - alpha) * p * (1 - p))
    return h.sum(1), (h * z).sum(1), (grad_s * (1 - p)).sum(1)


def _gradient(
    s: Tensor, grad: Tensor, alpha: Tensor, mean: Tensor, rate: Tensor, share: Tensor, h: Tensor, hz: Tensor
) -> Tensor:
    z = (s - mean) * rate
    p = torch.sigmoid(z)
    own = grad * s * ((1 - alpha) * p * (1 - p))
    return grad * (alpha + (1 - alpha) * p) + rate * (own - share[:, None] * (h + z * hz))


def _by_blocks(name: str, kernels: Passes, of_rows: Sequence[Tensor], *rest: Tensor) -> list[Tensor]:
    """A kernel's sums over rows (n, ·) in two levels: compiled, one long sum would be several times slower."""
    n = len(of_rows[0])
    whole = n // ROWS * ROWS
    parts = [getattr(PLAIN, name)(*(x[whole:].unsqueeze(0) for x in of_rows), *rest)]
    if whole:
        parts.append(getattr(kernels, name)(*(x[:whole].view(-1, ROWS, x.shape[1]) for x in of_rows), *rest))
    return [torch.cat(part).sum(0) for part in zip(*parts, strict=True)]


@dataclass(frozen=True, slots=True)
class Passes:
    """Training's four passes over a batch, as written or compiled."""

    squares: Callable[..., tuple[Tensor, ...]]
    activate: Callable[..., Tensor]
    sums: Callable[..., tuple[Tensor, ...]]
    gradient: Callable[..., Tensor]


PLAIN = Passes(_squares, _activate, _sums, _gradient)


@cache
def fused_kernels(channels: int) -> Passes:
    """Compiled for so many channels and any number of rows; what is asserted is compiled as a constant."""

    def squares(s: Tensor, *rest: Tensor) -> tuple[Tensor, ...]:
        assert s.shape[1:] == (ROWS, channels)
        return _squares(s, *rest)

    def activate(s: Tensor, *rest: Tensor) -> Tensor:
        assert s.shape[1] == channels
        return _activate(s, *rest)

    def sums(s: Tensor, *rest: Tensor) -> tuple[Tensor, ...]:
        assert s.shape[1:] == (ROWS, channels)
        return _sums(s, *rest)

    def gradient(s: Tensor, *rest: Tensor) -> Tensor:
        assert s.shape[1] == channels
        return _gradient(s, *rest)

    kernels: list[Any] = [torch.compile(kernel, dynamic=True) for kernel in (squares, activate, sums, gradient)]
    return Passes(*kernels)
