"""How the system reads mapped files ahead: it is told what is read next, so that it reads that and nothing else.

Left alone it reads up to some megabytes around each page that is missed. Where samples come in random order and memory
does not hold them all, most of that is thrown away unread.
"""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Iterable
from functools import cache
from typing import Any

from torch import Tensor

RANDOM = getattr(mmap, "MADV_RANDOM", None)
"""Read pages that are missed alone."""
IN_ORDER = getattr(mmap, "MADV_NORMAL", None)
WILL_NEED = getattr(mmap, "MADV_WILLNEED", None)
"""Begin to read them now."""


@cache
def _madvise() -> Any:
    """The C library's; None on a system without it."""
    try:
        return ctypes.CDLL(None).madvise
    except (OSError, AttributeError, TypeError):
        return None


def advise(tensors: Iterable[Tensor], advice: int | None) -> None:
    """Of all elements; of tensors elsewhere than in this machine's memory nothing is said."""
    for tensor in tensors:
        advise_rows(tensor, [(0, len(tensor))], advice)


def advise_rows(tensor: Tensor, spans: Iterable[tuple[int, int]], advice: int | None) -> None:
    """Of the rows from a first to before a last, for each span. It is advice: what it cannot do changes no value."""
    madvise = _madvise()
    if madvise is None or advice is None or tensor.device.type != "cpu" or not tensor.is_contiguous():
        return
    row = tensor.stride(0) * tensor.element_size() if tensor.dim() else 0
    for first, last in spans:
        begin = tensor.data_ptr() + first * row
        aligned = begin - begin % mmap.PAGESIZE
        madvise(ctypes.c_void_p(aligned), ctypes.c_size_t(tensor.data_ptr() + last * row - aligned), advice)
