"""Rows on disk, all of one user in one part, so that a part can be sorted and held in memory."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

PART_BYTES = 1 << 26
MOST_PARTS = 200


def parts_for(size: int) -> int:
    """How many parts input of `size` bytes is spread over: some 64 MiB of it each."""
    return min(1 + size // PART_BYTES, MOST_PARTS)


class UserPartitions:
    """Tables of one schema spread over files by `user`; write first, close, then read parts as often as needed.

    `written`: by an earlier one of the same folder and name, so that there is nothing to write.
    """

    def __init__(self, folder: Path, name: str, parts: int, schema: pa.Schema, *, written: bool = False) -> None:
        self.parts, self.schema = parts, schema
        self._paths = [folder / f"{name}-{part}.arrow" for part in range(parts)]
        self._open = ExitStack()
        if written:
            return
        self._files = [self._open.enter_context(pa.OSFile(str(path), "wb")) for path in self._paths]
        self._writers = [self._open.enter_context(pa.ipc.new_file(file, schema)) for file in self._files]

    def close(self) -> None:
        """Nothing is written from here on."""
        self._open.close()

    def __enter__(self) -> UserPartitions:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def add(self, users: NDArray[np.int64], table: pa.Table) -> None:
        """Write each row to its user's part; order within a part is kept."""
        part = users % self.parts
        order = np.argsort(part, kind="stable")
        sorted_rows = table.take(pa.array(order)).cast(self.schema)
        ends = np.searchsorted(part[order], np.arange(self.parts + 1))
        for own, writer in enumerate(self._writers):
            if ends[own + 1] > ends[own]:
                writer.write_table(sorted_rows.slice(ends[own], ends[own + 1] - ends[own]))

    def write_part(self, part: int, table: pa.Table) -> None:
        """Write a whole part at once."""
        self._writers[part].write_table(table.cast(self.schema))

    def read(self, part: int) -> pa.Table:
        """All rows of one part."""
        with pa.memory_map(str(self._paths[part])) as file:
            return pa.ipc.open_file(file).read_all()
