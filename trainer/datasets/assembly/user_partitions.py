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
    """A context manager that spreads tables of one schema over files in `folder`, `NAME-PART.arrow`."""

    def __init__(self, folder: Path, name: str, parts: int, schema: pa.Schema) -> None:
        self.parts, self.schema = parts, schema
        self._paths = [folder / f"{name}-{part}.arrow" for part in range(parts)]
        self._open = ExitStack()

    def __enter__(self) -> UserPartitions:
        files = [self._open.enter_context(pa.OSFile(str(path), "wb")) for path in self._paths]
        self._writers = [self._open.enter_context(pa.ipc.new_file(file, self.schema)) for file in files]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._open.close()

    def add(self, part: NDArray[np.int64], table: pa.Table) -> None:
        """Write each row to its part; order within a part is kept."""
        order = np.argsort(part, kind="stable")
        sorted_rows = table.take(pa.array(order)).cast(self.schema)
        ends = np.searchsorted(part[order], np.arange(self.parts + 1))
        for own, writer in enumerate(self._writers):
            if ends[own + 1] > ends[own]:
                writer.write_table(sorted_rows.slice(ends[own], ends[own + 1] - ends[own]))


def write_arrow(path: Path, rows: pa.Table) -> None:
    """Write a whole file; it is there when all of it is."""
    part = path.with_name(f".{path.name}")
    with pa.OSFile(str(part), "wb") as file, pa.ipc.new_file(file, rows.schema) as writer:
        writer.write_table(rows)
    part.replace(path)


def read_arrow(path: Path) -> pa.Table:
    """All rows of a file, which stay on disk until they are looked at."""
    with pa.memory_map(str(path)) as file:
        return pa.ipc.open_file(file).read_all()
