"""Matrices as wide as the C code reads them."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import pad


def padded(x: Tensor, multiple: int) -> Tensor:
    """(..., K) → contiguous, with zeros behind so that K is a multiple of `multiple`."""
    more = -x.shape[-1] % multiple
    return (pad(x, (0, more)) if more else x).contiguous()
