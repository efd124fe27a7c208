"""Data parallel training: several processes hold copies of a network, learn from parts of every batch, and step as one.

The loss of each part is weighed by its share of the batch's impressions and gradients are summed, so a step is that of
one process on the whole batch, but for two things, as in data parallel training everywhere: Dice and the tower's input
stand on the statistics of each part (their running values, which evaluation reads, are the parts' means), and each part
draws dropout masks of its own, which follow from seed, step and rank.

Of embedding tables only the rows that a part touched are sent, with their numbers; what is small goes whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
import torch.distributed as dist
from numpy.typing import NDArray
from torch import Tensor, nn

from din_core.model.dice import RunningMoments
from din_core.model.fields.vector_embedding import VectorEmbedding
from din_core.model.network import InterestNetwork
from trainer.training.fitting.resume import RunState, StoredShards, load_state, save_state
from trainer.training.fitting.sharding.table_shard import table_shards
from trainer.training.fitting.workers import BatchPart, SoleWorker, cut
from trainer.training.samples import Ints, Samples

Value = TypeVar("Value")


class WorkerGroup(SoleWorker):
    """This process among those of torch.distributed's default group, whose backend must be for a CPU (gloo)."""

    whole_rows = 1_000
    """Gradients of tables with fewer rows are sent as a whole, if they are dense."""
    tables = ""
    """What the model card says of them."""

    def __init__(self) -> None:
        self.rank, self.size = dist.get_rank(), dist.get_world_size()
        self.title = f"{self.size} worker{'s' * (self.size > 1)}{self.tables}, each "
        self.sent = 0
        """Bytes of gradients, and of rows that others asked for, that this process handed over so far, each counted
        once, however many others there are."""

    def count_sent(self, n: int) -> None:
        """So many bytes more were handed over."""
        self.sent += n

    def part(self, samples: Samples, groups: Ints) -> BatchPart:
        """As `SoleWorker`."""
        own = cut(samples, groups, self.size)[self.rank]
        impressions = [super(WorkerGroup, self).part(samples, some).impressions for some in (own, groups)]
        return BatchPart(own if len(own) else groups[:1], impressions[0] / impressions[1], impressions[1])

    def validation(self, samples: Samples) -> Samples:
        """As `SoleWorker`."""
        return samples.of_groups(cut(samples, np.arange(samples.groups), self.size)[self.rank])

    def start_equal(self, model: InterestNetwork) -> None:
        """As `SoleWorker`."""
        own = dict(table_shards(model))
        for name, tensor in model.state_dict().items():
            if name not in own:
                dist.broadcast(tensor, 0)

    def seed_step(self, seed: int, step: int) -> None:
        """As `SoleWorker`."""
        drawn = np.random.SeedSequence([seed, step, self.rank]).generate_state(1, np.uint64)
        torch.default_generator.manual_seed(int(drawn[0] >> np.uint64(1)))

    @torch.no_grad()
    def combine(self, model: InterestNetwork, loss: Tensor, share: float) -> Tensor:
        """As `SoleWorker`."""
        tables, others = split_parameters(model, self.whole_rows)
        moments = [own for own in model.modules() if isinstance(own, RunningMoments)]
        statistics = [tensor for own in moments for tensor in (own.mean, own.variance)]
        total = loss * share
        for tensor in statistics:
            tensor.mul_(share)
        self._sum_whole([total, *map(whole_gradient, others), *statistics])
        self._sum_rows(tables)
        return total

    def _sum_whole(self, tensors: Sequence[Tensor]) -> None:
        """Put the sum over all processes in the place of each tensor, which all have in the same shape."""
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        self.count_sent(flat.nbytes)
        dist.all_reduce(flat)
        for tensor, found in zip(tensors, torch.split(flat, [tensor.numel() for tensor in tensors]), strict=True):
            tensor.copy_(found.view_as(tensor))

    def _sum_rows(self, tables: Sequence[nn.Parameter]) -> None:
        """The same of the tables' gradients, of which each process holds some rows; sparse ones stay sparse."""
        if not tables:
            return
        own = [touched(table) for table in tables]
        lengths = self._gather(torch.tensor([len(rows) for rows, _ in own]))
        widths = torch.tensor([table.shape[1] for table in tables])
        rows = self._gather_long(torch.cat([rows for rows, _ in own]), [int(each.sum()) for each in lengths])
        values = self._gather_long(
            torch.cat([values.reshape(-1) for _, values in own]), [int((each * widths).sum()) for each in lengths]
        )
        by_rank = [
            zip(torch.split(ids, each.tolist()), torch.split(numbers, (each * widths).tolist()), strict=True)
            for ids, numbers, each in zip(rows, values, lengths, strict=True)
        ]
        for table, *parts in zip(tables, *by_rank, strict=True):
            set_rows(table, [ids for ids, _ in parts], [numbers.view(-1, table.shape[1]) for _, numbers in parts])

    def _gather(self, tensor: Tensor) -> list[Tensor]:
        """Each process's tensor, of one shape."""
        self.count_sent(tensor.nbytes)
        found = [torch.empty_like(tensor) for _ in range(self.size)]
        dist.all_gather(found, tensor)
        return found

    def _gather_long(self, tensor: Tensor, lengths: Sequence[int]) -> list[Tensor]:
        """Each process's (n,) tensor, of these lengths."""
        padded = tensor.new_zeros(max(lengths))
        padded[: len(tensor)] = tensor
        return [found[:n] for found, n in zip(self._gather(padded), lengths, strict=True)]

    def joined(self, logit: NDArray[np.float64]) -> NDArray[np.float64]:
        """As `SoleWorker`."""
        found: list[NDArray[np.float64]] | None = [logit] * self.size if self.rank == 0 else None
        dist.gather_object(logit, found, 0)
        return logit if found is None else np.concatenate(found)

    def same(self, make: Callable[[], Value]) -> Value:
        """As `SoleWorker`; where the first process fails, the others wait until its group is ended."""
        made: list[Value | None] = [make() if self.rank == 0 else None]
        dist.broadcast_object_list(made, 0)
        found: Value = made[0]  # type: ignore[assignment]
        return found

    def save(self, folder: Path, identity: Mapping[str, Any], state: RunState) -> None:
        """As `SoleWorker`."""
        if self.rank == 0:
            save_state(folder, identity, state)

    def load(self, folder: Path, identity: Mapping[str, Any], shards: StoredShards) -> RunState | None:
        """As `SoleWorker`."""
        return self.same(lambda: load_state(folder, identity))


