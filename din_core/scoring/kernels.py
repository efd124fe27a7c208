"""The compiled functions of scoring, `dice.c` and `unit.c`, compiled once a process where there is a C compiler.

Dice alone takes PyTorch seven passes over memory, which cost more than the matrix products around them. Compiling
takes less than a second in a thread of its own, and nothing waits for it: until it is there, and where it never is,
PyTorch does the same.
"""

from __future__ import annotations

import ctypes
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from din_core.model.dice import EPSILON, Dice
from din_core.model.native.compiler import compile_library
from din_core.model.native.padded import padded

SOURCES = [Path(__file__).with_name(name) for name in ("dice.c", "unit.c")]
LANES, ROWS, CHANNELS = 16, 8, 256
"""Candidates, and hidden channels, that `unit_weights` takes come in multiples of these; and its most channels."""


@dataclass(frozen=True, slots=True)
class UnitChannels:
    """What the activation unit does with the product of a query and a behavior's matrix; float32.

    As the C code reads them, H and H₂ multiples of ROWS: of_match (F, H), a row a match flag; first (5, H), its Dice as
    `dice_` reads it; second (H, H₂); channel (5, H₂), its Dice, whose shift is the layer's bias; last (H₂,).
    """

    of_match: Tensor
    first: Tensor
    second: Tensor
    channel: Tensor
    last: Tensor
    bias: float

    @classmethod
    def of(
        cls, of_match: Tensor, first: Tensor, second: Tensor, channel: Tensor, last: Tensor, bias: float
    ) -> UnitChannels:
        """Of any widths, and second (H₂, H) as its layer holds it."""
        transposed = in_rows(in_rows(second).T)
        return cls(in_rows(of_match), in_rows(first), transposed, in_rows(channel), in_rows(last), bias)


class Kernels:
    """One method a function of the C sources. Each call lets other Python threads run."""

    def __init__(self, library: ctypes.CDLL) -> None:
        pointer, size = ctypes.c_void_p, ctypes.c_long
        self._dice, self._dot, self._weights = library.dice, library.dice_dot, library.unit_weights
        self._bend = library.bend
        self._bend.argtypes = [pointer, ctypes.c_float, size]
        self._dice.argtypes = [pointer, pointer, size, size]
        self._dot.argtypes = [pointer, pointer, pointer, ctypes.c_float, pointer, size, size]
        self._weights.argtypes = [*[pointer] * 8, ctypes.c_float, pointer, *[size] * 6]
        self._dice.restype = self._dot.restype = self._weights.restype = self._bend.restype = None

    def bend_(self, y: Tensor, knee: float) -> None:
        """In place: y contiguous float32 becomes asinh(knee · y)."""
        self._bend(y.data_ptr(), knee, y.numel())

    def dice_(self, y: Tensor, channel: Tensor) -> None:
        """In place: y (P, H) contiguous float32; channel (5, H): shift, scale, offset, α and 1 − α."""
        self._dice(y.data_ptr(), channel.data_ptr(), *y.shape)

    def dice_dot(self, y: Tensor, channel: Tensor, weight: Tensor, bias: float, out: Tensor) -> None:
        """out (P,) = bias + Σ_h weight[h] · f(y[:, h]); y (P, H) whose transpose is contiguous, weight (H,)."""
        self._dot(y.data_ptr(), channel.data_ptr(), weight.data_ptr(), bias, out.data_ptr(), *y.shape)

    def unit_weights(self, queries: Tensor, matrices: Tensor, matches: Tensor, unit: UnitChannels) -> Tensor:
        """queries (D, n), matrices (T, D, H), matches (T, F, n) → (T, n) weights; contiguous float32."""
        (t, d, h), n, h2 = matrices.shape, queries.shape[1], len(unit.last)
        out = queries.new_empty(t, n)
        read = (queries, matrices, matches, unit.of_match, unit.first, unit.second, unit.channel, unit.last)
        assert all(x.is_contiguous() for x in read)
        addresses = [x.data_ptr() for x in read]
        self._weights(*addresses, unit.bias, out.data_ptr(), n, t, d, len(unit.of_match), h, h2)
        return out


