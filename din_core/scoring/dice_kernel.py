"""Dice in one pass over memory: `dice_kernel.c`, compiled once a process where there is a C compiler.

PyTorch needs seven passes, which cost more than the matrix products around them. Compiling takes about 0.2 s in
a thread of its own, and nothing waits for it: until it is there, and where it never is, PyTorch does the same.
"""

from __future__ import annotations

import ctypes
import subprocess
import threading
from pathlib import Path

import torch
from torch import Tensor

from din_core.model.native.compiler import compile_library

SOURCE = Path(__file__).with_name("dice_kernel.c")


class DiceKernel:
    """The two compiled functions. Each call lets other Python threads run."""

    def __init__(self, library: ctypes.CDLL) -> None:
        pointer, size = ctypes.c_void_p, ctypes.c_long
        self._dice, self._dot = library.dice, library.dice_dot
        self._dice.argtypes = [pointer, pointer, size, size]
        self._dot.argtypes = [pointer, pointer, pointer, ctypes.c_float, pointer, size, size]
        self._dice.restype = self._dot.restype = None

    def dice_(self, y: Tensor, channel: Tensor) -> None:
        """In place: y (P, H) contiguous float32; channel (5, H): shift, scale, offset, α and 1 − α."""
        self._dice(y.data_ptr(), channel.data_ptr(), *y.shape)

    def dice_dot(self, y: Tensor, channel: Tensor, weight: Tensor, bias: float, out: Tensor) -> None:
        """out (P,) = bias + Σ_h weight[h] · f(y[:, h]); y (P, H) whose transpose is contiguous, weight (H,)."""
        self._dot(y.data_ptr(), channel.data_ptr(), weight.data_ptr(), bias, out.data_ptr(), *y.shape)


def dice_(y: Tensor, channel: Tensor, scratch: Tensor) -> None:
    """The same in PyTorch, in any precision: y (P, H), and `scratch` as large, which is overwritten."""
    shift, scale, offset, alpha, rest = channel
    y.add_(shift)
    # torch.addcmul and torch.lerp save no time here
    torch.mul(y, scale, out=scratch).add_(offset).sigmoid_().mul_(rest).add_(alpha)
    y.mul_(scratch)


class _Compiled:
    def __init__(self) -> None:
        self.kernel: DiceKernel | None = None
        self.thread: threading.Thread | None = None
        self.lock = threading.Lock()


_compiled = _Compiled()


def prepare(wait: bool = False) -> None:
    """Start compiling unless that was done before; with `wait`, return when it has ended."""
    with _compiled.lock:
        if _compiled.thread is None:
            _compiled.thread = threading.Thread(target=_compile, name="dice-kernel", daemon=True)
            _compiled.thread.start()
    if wait:
        _compiled.thread.join()


def ready() -> DiceKernel | None:
    """The compiled kernel; None while there is none."""
    return _compiled.kernel


def _compile() -> None:
    try:
        _compiled.kernel = compile_kernel()
    except (OSError, subprocess.SubprocessError, AttributeError):
        _compiled.kernel = None


def compile_kernel() -> DiceKernel | None:
    """Compile, load and try the kernel; None without a compiler or where it computes something else."""
    library = compile_library([SOURCE])
    if library is None:
        return None
    kernel = DiceKernel(library)
    return kernel if _agrees(kernel) else None


def _agrees(kernel: DiceKernel) -> bool:
    y = torch.linspace(-200, 200, 3 * 41).reshape(41, 3)
    channel = torch.tensor([[0.5, 0.0, -3.0], [0.02, 1.0, 3.0], [0.1, -2.0, 0.0], [0.0, 0.25, 1.5], [1.0, 0.75, -0.5]])
    weight, out = torch.tensor([1.0, -0.5, 0.25]), torch.empty(41)
    expected, found = y.clone(), y.clone()
    dice_(expected, channel, torch.empty_like(y))
    kernel.dice_(found, channel)
    kernel.dice_dot(y.T.contiguous().T, channel, weight, 0.125, out)
    close = torch.allclose(found, expected, rtol=1e-5, atol=1e-5)
    return close and torch.allclose(out, 0.125 + expected @ weight, rtol=1e-5, atol=1e-4)
