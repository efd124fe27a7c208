"""One user against a whole catalogue: partial results as they come, the likely candidates first.

Dimensions: C candidates, of which U differ in what the network reads, F item fields, T behaviors.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from din_core.domain import History, Item
from din_core.domain.results import Floats
from din_core.model.network import InterestNetwork
from din_core.model.ragged import RaggedBatch, Sets
from din_core.model.value_sets import behind
from din_core.scoring import thread_pool
from din_core.scoring.coreset import history_coreset
from din_core.scoring.devices import CPU, Device
from din_core.scoring.devices.device import BlockScorer
from din_core.scoring.fixed_context_tower import FixedContextTower
from din_core.scoring.projected_history import ProjectedHistory
from din_core.scoring.rescoring.module_rescoring import ModuleBlockScorer
from din_core.scoring.scorer import Scorer, item_rows

KEPT_HISTORIES = 4
"""Projected histories that a catalogue keeps: T·D·H numbers each, some 5 to 10 MB."""

Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the catalogue, scored."""

    positions: Positions
    """(n,) which candidates, counted from 0 in the catalogue's order"""
    logit: Floats
    """(n,)"""
    done: int
    """Candidates scored so far, these included."""
    total: int


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
        self.positions: Positions = by_row.numpy()
        self.starts: Positions = np.append(0, np.bincount(place.numpy(), minlength=len(self.rows)).cumsum())
        self._projected: OrderedDict[bytes, tuple[ProjectedHistory, ProjectedHistory | None]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.positions)

    def scoring(self, batch: RaggedBatch) -> CatalogueScoring:
        """Score against a batch of one history, its profile, and the context of its first candidate."""
        batch = behind(batch, self.sets)
        if self.network.config.external:
            one = _one_candidate(batch).to(self.device.device)
            whole = ModuleBlockScorer(self.placed, one, self.placed_rows)
            return CatalogueScoring(self, batch.behavior, whole, None, whole.block_size)
        with torch.inference_mode():
            others = self.placed.others(_one_candidate(batch).to(self.device.device))
            tower = self.device.tower(self.placed, others)
        history, coreset = self._project(batch)
        self.device.synchronize()
        size = self.block_size(history)
        estimate = None if coreset is None else self.scorer(coreset, tower, size)
        return CatalogueScoring(self, history.batch.behavior, self.scorer(history, tower, size), estimate, size)

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

    def places(self, distinct: Positions) -> tuple[Positions, Positions]:
        """The positions of all candidates with these of the U distinct rows, and for each which of the rows."""
        lengths = self.starts[distinct + 1] - self.starts[distinct]
        which = np.repeat(np.arange(len(distinct)), lengths)
        within = np.arange(len(which)) - np.repeat(lengths.cumsum() - lengths, lengths)
        return self.positions[self.starts[distinct][which] + within], which


class Catalogue:
    """Every item of a list as a candidate for one checkpoint."""

    def __init__(self, scorer: Scorer, items: Sequence[Item]) -> None:
        """Looks up all rows at once: build one for a checkpoint and an item list, and keep it."""
        self.scorer, self.items = scorer, tuple(items)
        checkpoint = scorer.checkpoint
        rows, sets = item_rows(checkpoint.vocabulary, self.items)
        self.rows = RowCatalogue(checkpoint.model, rows, scorer.device, scorer.placed, sets)

    def scoring(self, history: History, context: Mapping[str, str | None]) -> CatalogueScoring:
        """Score all items, shown in one context, against a history."""
        anything = Item("")  # a batch has a candidate; its context is the one that is read
        return self.rows.scoring(self.scorer.batch([[self.scorer.prepare(history, [anything], context)]]))


class CatalogueScoring:
    """One history against the catalogue, under way: iterate for the parts, and look at `top` whenever you like.

    Nothing is computed before the first part is asked for, and little more than was asked for. Iterating again goes
    on behind the last part. One thread iterates; any may cancel, or read `done`, `logit` and `top`.
    """

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
        self.catalogue, self.total, self.done = catalogue, len(catalogue), 0
        dtype = next(catalogue.network.tower.parameters()).detach().cpu().numpy().dtype
        self.logit: Floats = np.full(self.total, -np.inf, dtype)
        """(C,) by position; −∞ until scored"""
        self._block, self._score, self._estimate = block_size, scorer, estimate
        known = behavior[:, 0].cpu()
        repeats = torch.isin(catalogue.rows[:, 0], known[known > 0])
        self._waiting = _blocks(repeats.nonzero().squeeze(1), self._block)
        self._rest = (~repeats).nonzero().squeeze(1)
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """End the iteration after at most one more part; for good."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled.is_set()

    def __iter__(self) -> Iterator[Part]:
        yield from self._parts()  # the history's own items: most of the best are among them
        if not self.cancelled and len(self._rest):
            self._waiting, self._rest = self._likely_first(self._rest), self._rest[:0]
        yield from self._parts()
        self._score.release()

    def _parts(self) -> Iterator[Part]:
        for block, logit in self._scored(self._score, self._waiting):
            if self.cancelled:
                return
            positions, which = self.catalogue.places(block.numpy())
            part = logit.numpy()[which]
            self.logit[positions] = part
            self.done += len(positions)
            self._waiting = self._waiting[1:]
            yield Part(positions, part, self.done, self.total)

    def finish(self) -> Floats:
        """Score all that is left: (C,) logits, or fewer and −∞ where cancelled."""
        for _ in self:
            pass
        return self.logit

    def top(self, k: int) -> tuple[Positions, Floats]:
        """The at most k best so far, best first and ties by position: their positions and logits."""
        k = min(k, self.done)
        if k < 1:
            return np.empty(0, np.int64), self.logit[:0]
        least = np.partition(self.logit, self.total - k)[self.total - k]
        found = np.flatnonzero(self.logit >= least)
        found = found[np.argsort(-self.logit[found], kind="stable")][:k]
        return found, self.logit[found]

    def _likely_first(self, rows: Tensor) -> list[Tensor]:
        """Blocks of these distinct rows by their scores against the coreset; as they come without one."""
        if self._estimate is not None:
            estimate, done = np.empty(len(rows), self.logit.dtype), 0
            for _, logit in self._scored(self._estimate, _blocks(rows, self._block)):
                estimate[done : done + len(logit)] = logit  # kept by themselves, they would hold the heap between them
                done += len(logit)
            if not self.cancelled:
                rows = rows[torch.from_numpy(estimate).argsort(descending=True, stable=True)]
        return _blocks(rows, self._block)

    def _scored(self, scorer: BlockScorer, blocks: Sequence[Tensor]) -> Iterator[tuple[Tensor, Tensor]]:
        def score(block: Tensor) -> tuple[Tensor, Tensor]:
            return block, scorer(block)

        return thread_pool.in_order(score, blocks, self.catalogue.threads, self._cancelled)


def _blocks(rows: Tensor, size: int) -> list[Tensor]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


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
