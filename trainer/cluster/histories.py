"""Histories of samples, read by Ray Data: groups some at a time, wherever the cluster has a core.

A stretch of groups is read as one machine reads it, and stretches are joined in their order, so that samples are equal
to those of one machine. Whatever was being read where a process or machine is lost is read again elsewhere.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from din_core.store import BulkTables
from din_core.store.growing_array import GrowingArray
from trainer.training.samples import Floats, Ints, ReadHistories, read_stretch

STRETCH = 1 << 12
"""Groups that are read together: some thousand, so that a few thousand users are shared by several processes."""
KINDS = {"item": np.int64, "count": np.float32, "age": np.float32, "length": np.int64}
"""What a stretch is sent as: bytes of these."""


class ClusterHistories:
    """Reads histories as `trainer.training.samples.read_histories`, on a cluster that `connect` connects to."""

    def __init__(self, connect: Callable[[], Any], stretch: int = STRETCH) -> None:
        """`stretch` groups are read together."""
        self.connect, self.stretch = connect, stretch

    def __call__(
        self, read: ReadHistories, bulk: BulkTables, user: Ints, time: Ints, max_history: int
    ) -> tuple[Ints, Floats, Floats, Ints]:
        """As `read_histories`."""
        ray = self.connect()
        import ray.data as ray_data

        logging.getLogger("ray.data").setLevel(logging.ERROR)
        ray_data.DataContext.get_current().enable_progress_bars = False

        # Tables that histories do not need stay here, and the columns that they do are sent to a machine once.
        nothing = bulk.impression_user[:0]
        lines = replace(
            bulk, items=bulk.items[:0], users=bulk.users[:0], impression_context=bulk.impression_context[:0],
            impression_user=nothing, impression_item=nothing, impression_time=nothing,
            impression_label=bulk.impression_label[:0], impression_split=bulk.impression_split[:0], item_price=None,
        )  # fmt: skip
        held = ray.put((lines, user, time))
        ends = [*range(0, len(user), self.stretch), len(user)]
        stretches = [{"nth": nth, "start": a, "stop": b} for nth, (a, b) in enumerate(pairwise(ends))]
        rows = ray_data.from_items(stretches, override_num_blocks=len(stretches)).map(
            _read, fn_kwargs={"held": [held], "read": read, "max_history": max_history}
        )
        with redirect_stdout(sys.stderr):
            found = sorted(rows.take_all(), key=lambda row: row["nth"])
        return _joined(found)


def _joined(rows: list[dict[str, Any]]) -> tuple[Ints, Floats, Floats, Ints]:
    whole = {name: GrowingArray(kind) for name, kind in KINDS.items()}
    for row in rows:
        for name, kind in KINDS.items():
            whole[name].append(np.frombuffer(row[name], kind))
    length = whole["length"].finish()
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(length)])
    return whole["item"].finish(), whole["count"].finish(), whole["age"].finish(), offsets


def _read(row: dict[str, Any], held: list[Any], read: ReadHistories, max_history: int) -> dict[str, Any]:
    """In some process of the cluster: one stretch."""
    import ray

    bulk, user, time = ray.get(held[0])
    groups = slice(row["start"], row["stop"])
    found: tuple[NDArray[Any], ...] = read_stretch(read, bulk, user[groups], time[groups], max_history)
    return {"nth": row["nth"], **{name: part.tobytes() for name, part in zip(KINDS, found, strict=True)}}