def dice_channel(dice: Dice, shift: Tensor | None = None) -> Tensor:
    """(5, H) shift, scale, offset, α and 1 − α of Dice with running moments, behind a shift (H,), for the kernels."""
    scale = torch.rsqrt(dice.moments.variance + EPSILON)
    first = torch.zeros_like(dice.alpha) if shift is None else shift
    return torch.stack([first, scale, -dice.moments.mean * scale, dice.alpha, 1 - dice.alpha])


def in_rows(x: Tensor) -> Tensor:
    """(..., H) → contiguous, with zeros behind so that H is a multiple of ROWS."""
    return padded(x, ROWS)


def dice_(y: Tensor, channel: Tensor, scratch: Tensor) -> None:
    """The same in PyTorch, in any precision: y (P, H), and `scratch` as large, which is overwritten."""
    shift, scale, offset, alpha, rest = channel
    y.add_(shift)
    # torch.addcmul and torch.lerp save no time here
    torch.mul(y, scale, out=scratch).add_(offset).sigmoid_().mul_(rest).add_(alpha)
    y.mul_(scratch)


class _Compiled:
    def __init__(self) -> None:
        self.kernels: Kernels | None = None
        self.thread: threading.Thread | None = None
        self.lock = threading.Lock()


_compiled = _Compiled()


def prepare(wait: bool = False) -> None:
    """Start compiling unless that was done before; with `wait`, return when that has ended."""
    with _compiled.lock:
        if _compiled.thread is None:
            _compiled.thread = threading.Thread(target=_compile, name="compile-kernels", daemon=True)
            _compiled.thread.start()
    if wait:
        _compiled.thread.join()


def ready() -> Kernels | None:
    """The compiled functions; None while there are none."""
    return _compiled.kernels


def _compile() -> None:
    try:
        _compiled.kernels = compile_kernels()
    except (OSError, subprocess.SubprocessError, AttributeError):
        _compiled.kernels = None


def compile_kernels() -> Kernels | None:
    """Compile, load and try the functions; None without a compiler or where they compute something else."""
    library = compile_library(SOURCES)
    if library is None:
        return None
    kernels = Kernels(library)
    return kernels if _agree(kernels) else None


def _agree(kernels: Kernels) -> bool:
    y = torch.linspace(-200, 200, 3 * 41).reshape(41, 3)
    channel = torch.tensor([[0.5, 0.0, -3.0], [0.02, 1.0, 3.0], [0.1, -2.0, 0.0], [0.0, 0.25, 1.5], [1.0, 0.75, -0.5]])
    weight, out = torch.tensor([1.0, -0.5, 0.25]), torch.empty(41)
    expected, found = y.clone(), y.clone()
    dice_(expected, channel, torch.empty_like(y))
    kernels.dice_(found, channel)
    kernels.dice_dot(y.T.contiguous().T, channel, weight, 0.125, out)
    bent = y.clone()
    kernels.bend_(bent, 0.25)
    close = torch.allclose(torch.cat([found, bent]), torch.cat([expected, (y / 4).asinh()]), rtol=1e-5, atol=1e-5)
    return close and torch.allclose(out, 0.125 + expected @ weight, rtol=1e-5, atol=1e-4) and _units_agree(kernels)


def _units_agree(kernels: Kernels) -> bool:
    """On four vectors of candidates, two behaviors, two matches, and 16 and 8 channels."""
    n, t, d, f, h, h2 = 4 * LANES, 2, 3, 2, 2 * ROWS, ROWS
    wave = (torch.arange(1.0, 2000) * 0.7).sin()
    queries, matrices, matches = wave[: d * n].view(d, n), wave[: t * d * h].view(t, d, h), wave[: t * f * n]
    matches, of_match, second = matches.view(t, f, n), wave[: f * h].view(f, h), wave[: h * h2].view(h2, h)
    unit = UnitChannels.of(of_match, wave[: 5 * h].view(5, h), second, wave[: 5 * h2].view(5, h2), wave[:h2], 0.5)
    y = queries.T @ matrices + matches.mT @ of_match  # (T, n, H)
    dice_(y, unit.first, torch.empty_like(y))
    z = y @ second.T
    dice_(z, unit.channel, torch.empty_like(z))
    found = kernels.unit_weights(queries, matrices, matches, unit)
    return torch.allclose(found, z @ unit.last + unit.bias, rtol=1e-5, atol=1e-5)
