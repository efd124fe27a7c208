"""How much one table may be once it is unpacked: a small file can hold more than any memory, or days of work."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from din_core.domain import StoreError

MOST_RATIO = 200
"""How many times its packed size a CSV may be; tables pack to a twentieth, seldom to a hundredth."""
FREE_BYTES = 1 << 28
"""So much may be unpacked of any file, however small."""
COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
"""By the end of a file's name."""


@dataclass(frozen=True)
class Bounds:
    """The most that a table may hold; None for no bound, as on the command line."""

    rows: int | None = None
    bytes: int | None = None
    """Once it is unpacked."""

    def check(self, file: str, rows: int, unpacked: int) -> None:
        """StoreError where a table holds more."""
        for name, found, most in (("rows", rows, self.rows), ("bytes", unpacked, self.bytes)):
            if most is not None and found > most:
                raise self.error(file, name, most)

    @staticmethod
    def error(file: str, name: str, most: int) -> StoreError:
        """That a table holds more of something than may be imported here."""
        if name == "rows":
            return StoreError(
                "{file} has more than {most:,} rows, the limit of an import here; load it by `python -m trainer ingest "
                "TABLES --store URL`, which has none",
                file=file,
                most=most,
            )
        return StoreError(
            "{file} unpacks to more than {most:,} bytes, the limit of an import here; load it by `python -m trainer "
            "ingest TABLES --store URL`, which has none",
            file=file,
            most=most,
        )


UNBOUND = Bounds()


def open_bytes(path: Path, bounds: Bounds = UNBOUND) -> Any:
    """The unpacked bytes of a CSV, to be read in order.

    Reading raises StoreError beyond `bounds.bytes`, and of a packed file beyond MOST_RATIO times its size.
    """
    packed = COMPRESSIONS.get(path.suffix.lower())
    stream = pa.input_stream(str(path), compression=packed)
    if packed is None and bounds.bytes is None:
        return stream
    return io.BufferedReader(_Counted(stream, path, packed is not None, bounds), 1 << 20)


class _Counted(io.RawIOBase):
    """A stream that counts what is read of it."""

    def __init__(self, stream: Any, path: Path, packed: bool, bounds: Bounds) -> None:
        self._stream, self._path, self._bounds = stream, path, bounds
        self._most = max(FREE_BYTES, MOST_RATIO * path.stat().st_size) if packed else None
        self._read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        block = self._stream.read(len(into))
        into[: len(block)] = block
        self._read += len(block)
        self._bounds.check(self._path.name, 0, self._read)
        if self._most is not None and self._read > self._most:
            raise StoreError(
                "{file} unpacks to more than {ratio} times its size, as no table does; unpack it yourself where it is "
                "right",
                file=self._path.name,
                ratio=MOST_RATIO,
            )
        return len(block)

    def close(self) -> None:
        self._stream.close()
        super().close()
