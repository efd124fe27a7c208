"""The rows of an embedding table that one of several processes holds: row r is with process r mod N.

Consecutive rows are with different processes, so each holds about as many frequent values as the others, however the
vocabulary is ordered.

Dimensions: N processes, R rows of a table, D its width.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from din_core.model.network import ITEM_LENGTH

BLOCK_ROWS = 1 << 13
"""Rows that are drawn, or moved between processes and files, at once."""


class TableShard(nn.Embedding):
    """Rows rank, rank + N, … of a table; which rows of the whole table a batch reads, the step finds out."""

    def __init__(self, rows: int, width: int, rank: int, size: int) -> None:
        """`rows`: R. Its weights are not set yet."""
        own = len(range(rank, rows, size))
        super().__init__(own, width, _weight=torch.empty(own, width))
        self.rows, self.rank, self.size = rows, rank, size

    @property
    def longest(self) -> int:
        """Rows of the process that holds most."""
        return -(-self.rows // self.size)

    def keys(self, rows: Tensor) -> Tensor:
        """Rows of the whole table → numbers by which they are ordered by process, then by place: process · longest +
        place."""
        return rows % self.size * self.longest + rows // self.size

    def own(self, whole: Tensor) -> Tensor:
        """(R, …) → what this process holds of it."""
        return whole[self.rank :: self.size].clone()

    @torch.no_grad()
    def draw(self, seed: int, field: int) -> None:
        """Random directions, as a network's item tables start; a function of seed and field, whatever N is."""
        place = 0
        for block, first in enumerate(range(0, self.rows, BLOCK_ROWS)):
            drawn = np.random.SeedSequence([seed, field, block]).generate_state(1)
            generator = torch.Generator().manual_seed(int(drawn[0]))
            rows = torch.randn(min(BLOCK_ROWS, self.rows - first), self.embedding_dim, generator=generator)
            own = rows[(self.rank - first) % self.size :: self.size]
            self.weight[place : place + len(own)] = own * ITEM_LENGTH * self.embedding_dim**-0.5
            place += len(own)


def table_shards(model: nn.Module) -> Iterator[tuple[str, TableShard]]:
    """The shards in a network, each with the name of its weights."""
    return ((f"{name}.weight", own) for name, own in model.named_modules() if isinstance(own, TableShard))


def rows_in_all(table: nn.Module) -> int:
    """Rows of a table, those that other processes hold too."""
    return table.rows if isinstance(table, TableShard) else len(table.weight)  # type: ignore[arg-type]


def own_rows(table: nn.Module, whole: Tensor) -> Tensor:
    """Of a tensor with a value a row of the table, (R, …), what belongs to the rows that this process holds."""
    return table.own(whole) if isinstance(table, TableShard) else whole
