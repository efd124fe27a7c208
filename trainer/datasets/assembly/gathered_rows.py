"""Raw rows, read once: with codes for ids, by user, on disk; what is known of items and users, too.

A run that was stopped after this goes on from here: reading texts takes half of the time of all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from din_core.store.schema import SPLITS
from trainer.datasets.assembly.id_codes import IdCodes
from trainer.datasets.assembly.user_partitions import UserPartitions
from trainer.datasets.assembly.user_rows import AssembleOptions, event_schema, field_type, history_schema, typed
from trainer.datasets.streams.raw_data import RawData
from trainer.datasets.streams.row_checks import RowRejects, clean_ids

Ints = NDArray[np.int64]


class GatheredRows:
    """A context manager over files in `folder`: either `read`, or `restore` what an earlier one settled there."""

    def __init__(self, raw: RawData, options: AssembleOptions, folder: Path, parts: int) -> None:
        self.users, self.items = IdCodes(), IdCodes()
        self._raw, self._options, self._folder, self._parts = raw, options, folder, parts
        self._open_files = ExitStack()
        self._of = {"users": ("user_id", raw.user_fields), "items": ("item_id", raw.item_fields)}
        self.entity_schemas = {
            name: pa.schema({own_id: pa.string()} | {one: field_type(raw, one) for one in fields})
            for name, (own_id, fields) in self._of.items()
        }

    def __enter__(self) -> GatheredRows:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._open_files.close()

    def _partitions(self, written: bool) -> None:
        def opened(name: str, schema: pa.Schema) -> UserPartitions:
            made = UserPartitions(self._folder, name, self._parts, schema, written=written)
            return self._open_files.enter_context(made)

        self.events, self.histories = opened("events", event_schema(self._raw)), opened("histories", history_schema())

    def read(self, rejects: RowRejects) -> None:
        """Read all rows; DinLensError where none, or fewer than half, can be used."""
        self._partitions(written=False)
        for frame in self._raw.events():
            if self._options.user_share < 1:
                place = pd.util.hash_array(frame.user_id.to_numpy(object)) / 2.0**64
                frame = frame[place < self._options.user_share]
            if len(frame):
                users = self.users.add(frame.user_id)
                if "history" in frame:
                    self.histories.add(users, self._history_rows(users, frame))
                else:
                    self.events.add(users, self._event_rows(users, frame))
        self.events.close()
        self.histories.close()
        rejects.check_any_kept()
        rejects.check_most_kept()
        self._write_entities("items", self.items, self._raw.items())
        self._write_entities("users", self.users, self._raw.users())

    def _event_rows(self, users: Ints, frame: pd.DataFrame) -> pa.Table:
        own = {"user_code": users, "item_code": self.items.add(frame.item_id), "timestamp": frame.timestamp.to_numpy()}
        split = frame["split"].map({name: code for code, name in enumerate(SPLITS)}) if "split" in frame else 0
        fields = {*self._raw.behavior_fields, *self._raw.context_fields}
        rows = typed(self._raw, frame.assign(**own, split=split), fields)
        return pa.Table.from_pandas(rows, schema=self.events.schema, preserve_index=False)

    def _history_rows(self, users: Ints, frame: pd.DataFrame) -> pa.Table:
        offsets = np.r_[0, np.cumsum(frame.history.map(len).to_numpy(np.int64))]
        items = self.items.add(clean_ids(pd.Series([item for listed in frame.history for item in listed], dtype="str")))
        lists = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(items, pa.int32()))
        return pa.table(
            [pa.array(users), pa.array(frame.timestamp.to_numpy()), lists], ["user_code", "timestamp", "items"]
        )

    def _write_entities(self, name: str, codes: IdCodes, frames: Iterator[pd.DataFrame]) -> None:
        """The first row of each id that has a code."""
        own_id, fields = self._of[name]
        schema = self.entity_schemas[name].append(pa.field("code", pa.int64()))
        missing = np.ones(len(codes), bool)
        with pa.OSFile(str(self._path(name)), "wb") as file, pa.ipc.new_file(file, schema) as writer:
            for frame in frames:
                frame = frame.drop_duplicates(own_id)
                code = codes.find(frame[own_id])
                new = (code >= 0) & missing[code]
                missing[code[new]] = False
                rows = typed(self._raw, frame[new].assign(code=code[new]), fields)
                writer.write_table(pa.Table.from_pandas(rows, schema=schema, preserve_index=False))

    def entities(self, name: str) -> Iterator[tuple[Ints, pa.Table]]:
        """(N,) codes and rows of the items or users that have rows of their own, some at a time, each once."""
        with pa.memory_map(str(self._path(name))) as file:
            reader = pa.ipc.open_file(file)
            for nth in range(reader.num_record_batches):
                rows = pa.Table.from_batches([reader.get_batch(nth)])
                yield rows["code"].to_numpy(), rows.drop_columns("code")

    def settle(self) -> None:
        """Write to disk what is still held in memory alone."""
        for name, codes in (("user", self.users), ("item", self.items)):
            ids = pa.table([codes.names()], ["id"])
            with pa.OSFile(str(self._path(f"{name}-ids")), "wb") as file, pa.ipc.new_file(file, ids.schema) as writer:
                writer.write_table(ids)

    def restore(self) -> None:
        """The rows that were settled in the same folder."""
        self._partitions(written=True)
        self.users, self.items = self._restored("user"), self._restored("item")

    def _restored(self, name: str) -> IdCodes:
        with pa.memory_map(str(self._path(f"{name}-ids"))) as file:
            return IdCodes(pa.ipc.open_file(file).read_all()["id"].to_pylist())

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.arrow"
