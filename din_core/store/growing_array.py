"""An array that is made piece by piece: in memory while it is small, from there on in an unnamed file, mapped."""

from __future__ import annotations

import tempfile
from typing import IO, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


class GrowingArray:
    """Append pieces of shape (n, ...), then `finish` it. The file goes with the array, or with the process."""

    most_bytes = 1 << 28
    """Of an array that is held in memory."""

    def __init__(self, dtype: DTypeLike) -> None:
        self.dtype = np.dtype(dtype)
        self._held: list[NDArray[Any]] = []
        self._bytes = 0
        self._file: IO[bytes] | None = None
        self._rows = 0

    def append(self, piece: NDArray[Any]) -> None:
        """Add rows."""
        piece = np.ascontiguousarray(piece, self.dtype)
        self._rows += len(piece)
        if self._file is not None:
            piece.tofile(self._file)
            return
        self._held.append(piece)
        self._bytes += piece.nbytes
        if self._bytes > self.most_bytes:
            # `finish` closes it.
            self._file = tempfile.TemporaryFile(prefix="din-lens-")  # noqa: SIM115
            for one in self._held:
                one.tofile(self._file)
            self._held = []

    def finish(self) -> NDArray[Any]:
        """(rows,) all of it, writable; a memory map where it is in a file."""
        if self._file is None:
            return np.concatenate(self._held) if self._held else np.empty(0, self.dtype)
        self._file.flush()
        with self._file as file:
            return np.memmap(file, self.dtype, "r+", shape=(self._rows,))
