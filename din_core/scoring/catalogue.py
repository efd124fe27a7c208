"""One user against a whole catalogue: partial results as they come, the likely candidates first.

Dimensions: C candidates, of which U differ in what the network reads, F item fields, T behaviors.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from din_core.domain import History, Item
from din_core.domain.results import Floats
from din_core.model.network import InterestNetwork
from din_core.model.ragged import RaggedBatch
from din_core.scoring import kernels, workers
from din_core.scoring.device import CPU, Device
from din_core.scoring.launches import BlocksOnDevice
from din_core.scoring.means import Means, Tiles
from din_core.scoring.scorer import Scorer, item_rows
from din_core.scoring.short_tower import ShortTower
from din_core.scoring.tiles import ProjectedHistory

BLOCK = 2016
"""Candidates scored between two looks at whether to stop, by a core: a multiple of what the C kernel takes at once."""
BLOCK_BYTES = 1 << 28
"""What the hidden channels of a block may take on a device, where as many blocks as streams are under way; what lies
between them takes about as much again."""
LEAST_BLOCK, LARGEST_BLOCK = 1 << 8, 1 << 16
"""Candidates of a block on a device: a multiple of the first."""
SKETCH_SHARE, SKETCH_LEAST, SKETCH_MOST = 1 / 12, 8, 28
"""Behaviors of the shortened history by which the likely candidates are found: a share of all, within bounds."""
KEPT_HISTORIES = 4
"""Projected histories that a catalogue keeps: T·D·H numbers each, some 5 to 10 MB."""

Positions = NDArray[np.int64]
BlockScorer = Callable[[Tensor], Tensor]
"""(n,) of the U distinct rows → (n,) logits."""


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
        self, network: InterestNetwork, rows: Tensor, on: Device = CPU, held: InterestNetwork | None = None
    ) -> None:
        """`rows` (C, F); `held` is the network as the device holds it, where it does."""
        self.network, self.on = network, on
        self.held = on.hold(network) if held is None else held
        self.threads = on.workers if isinstance(on.form, Means) else on.form.threads or workers.cores()
        self.rows, place = _distinct(rows)
        self.rows_there = on.send(self.rows)
        by_row = torch.argsort(place, stable=True)
        self.positions: Positions = by_row.numpy()
        self.starts: Positions = np.append(0, np.bincount(place.numpy(), minlength=len(self.rows)).cumsum())
        self._projected: OrderedDict[bytes, tuple[ProjectedHistory, ProjectedHistory | None]] = OrderedDict()
        self._lock = threading.Lock()
        if isinstance(on.form, Tiles) and on.form.fused:
            kernels.prepare()

    def __len__(self) -> int:
        return len(self.positions)

    def scoring(self, batch: RaggedBatch) -> CatalogueScoring:
        """Score against a batch of one history, its profile, and the context of its first candidate."""
        with torch.inference_mode():
            others = self.held.others(_one_candidate(batch).to(self.on.device))
            tower = ShortTower(self.held, others, isinstance(self.on.form, Tiles) and self.on.form.fused)
        history, short = self._project(batch)
        self.on.settle()
        return CatalogueScoring(self, history, short, tower)

    def _project(self, batch: RaggedBatch) -> tuple[ProjectedHistory, ProjectedHistory | None]:
        """What depends on the history alone, kept until other histories have taken its place."""
        key = b"|".join(part.numpy().tobytes() for part in (batch.behavior, batch.count, batch.age))
        with self._lock:
            found = self._projected.pop(key, None)
        if found is None:
            short = sketch(self.network, batch) if isinstance(self.on.form, Tiles) else None  # a device has no need
            found = (
                ProjectedHistory(self.held, batch.to(self.on.device), self.on.form),
                None if short is None else ProjectedHistory(self.held, short, self.on.form),
            )
        with self._lock:
            self._projected[key] = found
            while len(self._projected) > KEPT_HISTORIES:
                self._projected.popitem(last=False)
        return found

    def scorer(self, history: ProjectedHistory, tower: ShortTower) -> BlockScorer:
        """Against one history; any thread may call it."""
        if isinstance(self.on.form, Means):
            return BlocksOnDevice(history, self.rows_there, tower, self.on, self.block(len(history.batch.behavior)))
        return lambda block: history.logits(self.rows[block], tower)

    def block(self, behaviors: int) -> int:
        """Candidates of a block: what a core scores before it looks up, or what fills a device."""
        if isinstance(self.on.form, Tiles):
            return BLOCK
        pair_bytes = 4 * sum(self.network.config.unit_hidden)
        size = BLOCK_BYTES // (pair_bytes * max(1, behaviors)) // LEAST_BLOCK * LEAST_BLOCK
        return min(LARGEST_BLOCK, max(LEAST_BLOCK, size))

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
        rows = item_rows(checkpoint.vocabulary, self.items)
        self.rows = RowCatalogue(checkpoint.model, rows, scorer.on, scorer.held)

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
        self, catalogue: RowCatalogue, history: ProjectedHistory, short: ProjectedHistory | None, tower: ShortTower
    ) -> None:
        self.catalogue, self.total, self.done = catalogue, len(catalogue), 0
        dtype = catalogue.network.tower.last.bias.detach().numpy().dtype
        self.logit: Floats = np.full(self.total, -np.inf, dtype)
        """(C,) by position; −∞ until scored"""
        self._score = catalogue.scorer(history, tower)
        self._guess = None if short is None else catalogue.scorer(short, tower)
        known = history.batch.behavior[:, 0].cpu()
        repeats = torch.isin(catalogue.rows[:, 0], known[known > 0])
        self._block = catalogue.block(len(history.batch.behavior))
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
        if isinstance(self._score, BlocksOnDevice):
            self._score.forget()

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
        """Blocks of these distinct rows by their scores against the shortened history; as they come without one."""
        if self._guess is not None:
            guess, done = np.empty(len(rows), self.logit.dtype), 0
            for _, logit in self._scored(self._guess, _blocks(rows, self._block)):
                guess[done : done + len(logit)] = logit  # kept by themselves, they would hold the heap between them
                done += len(logit)
            if not self.cancelled:
                rows = rows[torch.from_numpy(guess).argsort(descending=True, stable=True)]
        return _blocks(rows, self._block)

    def _scored(self, scorer: BlockScorer, blocks: Sequence[Tensor]) -> Iterator[tuple[Tensor, Tensor]]:
        def score(block: Tensor) -> tuple[Tensor, Tensor]:
            return block, scorer(block)

        return workers.in_order(score, blocks, self.catalogue.threads, self._cancelled)


def sketch(network: InterestNetwork, batch: RaggedBatch) -> RaggedBatch | None:
    """The history shortened, to guess by; None where guessing would cost as much as scoring.

    Where order plays no part, behaviors are kept that lie far from each other, the often repeated rather than the
    rare, and each stands for those nearest to it. Else the newest are kept.
    """
    total = len(batch.behavior)
    size = min(SKETCH_MOST, max(SKETCH_LEAST, int(total * SKETCH_SHARE)))
    if network.config.architecture == "base" or network.config.attention != "unit" or total < 2 * size:
        return None
    kept, count = torch.arange(total - size, total), batch.count[total - size :]
    if network.config.folds:
        with torch.inference_mode():
            kept, nearest = _spread(network.item(batch.behavior), batch.count.sqrt(), size)
        count = batch.count.new_zeros(size).index_add(0, nearest, batch.count)
    return replace(
        batch,
        behavior=batch.behavior[kept],
        count=count,
        age=batch.age[kept],
        behavior_offsets=(0, size),
    )


def _spread(k: Tensor, importance: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """(size,) rows of k (T, D) far from each other, and (T,) which of them is nearest to each row.

    One after the other: the row of most importance times its squared distance to those before.
    """
    chosen = [int(importance.argmax())]
    far = torch.cdist(k, k[chosen])
    for _ in range(size - 1):
        chosen.append(int((importance * far.amin(1).square()).argmax()))
        far = torch.cat([far, torch.cdist(k, k[chosen[-1:]])], 1)
    return torch.tensor(chosen), far.argmin(1)


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
