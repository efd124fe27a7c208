"""A whole catalogue against one user after another, by a device.

Dimensions: C candidates, of which U differ in what the network reads, F item fields, T behaviors.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from din_core.domain.results import Floats
from din_core.model.batches.batch_arrays import BatchArrays
from din_core.model.network import InterestNetwork
from din_core.model.ragged import RaggedBatch, Sets
from din_core.model.value_sets import behind
from din_core.scoring import thread_pool
from din_core.scoring.devices import CPU, Device
from din_core.scoring.devices.device import BlockScorer
from din_core.scoring.fixed_context_tower import FixedContextTower
from din_core.scoring.projected_history import ProjectedHistory
from din_core.scoring.rescoring.module_rescoring import ModuleBlockScorer
from din_core.scoring.whole_catalogue.catalogue_scoring import CatalogueScoring, DistinctRows, Positions, Scored
from din_core.scoring.whole_catalogue.coreset import history_coreset

KEPT_HISTORIES = 4
"""Projected histories that a catalogue keeps: T·D·H numbers each, some 5 to 10 MB."""


class RowCatalogue:
    """Every candidate as item field rows, ready to be scored against one history after another.

    Candidates with the same rows, such as items that training saw too seldom to know, are scored once.
    Safe to share between threads.
    """

    def __init__(
        self,
        network: InterestNetwork,
        rows: Tensor,
        device: Device = CPU,
        placed: InterestNetwork | None = None,
        sets: Sets = (),
    ) -> None:
        """`rows` (C, F), of fields with several values indices of `sets`; `placed` is the network as `device.place`
        gave it, where it was asked."""
        self.network, self.device, self.sets = network, device, sets
        self.placed = device.place(network) if placed is None else placed
        self.threads = device.catalogue_threads
        self.rows, place = _distinct(rows)
        self.placed_rows = device.send(self.rows)
        by_row = torch.argsort(place, stable=True)
        starts: Positions = np.append(0, np.bincount(place.numpy(), minlength=len(self.rows)).cumsum())
        self.alike = DistinctRows(by_row.numpy(), starts)
        self._projected: OrderedDict[bytes, tuple[ProjectedHistory, ProjectedHistory | None]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.alike)

    def scoring(self, batch: RaggedBatch) -> CatalogueScoring:
        """Score against a batch of one history, its profile, and the context of its first candidate."""
        return CatalogueScoring(self.alike, self._blocks(batch))

    def logits(self, batch: RaggedBatch, *, estimated: bool = False) -> Floats:
        """(C,) of all candidates at once, in their order; `estimated` by the coreset, where there is one."""
        blocks = self._blocks(batch)
        score = blocks.estimate if estimated and blocks.estimates else blocks.score
        found = np.zeros(len(self), blocks.dtype)
        for start in range(0, len(self.rows), blocks.block_size):
            block = np.arange(start, min(start + blocks.block_size, len(self.rows)))
            positions, which = self.alike.places(block)
            found[positions] = score(block)[which]
        blocks.release()
        return found

    def _blocks(self, batch: RaggedBatch) -> _LocalBlocks:
        batch = behind(batch, self.sets)
        if self.network.config.external:
            one = _one_candidate(batch).to(self.device.device)
            whole = ModuleBlockScorer(self.placed, one, self.placed_rows)
            return _LocalBlocks(self, batch.behavior, whole, None, whole.block_size)
        with torch.inference_mode():
            others = self.placed.others(_one_candidate(batch).to(self.device.device))
            tower = self.device.tower(self.placed, others)
        history, coreset = self._project(batch)
        self.device.synchronize()
        size = self.block_size(history)
        estimate = None if coreset is None else self.scorer(coreset, tower, size)
        return _LocalBlocks(self, history.batch.behavior, self.scorer(history, tower, size), estimate, size)

    def scoring_of(self, batch: BatchArrays) -> CatalogueScoring:
        """`scoring` of a batch of arrays."""
        return self.scoring(RaggedBatch.of(batch))

    def _project(self, batch: RaggedBatch) -> tuple[ProjectedHistory, ProjectedHistory | None]:
        """What depends on the history alone, kept until other histories have taken its place."""
        sets = [part for own in batch.sets if own is not None for part in (own.rows, own.offsets)]
        parts = (batch.behavior, batch.count, batch.age, batch.behavior_type, *sets)
        key = b"|".join(part.numpy().tobytes() for part in parts if part is not None)
        with self._lock:
            found = self._projected.pop(key, None)
        if found is None:
            coreset = history_coreset(self.network, batch) if self.device.estimates else None
            found = self._on_device(batch), None if coreset is None else self._on_device(coreset)
        with self._lock:
            self._projected[key] = found
            while len(self._projected) > KEPT_HISTORIES:
                self._projected.popitem(last=False)
        return found

    def _on_device(self, batch: RaggedBatch) -> ProjectedHistory:
        return self.device.project(self.placed, batch.to(self.device.device))

    def block_size(self, history: ProjectedHistory) -> int:
        """Candidates that are scored at once."""
        return self.device.block_size(self.network, len(history.batch.behavior))

    def scorer(self, history: ProjectedHistory, tower: FixedContextTower, block_size: int) -> BlockScorer:
        """Against one history; any thread may call it."""
        return self.device.block_scorer(history, self.placed_rows, tower, block_size)


class _LocalBlocks:
    """Blocks of a catalogue's rows against one history, by a device."""

    def __init__(
        self,
        catalogue: RowCatalogue,
        behavior: Tensor,
        scorer: BlockScorer,
        estimate: BlockScorer | None,
        block_size: int,
    ) -> None:
        """`behavior` (T, F) are the history's rows; by `estimate`, of a few of its behaviors, the likely candidates are
        found, where it is given."""
        self.block_size, self.estimates = block_size, estimate is not None
        self.dtype = next(catalogue.network.tower.parameters()).detach().cpu().numpy().dtype
        self._catalogue, self._behavior, self._scorer, self._estimate = catalogue, behavior, scorer, estimate

    def repeats(self) -> NDArray[np.bool_]:
        known = self._behavior[:, 0].cpu()
        return np.asarray(torch.isin(self._catalogue.rows[:, 0], known[known > 0]))

    def score(self, block: Positions) -> Floats:
        return self._scorer(torch.from_numpy(block)).numpy()

    def estimate(self, block: Positions) -> Floats:
        assert self._estimate is not None
        return self._estimate(torch.from_numpy(block)).numpy()

    def in_order(
        self, score: Callable[[Positions], Scored], blocks: Iterable[Positions], stop: threading.Event
    ) -> Iterator[Scored]:
        return thread_pool.in_order(score, blocks, self._catalogue.threads, stop)

    def release(self) -> None:
        self._scorer.release()


def _one_candidate(batch: RaggedBatch) -> RaggedBatch:
    return replace(batch, candidate=batch.candidate[:1], candidate_offsets=(0, 1), context=batch.context[:1])


def _distinct(rows: Tensor) -> tuple[Tensor, Tensor]:
    """(C, F) → the (U, F) distinct rows, and (C,) which of them each is."""
    place = torch.zeros(len(rows), dtype=torch.int64)
    for column in rows.T:  # one field after the other: no product of table sizes can overflow
        values, value = torch.unique(column, return_inverse=True)
        place = torch.unique(place * len(values) + value, return_inverse=True)[1]
    first = torch.empty(int(place.max()) + 1 if len(place) else 0, dtype=torch.int64)
    first.scatter_(0, place, torch.arange(len(place)))
    return rows[first], place
