"""Adam over the compiled kernels: what stays from step to step."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any, NamedTuple

from torch import Tensor

from din_core.model.native.kernels import Addresses, addresses


class AdamSlots(NamedTuple):
    """Where some tensors, their moments and their own steps lie, as the kernel reads them."""

    values: Addresses
    means: Addresses
    squares: Addresses
    steps: Addresses
    lengths: ctypes.Array[Any]

    @classmethod
    def of(
        cls, values: Sequence[Tensor], means: Sequence[Tensor], squares: Sequence[Tensor], steps: Sequence[Tensor]
    ) -> AdamSlots:
        """Moments of the values' shapes, steps ()."""
        lengths = (ctypes.c_long * len(values))(*(tensor.numel() for tensor in values))
        return cls(addresses(*values), addresses(*means), addresses(*squares), addresses(*steps), lengths)

    def hold(self, values: Sequence[Tensor]) -> bool:
        """Whether these still are the values."""
        return list(self.values) == [tensor.data_ptr() for tensor in values]
