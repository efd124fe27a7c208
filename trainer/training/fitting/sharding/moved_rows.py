"""Rows that all processes hold some of, moved to the first process and back, a block at a time.

A call is one of all processes of torch.distributed's default group. R rows in all, of which row r is with process
r mod N.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
import torch.distributed as dist
from torch import Tensor

from trainer.training.fitting.sharding.table_shard import BLOCK_ROWS


def gathered(own: Tensor, rows: int) -> Iterator[Tensor]:
    """What a process holds of an (R, …) tensor → the tensor's blocks in order, in the first process; nothing in
    others, which must ask for it all the same."""
    size, first = dist.get_world_size(), dist.get_rank() == 0
    for start, n in _blocks(rows):
        part = own[start : start + n]
        padded = own.new_zeros(n, *own.shape[1:])
        padded[: len(part)] = part
        found = [torch.empty_like(padded) for _ in range(size)] if first else None
        dist.gather(padded, found, 0)
        if found is not None:
            yield torch.stack(found, 1).flatten(0, 1)[: rows - start * size]


def scattered(read: Callable[[int, int], Tensor] | None, shape: Sequence[int], dtype: torch.dtype) -> Tensor:
    """What this process holds of an (R, …) tensor, of which the first process reads rows from start to stop; None in
    others."""
    size, rank, rows = dist.get_world_size(), dist.get_rank(), shape[0]
    own = torch.empty(len(range(rank, rows, size)), *shape[1:], dtype=dtype)
    for start, n in _blocks(rows):
        parts = None
        if read is not None:
            whole = torch.zeros(n * size, *shape[1:], dtype=dtype)
            stop = min(rows, (start + n) * size)
            whole[: stop - start * size] = read(start * size, stop)
            parts = [part.contiguous() for part in whole.view(n, size, *shape[1:]).unbind(1)]
        taken = torch.empty(n, *shape[1:], dtype=dtype)
        dist.scatter(taken, parts, 0)
        own[start : start + n] = taken[: len(own) - start]
    return own


def _blocks(rows: int) -> Iterator[tuple[int, int]]:
    """Where blocks start in the process that holds most rows, and how many rows each has there."""
    longest = -(-rows // dist.get_world_size())
    return ((start, min(BLOCK_ROWS, longest - start)) for start in range(0, longest, BLOCK_ROWS))
