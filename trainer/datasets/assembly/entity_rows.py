"""What a source says of items and users, on disk: the first row of each that has a code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from trainer.datasets.assembly.id_codes import IdCodes
from trainer.datasets.assembly.user_rows import field_type, typed
from trainer.datasets.streams.raw_data import RawData

Ints = NDArray[np.int64]


class EntityRows:
    """Rows of `items` and `users` in `folder`."""

    def __init__(self, raw: RawData, folder: Path) -> None:
        self._raw, self._folder = raw, folder
        self._of = {"users": ("user_id", raw.user_fields), "items": ("item_id", raw.item_fields)}
        self.schemas = {
            name: pa.schema({own_id: pa.string()} | {one: field_type(raw, one) for one in fields})
            for name, (own_id, fields) in self._of.items()
        }

    def write(self, name: str, codes: IdCodes, frames: Iterator[pd.DataFrame]) -> None:
        """Keep the rows of `items` or `users` that have codes."""
        own_id, fields = self._of[name]
        schema = self.schemas[name].append(pa.field("code", pa.int64()))
        missing = np.ones(len(codes), bool)
        with pa.OSFile(str(self._path(name)), "wb") as file, pa.ipc.new_file(file, schema) as writer:
            for frame in frames:
                frame = frame.drop_duplicates(own_id)
                code = codes.find(frame[own_id])
                new = (code >= 0) & missing[code]
                missing[code[new]] = False
                rows = typed(self._raw, frame[new].assign(code=code[new]), fields)
                writer.write_table(pa.Table.from_pandas(rows, schema=schema, preserve_index=False))

    def read(self, name: str) -> Iterator[tuple[Ints, pa.Table]]:
        """(N,) codes and rows, some at a time; each item or user once."""
        with pa.memory_map(str(self._path(name))) as file:
            reader = pa.ipc.open_file(file)
            for nth in range(reader.num_record_batches):
                rows = pa.Table.from_batches([reader.get_batch(nth)])
                yield rows["code"].to_numpy(), rows.drop_columns("code")

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.arrow"
