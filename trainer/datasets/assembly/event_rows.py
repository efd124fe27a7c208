"""Raw rows of some files: with codes for ids, by user, on disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from din_core.store.schema import SPLITS
from trainer.datasets.assembly.id_codes import IdCodes
from trainer.datasets.assembly.user_partitions import UserPartitions, read_arrow, write_arrow
from trainer.datasets.assembly.user_rows import AssembleOptions, event_schema, history_schema, typed
from trainer.datasets.streams.raw_data import RawData
from trainer.datasets.streams.row_checks import clean_ids

Ints = NDArray[np.int64]


class EventRows:
    """Events and histories in `folder`, in `parts` by a hash of the user's id."""

    def __init__(self, raw: RawData, folder: Path, parts: int) -> None:
        self.users, self.items = IdCodes(), IdCodes()
        self._raw, self._folder, self._parts = raw, folder, parts
        self._part_of_user: Ints = np.empty(0, np.int64)

    def read(self, frames: Iterator[pd.DataFrame], options: AssembleOptions) -> None:
        """Write the rows of a source, and settle."""
        events = UserPartitions(self._folder, "events", self._parts, event_schema(self._raw))
        histories = UserPartitions(self._folder, "histories", self._parts, history_schema())
        with events, histories:
            for frame in frames:
                if options.user_share < 1:
                    frame = frame[_hashes(frame.user_id) / 2.0**64 < options.user_share]
                if len(frame):
                    users = self.users.add(frame.user_id)
                    if "history" in frame:
                        histories.add(self._parts_of(users), self._history_rows(users, frame))
                    else:
                        events.add(self._parts_of(users), self._event_rows(users, frame))
        for name, codes in (("user", self.users), ("item", self.items)):
            write_arrow(self._ids(name), pa.table([codes.names()], ["id"]))

    def restore(self) -> None:
        """The ids of what another one has read into the same folder."""
        self.users, self.items = (IdCodes(read_arrow(self._ids(name))["id"].to_pylist()) for name in ("user", "item"))

    def _ids(self, name: str) -> Path:
        return self._folder / f"{name}-ids.arrow"

    def _parts_of(self, users: Ints) -> Ints:
        new = self.users.newest(len(self.users) - len(self._part_of_user))
        if new:
            own = (_hashes(pd.Series(new, dtype=object)) % np.uint64(self._parts)).astype(np.int64)
            self._part_of_user = np.concatenate([self._part_of_user, own])
        return self._part_of_user[users]

    def _event_rows(self, users: Ints, frame: pd.DataFrame) -> pa.Table:
        own = {"user_code": users, "item_code": self.items.add(frame.item_id), "timestamp": frame.timestamp.to_numpy()}
        split = frame["split"].map({name: code for code, name in enumerate(SPLITS)}) if "split" in frame else 0
        fields = {*self._raw.behavior_fields, *self._raw.context_fields}
        rows = typed(self._raw, frame.assign(**own, split=split), fields)
        return pa.Table.from_pandas(rows, schema=event_schema(self._raw), preserve_index=False)

    def _history_rows(self, users: Ints, frame: pd.DataFrame) -> pa.Table:
        offsets = np.r_[0, np.cumsum(frame.history.map(len).to_numpy(np.int64))]
        items = self.items.add(clean_ids(pd.Series([item for listed in frame.history for item in listed], dtype="str")))
        lists = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(items, pa.int32()))
        return pa.table(
            [pa.array(users), pa.array(frame.timestamp.to_numpy()), lists], ["user_code", "timestamp", "items"]
        )


def _hashes(ids: pd.Series) -> NDArray[np.uint64]:
    return pd.util.hash_array(ids.to_numpy(object))
