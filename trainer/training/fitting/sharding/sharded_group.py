"""Data parallel training whose large item tables are not copied: each process holds, and updates, some of their rows.

What a process holds of a table are its weights, their gradient, Adam's moments and the mean of the weights. A step
pulls the rows that its part of the batch reads (`RowExchange`); everything else is as in `WorkerGroup`.
"""

from __future__ import annotations

import time
from collections.abc import Container, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from numpy.typing import NDArray
from torch import Tensor, nn

from din_core.model.config import FieldConfig, ModelConfig
from din_core.model.counts import Counts
from din_core.model.network import InterestNetwork
from trainer.training.fitting.prediction import for_scoring
from trainer.training.fitting.resume import RunState, StoredShards, in_file, open_state, read_layout, write_state
from trainer.training.fitting.sharding.moved_rows import gathered, scattered
from trainer.training.fitting.sharding.row_exchange import RowExchange
from trainer.training.fitting.sharding.sharded_embeddings import ShardedEmbeddings, SpeedUp, reading_shards
from trainer.training.fitting.sharding.table_shard import TableShard, table_shards
from trainer.training.fitting.worker_group import WorkerGroup
from trainer.training.samples import Samples

LEAST_ROWS = 1_000
"""Of an item table that is sharded; smaller ones are copied."""
TIMED_STEPS = 16
"""Steps between two looks at the first process's clock."""
SAVING_SHARE = 0.1
"""Of the time, at most, that saving states takes: all rows go through the first process."""
TABLE_FILE = "item_table_{}.f32"
"""Where the first process maps a finished table, as no process may have memory for it."""


def sharded_fields(config: ModelConfig, least: int = LEAST_ROWS) -> dict[int, FieldConfig]:
    """The item fields whose tables are sharded, by place; pretrained vectors never are."""
    fields = config.item_fields if config.vectors == "none" else config.item_fields[:-1]
    return {f: own for f, own in enumerate(fields) if own.rows >= least}


