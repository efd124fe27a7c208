"""A ragged batch's histories as the C code reads them, BATCH of batch.h."""

from __future__ import annotations

import torch
from torch import Tensor

from din_core.kernels.operators import POINTER, SIZE, address

BATCH = (POINTER, POINTER, POINTER, SIZE)


def batch_arguments(offsets: Tensor) -> tuple[int, int, int, int]:
    """(3, G + 1) offsets of behaviors, candidates and pairs, as `RaggedBatch.blocks` has them, as arguments."""
    start, (_, columns) = address(offsets, torch.int64), offsets.shape
    row = columns * offsets.element_size()
    return start, start + row, start + 2 * row, columns - 1
