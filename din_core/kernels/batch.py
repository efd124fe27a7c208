"""A ragged batch's histories as the C code reads them, BATCH of batch.h."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from din_core.kernels.operators import NAMESPACE, POINTER, SIZE, address

BATCH = (POINTER, POINTER, POINTER, SIZE)
ROWS = ("behaviors", "candidates", "pairs")


def batch_arguments(
    offsets: Tensor, behaviors: Sequence[Tensor] = (), candidates: Sequence[Tensor] = (), pairs: Sequence[Tensor] = ()
) -> tuple[int, int, int, int]:
    """(3, G + 1) offsets of behaviors, candidates and pairs, as `RaggedBatch.blocks` has them, as arguments.

    ValueError where a tensor that has a row of each behavior, candidate or pair has other rows: the C code would read
    and write beyond it.
    """
    start, (_, columns) = address(offsets, torch.int64), offsets.shape
    for name, rows, tensors in zip(ROWS, offsets[:, -1].tolist(), (behaviors, candidates, pairs), strict=True):
        for own in tensors:
            if len(own) != rows:
                raise ValueError(f"{NAMESPACE} reads {rows} {name}, not rows of shape {tuple(own.shape)}")
    row = columns * offsets.element_size()
    return start, start + row, start + 2 * row, columns - 1