class ShardedGroup(WorkerGroup):
    """This process among those of torch.distributed's default group, each with some rows of the large item tables."""

    tables = " with sharded tables"
    least_rows = LEAST_ROWS

    def __init__(self) -> None:
        super().__init__()
        self.exchange = RowExchange(self.rank, self.size, self.count_sent)
        self.saved_at, self.saving_seconds = 0.0, 0.0
        """When a state was saved last, and how long that took"""

    def sharded(self, config: ModelConfig) -> Mapping[str, int]:
        """As `SoleWorker`."""
        return {own.name: own.rows * own.width for own in sharded_fields(config, self.least_rows).values()}

    def network(self, config: ModelConfig, seed: int) -> InterestNetwork:
        """As `SoleWorker`: its item tables are shards; their rows start at other random numbers than copies."""
        torch.manual_seed(seed)
        fields = sharded_fields(config, self.least_rows)
        network = _without_tables(config, fields)
        for f, field in fields.items():
            shard = TableShard(field.rows, field.width, self.rank, self.size)
            shard.draw(seed, f)
            network.item.tables[f] = shard
        return network

    def computing(self, model: InterestNetwork, speed_up: SpeedUp) -> InterestNetwork:
        """As `SoleWorker`."""
        return reading_shards(model, self.exchange, speed_up)

    def logits(self, model: InterestNetwork, samples: Samples, batch_size: int) -> NDArray[np.float64]:
        """As `SoleWorker`; a process whose batches are done goes on giving rows to the others."""
        network = self.computing(model.eval(), for_scoring)
        assert isinstance(network.item, ShardedEmbeddings)
        batches, found = list(samples.in_order(batch_size)), [torch.zeros(0)]
        most = torch.tensor(len(batches))
        dist.all_reduce(most, dist.ReduceOp.MAX)
        with torch.no_grad():
            for place in range(int(most)):
                if place < len(batches):
                    found.append(network(samples.batch(batches[place])[0]).logit)
                else:
                    network.item.pull_nothing()
        return torch.cat(found).numpy().astype(np.float64)

    def saves_now(self, step: int, evaluated: bool, overdue: bool) -> bool:
        """As `SoleWorker`, but less often where saving would take more than `SAVING_SHARE` of the time; what the first
        process says, asked after evaluations and every `TIMED_STEPS` steps."""
        if not evaluated and step % TIMED_STEPS:
            return False
        rested = (time.monotonic() - self.saved_at) * SAVING_SHARE >= self.saving_seconds * (1 - SAVING_SHARE)
        said = torch.tensor(int((evaluated or overdue) and rested))
        dist.broadcast(said, 0)
        return bool(said)

    def save(self, folder: Path, identity: Mapping[str, Any], state: RunState) -> None:
        """As `SoleWorker`: whole tables, in the format of one process, written a block at a time."""
        layout, started = {}, time.monotonic()
        for name, tensor in state.tensors.items():
            rows = state.shards.rows_of(name, tensor.dim())
            layout[name] = (tensor.dtype, tuple(tensor.shape) if rows is None else (rows, *tensor.shape[1:]))

        def blocks(name: str) -> Iterator[Tensor]:
            rows, own = state.shards.rows_of(name, state.tensors[name].dim()), state.tensors[name].detach()
            return iter([own.cpu()]) if rows is None else gathered(own, rows)

        if self.rank == 0:
            write_state(folder, identity, state.numbers, layout, blocks)
        else:
            for name in in_file(layout):
                list(blocks(name))
        self.saved_at = time.monotonic()
        self.saving_seconds = self.saved_at - started

    def load(self, folder: Path, identity: Mapping[str, Any], shards: StoredShards) -> RunState | None:
        """As `SoleWorker`; the first process alone reads, a block at a time."""
        self.saving_seconds = 0.0  # of another run
        head = self.same(lambda: read_layout(folder, identity))
        if head is None:
            return None
        numbers, layout = head
        tensors = {}
        with ExitStack() as stack:
            file = stack.enter_context(open_state(folder)) if self.rank == 0 else None
            for name, (dtype, shape) in layout.items():
                rows = shards.rows_of(name, len(shape))
                if rows is None:
                    tensor = torch.empty(shape, dtype=dtype) if file is None else file.get_tensor(name)
                    dist.broadcast(tensor, 0)
                    tensors[name] = tensor
                else:
                    read = None if file is None else partial(_slice, file, name)
                    tensors[name] = scattered(read, shape, dtype)
        return RunState(tensors, numbers, shards)

    def whole(self, model: InterestNetwork, folder: Path) -> InterestNetwork:
        """As `SoleWorker`: large tables lie in files of `folder`, mapped into the first process's memory."""
        if self.rank == 0:
            folder.mkdir(parents=True, exist_ok=True)
        fields = sharded_fields(model.config, self.least_rows)
        network = _without_tables(model.config, fields)
        names = dict(table_shards(model))
        rest = {name: tensor for name, tensor in model.state_dict().items() if name not in names}
        for f, field in fields.items():
            shard = model.item.tables[f]
            assert isinstance(shard, TableShard)
            blocks = gathered(shard.weight.detach(), field.rows)
            if self.rank == 0:
                table = _mapped(folder / TABLE_FILE.format(f), blocks, field)
                network.item.tables[f] = nn.Embedding(field.rows, field.width, _weight=table)
            else:
                list(blocks)
        network.load_state_dict(rest, strict=False)
        return network


def _without_tables(config: ModelConfig, fields: Container[int]) -> InterestNetwork:
    """A network of this config, but for the tables of these item fields, which have one row."""
    small = tuple(replace(own, rows=1) if f in fields else own for f, own in enumerate(config.item_fields))
    network = InterestNetwork(replace(config, item_fields=small))
    network.config = config
    if network.counts is not None:
        network.counts = Counts(config.item_fields)
    return network


def _slice(file: Any, name: str, start: int, stop: int) -> Tensor:
    found: Tensor = file.get_slice(name)[start:stop]
    return found


def _mapped(path: Path, blocks: Iterator[Tensor], field: FieldConfig) -> Tensor:
    """A table (R, D) in a file, filled with its blocks."""
    path.unlink(missing_ok=True)
    table = torch.from_file(str(path), shared=True, size=field.rows * field.width, dtype=torch.float32)
    table, place = table.view(field.rows, field.width), 0
    for block in blocks:
        table[place : place + len(block)] = block
        place += len(block)
    return table
