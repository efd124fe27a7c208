"""A whole catalogue scored by a cluster: blocks of its rows are sent with the history, several at a time. No torch.

A process keeps nothing of a catalogue, so that any may answer any block.

Dimensions: C candidates, of which U differ in what the network reads, T behaviors, F item fields.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
from numpy.typing import NDArray

from din_core.domain.results import Floats
from din_core.model.batches.batch_arrays import BatchArrays, Rows, SetRows
from din_core.model.config import ModelConfig
from din_core.scoring.cluster.arrays import (
    BATCH,
    MOST_PAIRS,
    MOST_ROWS,
    AnyArray,
    array_bytes,
    finite,
    item_arrays,
    wire_arrays,
)
from din_core.scoring.cluster.checkpoint_server import CheckpointServer
from din_core.scoring.ordered_work import in_order_by
from din_core.scoring.whole_catalogue.catalogue_scoring import CatalogueScoring, DistinctRows, Positions, Scored
from din_core.scoring.whole_catalogue.coreset_size import coreset_size

BLOCKS = 4
"""Under way at the same time."""


class ServedRows:
    """Every candidate as item field rows. Safe to share between threads."""

    def __init__(self, server: CheckpointServer, config: ModelConfig, rows: Rows, sets: SetRows) -> None:
        """`rows` (C, F), of fields with several values indices of `sets`."""
        self.server, self.config, self.sets = server, config, sets
        self.rows, place = distinct_rows(rows)
        starts = np.append(0, np.bincount(place, minlength=len(self.rows)).cumsum())
        self.alike = DistinctRows(np.argsort(place, kind="stable"), starts)

    def scoring_of(self, batch: BatchArrays) -> CatalogueScoring:
        """Score against a batch of one history, its profile, and the context of its first candidate."""
        return CatalogueScoring(self.alike, _ServedBlocks(self, batch.one_candidate(0)))


class _ServedBlocks:
    """Blocks of a catalogue's rows against one history, by the cluster."""

    dtype = np.dtype(np.float32)

    def __init__(self, catalogue: ServedRows, batch: BatchArrays) -> None:
        t = len(batch.behavior)
        self._catalogue, self._known = catalogue, batch.behavior[:, 0]
        self._batch: AnyArray = np.frombuffer(array_bytes(wire_arrays(batch)), np.uint8)
        self.block_size = max(1, min(MOST_ROWS, MOST_PAIRS // max(1, t)))
        self.estimates = coreset_size(catalogue.config, t) is not None

    def repeats(self) -> NDArray[np.bool_]:
        return np.isin(self._catalogue.rows[:, 0], self._known[self._known > 0])

    def score(self, block: Positions) -> Floats:
        return self._ask(block, "catalogue")

    def estimate(self, block: Positions) -> Floats:
        return self._ask(block, "estimates")

    def _ask(self, block: Positions, operation: str) -> Floats:
        own = self._catalogue
        arrays = {BATCH: self._batch, **item_arrays(own.rows[block], own.sets)}
        return own.server.ask(arrays, lambda found: finite(found, "logit", (len(block),), np.float32), operation)

    def in_order(
        self, score: Callable[[Positions], Scored], blocks: Iterable[Positions], stop: threading.Event
    ) -> Iterator[Scored]:
        return in_order_by(_pool(), BLOCKS, score, blocks, stop)

    def release(self) -> None:
        pass


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(BLOCKS, "catalogue")


def distinct_rows(rows: Rows) -> tuple[Rows, Positions]:
    """(C, F) → the (U, F) distinct rows, and (C,) which of them each is."""
    place: Positions = np.zeros(len(rows), np.int64)
    for column in rows.T:  # one field after the other: no product of table sizes can overflow
        place = np.unique(place * (int(column.max(initial=0)) + 1) + column, return_inverse=True)[1]
    first = np.zeros(int(place.max()) + 1 if len(place) else 0, np.int64)
    first[place] = np.arange(len(place))
    return rows[first], place
