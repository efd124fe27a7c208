"""Histories of samples, read by Ray Data: groups some at a time, wherever the cluster has a core.

A stretch of groups is read as one machine reads it, and stretches are joined in their order, so that samples are equal
to those of one machine. Whatever was being read where a process or machine is lost is read again elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from din_core.store import BulkTables
from din_core.store.growing_array import GrowingArray
from trainer.cluster.data_map import map_on_cluster
from trainer.training.samples import Floats, Ints, ReadHistories, read_stretch

STRETCH = 1 << 12
"""Groups that are read together: some thousand, so that a few thousand users are shared by several processes."""
KINDS = (np.int64, np.float32, np.float32, np.int64)
"""Of items, counts, ages and lengths of histories."""


class ClusterHistories:
    """Reads histories as `trainer.training.samples.read_histories`, on a cluster that `connect` connects to."""

    def __init__(self, connect: Callable[[], Any], stretch: int = STRETCH) -> None:
        """`stretch` groups are read together."""
        self.connect, self.stretch = connect, stretch

    def __call__(
        self, read: ReadHistories, bulk: BulkTables, user: Ints, time: Ints, max_history: int
    ) -> tuple[Ints, Floats, Floats, Ints]:
        """As `read_histories`."""
        # Tables that histories do not need stay here, and the columns that they do are sent to a machine once.
        nothing = bulk.impression_user[:0]
        lines = replace(
            bulk, items=bulk.items[:0], users=bulk.users[:0], impression_context=bulk.impression_context[:0],
            impression_user=nothing, impression_item=nothing, impression_time=nothing,
            impression_label=bulk.impression_label[:0], impression_split=bulk.impression_split[:0], item_price=None,
        )  # fmt: skip
        ends = [*range(0, len(user), self.stretch), len(user)]
        job = _Stretches(read, lines, user, time, ends, max_history)
        return _joined(map_on_cluster(self.connect(), _read, job, len(ends) - 1))


@dataclass(frozen=True)
class _Stretches:
    read: ReadHistories
    bulk: BulkTables
    user: Ints
    time: Ints
    ends: Sequence[int]
    max_history: int


def _read(job: _Stretches, nth: int) -> tuple[NDArray[Any], ...]:
    groups = slice(job.ends[nth], job.ends[nth + 1])
    return read_stretch(job.read, job.bulk, job.user[groups], job.time[groups], job.max_history)


def _joined(stretches: Iterable[tuple[NDArray[Any], ...]]) -> tuple[Ints, Floats, Floats, Ints]:
    item, count, age, length = (GrowingArray(kind) for kind in KINDS)
    for stretch in stretches:
        for whole, piece in zip((item, count, age, length), stretch, strict=True):
            whole.append(piece)
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(length.finish())])
    return item.finish(), count.finish(), age.finish(), offsets
