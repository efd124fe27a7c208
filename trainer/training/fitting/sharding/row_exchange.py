"""Rows of sharded tables, pulled from the processes that hold them; their gradients go back the same way.

All processes pull at the same time, for all tables at once: how many rows each wants, which, and their numbers are an
all-to-all each, and one brings gradients back. A row's gradients are summed in the order of the processes.

Dimensions: N processes, F sharded tables, n_f rows wanted of table f, D_f its width.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from trainer.training.fitting.sharding.table_shard import TableShard


@dataclass(frozen=True, slots=True)
class RowRequest:
    """What a step's processes want of each other."""

    wanted: Tensor
    """(N, F) rows that this process wants of each other's tables"""
    asked: Tensor
    """(N, F) rows that each other wants of this one's"""
    places: list[Tensor]
    """(Σ asked of f, 1) where those lie in this process's shard of each table, process by process"""


class RowExchange:
    """Of one process among those of torch.distributed's default group; each call is one of all of them."""

    def __init__(self, rank: int, size: int, tell: Callable[[int], None]) -> None:
        """`tell` hears how many bytes go to other processes."""
        self.rank, self.size, self.tell = rank, size, tell

    def pull(self, keys: Sequence[Tensor], shards: Sequence[TableShard]) -> tuple[Tensor, ...]:
        """keys (n_f,) of the rows of each table, ascending and each once → their weights (n_f, D_f).

        Where these are differentiated, the gradient of the shards' weights is the sum over all processes: sparse where
        the shard's flag says so.
        """
        weights = (own.weight for own in shards)
        found: tuple[Tensor, ...] = _PulledRows.apply(self, keys, shards, *weights)  # type: ignore[no-untyped-call]
        return found

    def ask(self, keys: Sequence[Tensor], shards: Sequence[TableShard]) -> RowRequest:
        """Tell each process which of its rows this one wants."""
        counts = [
            torch.bincount(own // shard.longest, minlength=self.size) for own, shard in zip(keys, shards, strict=True)
        ]
        wanted = torch.stack(counts, 1)
        asked = torch.empty_like(wanted)
        dist.all_to_all_single(asked, wanted)
        self.tell(wanted.nbytes - wanted[self.rank].nbytes)
        places = [(own % shard.longest)[:, None] for own, shard in zip(keys, shards, strict=True)]
        return RowRequest(wanted, asked, self.swap(places, wanted, asked))

    def swap(self, tables: Sequence[Tensor], leaving: Tensor, coming: Tensor) -> list[Tensor]:
        """tables (n_f, D_f), rows for one process after the other, `leaving` (N, F) for each → what all others sent
        here, process by process, `coming` (N, F) from each."""
        widths = torch.tensor([own.shape[1] for own in tables])
        pieces = [torch.split(own, leaving[:, f].tolist()) for f, own in enumerate(tables)]
        flat = torch.cat([pieces[f][other].reshape(-1) for other in range(self.size) for f in range(len(tables))])
        here, there = leaving * widths, coming * widths
        found = flat.new_empty(int(there.sum()))
        dist.all_to_all_single(found, flat, there.sum(1).tolist(), here.sum(1).tolist())
        self.tell((len(flat) - int(here[self.rank].sum())) * flat.element_size())
        parts = torch.split(found, there.reshape(-1).tolist())
        return [torch.cat(parts[f :: len(tables)]).view(-1, own.shape[1]) for f, own in enumerate(tables)]


class _PulledRows(torch.autograd.Function):
    """`RowExchange.pull`."""

    @staticmethod
    def forward(
        ctx: Any, exchange: RowExchange, keys: Sequence[Tensor], shards: Sequence[TableShard], *weights: Tensor
    ) -> tuple[Tensor, ...]:
        """Weights of the shards → those of the rows wanted."""
        request = exchange.ask(keys, shards)
        ctx.exchange, ctx.request, ctx.shards = exchange, request, shards
        asked = [own.index_select(0, places[:, 0]) for own, places in zip(weights, request.places, strict=True)]
        return tuple(exchange.swap(asked, request.asked, request.wanted))

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Any, ...]:
        """Gradients of the rows wanted → those of the shards."""
        request: RowRequest = ctx.request
        values = ctx.exchange.swap(grads, request.wanted, request.asked)
        found = [
            gradient_of_shard(shard, places[:, 0], own)
            for shard, places, own in zip(ctx.shards, request.places, values, strict=True)
        ]
        return None, None, None, *found


def gradient_of_shard(shard: TableShard, places: Tensor, values: Tensor) -> Tensor:
    """The sum of (n, D) gradients at (n,) places of a shard, sparse where its flag says so."""
    if shard.sparse:
        summed = torch.sparse_coo_tensor(places[None], values, shard.weight.shape, check_invariants=False)
        return summed.coalesce()
    return torch.zeros_like(shard.weight).index_add_(0, places, values)
