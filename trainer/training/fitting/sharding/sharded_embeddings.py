"""A network whose item tables are read from shards: each forward pass pulls the rows that its batch reads.

What computes embeddings is as it was, plain or by operators: it reads small tables of the rows pulled, with ids that
number these. All else of the network sees the ids of the whole tables.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from din_core.kernels.replacement import with_replaced
from din_core.model.network import FieldEmbeddings, InterestNetwork
from din_core.model.ragged import Multi, Sets
from trainer.training.fitting.sharding.row_exchange import RowExchange
from trainer.training.fitting.sharding.table_shard import TableShard

SpeedUp = Callable[[InterestNetwork], InterestNetwork]
"""A network → one that computes the same on the same parameters, faster; or the network itself."""


class PulledTable(nn.Embedding):
    """The rows of a sharded table that a batch reads; its weights are set by each forward pass, and no parameter."""

    def __init__(self, width: int) -> None:
        super().__init__(0, width, _weight=torch.empty(0, width))
        del self.weight
        self.weight = torch.empty(0, width)


class ShardedEmbeddings(nn.Module):
    """`FieldEmbeddings` that reads some of its tables from shards. Each call is one of all processes."""

    inner: Any

    def __init__(self, inner: nn.Module, item: FieldEmbeddings, exchange: RowExchange) -> None:
        """`inner` computes embeddings, from a `PulledTable` where `item` has a shard."""
        super().__init__()
        self.inner, self.exchange = inner, exchange
        self.shards = tuple((f, own) for f, own in enumerate(item.tables) if isinstance(own, TableShard))
        self.pulled = tuple(own for own in inner.modules() if isinstance(own, PulledTable))

    def several(self, *rows: Tensor, sets: Sets = ()) -> tuple[Tensor, ...]:
        """(n, F) rows of the whole tables each, or indices of `sets` → (n, ΣD_f) each."""
        columns, own_sets, keys = torch.cat(rows), list(sets), []
        for f, shard in self.shards:
            own = own_sets[f] if own_sets else None
            read = shard.keys(columns[:, f] if own is None else own.rows)
            distinct, place = torch.unique(read, return_inverse=True)
            keys.append(distinct)
            if own is None:
                columns[:, f] = place
            else:
                own_sets[f] = Multi(place, own.offsets)
        self.pull(keys)
        found: tuple[Tensor, ...] = self.inner.several(
            *torch.split(columns, [len(own) for own in rows]), sets=tuple(own_sets)
        )
        return found

    def pull(self, keys: list[Tensor]) -> None:
        """Fill the tables of pulled rows, each with those of (n_f,) keys."""
        weights = self.exchange.pull(keys, [shard for _, shard in self.shards])
        for table, weight in zip(self.pulled, weights, strict=True):
            table.weight = weight

    def pull_nothing(self) -> None:
        """Take part where others pull and this process has no batch."""
        self.pull([torch.zeros(0, dtype=torch.int64) for _ in self.shards])


def reading_shards(model: InterestNetwork, exchange: RowExchange, speed_up: SpeedUp) -> InterestNetwork:
    """A network on the parameters of `model`, whose item tables are shards in part, sped up."""
    local = FieldEmbeddings(())
    local.tables.extend(
        PulledTable(own.embedding_dim) if isinstance(own, TableShard) else own for own in model.item.tables
    )
    network = speed_up(with_replaced(model, lambda own: local if own is model.item else None))
    network.item = ShardedEmbeddings(network.item, model.item, exchange)  # type: ignore[assignment]
    return network