def split_parameters(model: InterestNetwork, whole_rows: int) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Embedding tables whose gradients are sent by rows, and all other parameters that are trained but for shards,
    whose gradients are those of all parts already."""
    embeddings = [own for own in model.modules() if isinstance(own, nn.Embedding | VectorEmbedding)]
    by_row = {id(own.weight) for own in embeddings if own.sparse or len(own.weight) >= whole_rows}
    sharded = {id(shard.weight) for _, shard in table_shards(model)}
    trained = [own for own in model.parameters() if own.requires_grad and id(own) not in sharded]
    return [own for own in trained if id(own) in by_row], [own for own in trained if id(own) not in by_row]


def whole_gradient(parameter: nn.Parameter) -> Tensor:
    """A parameter's gradient, made where nothing of this process's part read it."""
    if parameter.grad is None:
        parameter.grad = torch.zeros_like(parameter)
    return parameter.grad


def touched(table: nn.Parameter) -> tuple[Tensor, Tensor]:
    """The (n,) rows in which a table's gradient is not 0, each once, and (n, width) their gradients."""
    grad = table.grad
    if grad is None:
        return torch.zeros(0, dtype=torch.int64), table.new_zeros(0, table.shape[1])
    if grad.is_sparse:
        grad = grad.coalesce()
        return grad.indices()[0], grad.values()
    rows = grad.any(1).nonzero()[:, 0]
    return rows, grad[rows]


def set_rows(table: nn.Parameter, rows: Sequence[Tensor], values: Sequence[Tensor]) -> None:
    """Make a table's gradient the sum of these rows (n,) and values (n, width), sparse unless it is dense."""
    if table.grad is None or table.grad.is_sparse:
        found = torch.sparse_coo_tensor(
            torch.cat(list(rows))[None], torch.cat(list(values)), table.shape, check_invariants=False
        )
        table.grad = found.coalesce()
        return
    table.grad.zero_()
    for own, value in zip(rows, values, strict=True):
        table.grad.index_add_(0, own, value)
