"""How custom operators are defined: a schema, and what computes it on a CPU, mostly a function of the C library.

    _scale = c_function("scale", POINTER, FLOAT, SIZE)

    def _compute(y: Tensor, factor: float) -> None:
        _scale(address(y), factor, y.numel())

    scale_ = operator("scale_(Tensor(a!) y, float factor) -> ()", _compute, fake=lambda y, factor: None)

`scale_` is torch.ops.din_lens.scale_.default, and called like it. A function of the C library returns 0, or 1 where it
found no memory; int64_t is its only integer.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from din_core.kernels.library import load, status

NAMESPACE = "din_lens"
POINTER, SIZE, FLOAT = ctypes.c_void_p, ctypes.c_int64, ctypes.c_float
WIDEST = 2_048
"""Inputs, embedding widths and channels up to which a block of rows fits a thread's stack."""
CType = type[ctypes.c_void_p] | type[ctypes.c_int64] | type[ctypes.c_float]

_LIBRARY = torch.library.Library(NAMESPACE, "FRAGMENT")  # type: ignore[no-untyped-call]
"""Operators are there as long as this is."""


class CFunction:
    """A function of the C library, with the types of its arguments. Each call lets other Python threads run."""

    __slots__ = ("_found", "name", "types")

    def __init__(self, name: str, types: Sequence[CType]) -> None:
        self.name, self.types = name, tuple(types)
        self._found: Callable[..., int] | None = None

    def __call__(self, *args: Any) -> None:
        """RuntimeError without the library, MemoryError where the function found no memory."""
        function = self._found or self._find()
        if function(*args):
            raise MemoryError(f"no memory for {NAMESPACE}::{self.name}")

    def _find(self) -> Callable[..., int]:
        library = load()
        if library is None:
            raise RuntimeError(f"{NAMESPACE}::{self.name} was called, but there are {status()}")
        function = getattr(library, self.name)
        function.argtypes, function.restype = self.types, ctypes.c_int
        self._found = function
        found: Callable[..., int] = function
        return found


def c_function(name: str, *types: CType) -> CFunction:
    """Looked up when first called, so that defining operators needs no compiler."""
    return CFunction(name, types)


def operator(
    schema: str,
    compute: Callable[..., Any],
    fake: Callable[..., Any],
    backward: Callable[..., Any] | None = None,
    setup_context: Callable[..., None] | None = None,
) -> Callable[..., Any]:
    """Define `schema` in `din_lens`, computed on a CPU by `compute`; `fake` gives the outcome's shapes alone.

    `backward(ctx, *grads)` and `setup_context(ctx, inputs, output)` are those of torch.library.register_autograd.
    """
    name = schema.split("(", 1)[0]
    qualified = f"{NAMESPACE}::{name}"
    _LIBRARY.define(schema, tags=(torch.Tag.pt2_compliant_tag,))  # type: ignore[no-untyped-call]
    _LIBRARY.impl(name, compute, "CPU")  # type: ignore[no-untyped-call]
    torch.library.register_fake(qualified, fake, lib=_LIBRARY)
    if backward is not None:
        torch.library.register_autograd(qualified, backward, setup_context=setup_context, lib=_LIBRARY)
    found: Callable[..., Any] = getattr(getattr(torch.ops, NAMESPACE), name).default
    return found


def computes(*tensors: Tensor) -> bool:
    """Whether operators compute with such tensors: in single precision on a CPU, and the library is there."""
    return all(x.dtype == torch.float32 and x.device.type == "cpu" for x in tensors) and load() is not None


def address(x: Tensor, dtype: torch.dtype = torch.float32) -> int:
    """Where the numbers of a contiguous tensor begin; TypeError and ValueError where the C code would misread it."""
    if x.dtype != dtype:
        raise TypeError(f"{NAMESPACE} reads {dtype}, not {x.dtype}")
    if not x.is_contiguous():
        raise ValueError(f"{NAMESPACE} reads contiguous tensors, not strides {x.stride()} of shape {tuple(x.shape)}")
    return x.data_ptr()


def optional_address(x: Tensor | None, dtype: torch.dtype = torch.float32) -> int | None:
    """NULL for None."""
    return None if x is None else address(x, dtype)


def addresses(*members: Tensor | None) -> ctypes.Array[Any]:
    """float32 tensors as a C array, or struct, of pointers."""
    return (ctypes.c_void_p * len(members))(*map(optional_address, members))


def sizes(*numbers: int) -> ctypes.Array[ctypes.c_int64]:
    """A C array of int64_t."""
    return (ctypes.c_int64 * len(numbers))(*numbers)
