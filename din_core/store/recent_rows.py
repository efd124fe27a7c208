"""What was read last of a SQLite file, as long as nobody has written into it since."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from din_core.domain import Item
from din_core.store.lru_cache import LruCache
from din_core.store.queries.lookups import ITEMS_KEPT

Rows = TypeVar("Rows")

HEADER, INDEX_HEADER = 100, 48
"""Bytes."""


class FileState:
    """Tells, in some microseconds, whether a SQLite file may hold other rows than before.

    Without a connection, which would keep a file alive that was replaced: SQLite counts its commits in the header of
    the file and, where there is a write-ahead log, in that of the log's index (https://www.sqlite.org/fileformat2.html,
    1.3.7; https://www.sqlite.org/walformat.html, 2.1).
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._index = path.with_name(f"{path.name}-shm")

    def now(self) -> Hashable | None:
        """Another value whenever a row may be another; None where that cannot be told."""
        try:
            found = self._path.stat()
            file = found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
            return file, beginning(self._path, HEADER), beginning(self._index, INDEX_HEADER)
        except OSError:
            return None


def beginning(path: Path, size: int) -> bytes:
    """The first bytes of a file; none of one that is not there."""
    with suppress(FileNotFoundError), path.open("rb", buffering=0) as file:
        return file.read(size)
    return b""


class RecentRows:
    """Rows by what was asked, up to a number of them. What is kept must not be changed."""

    def __init__(self, state: FileState, most: int) -> None:
        """`most`: rows kept, of all that was asked together."""
        self.state = state
        self._kept: LruCache[tuple[object, int]] = LruCache(most, lambda kept: 1 + kept[1])
        self._items: tuple[Hashable | None, dict[int, Item]] = None, {}

    def items(self) -> dict[int, Item]:
        """Items by their keys, to be filled by whoever reads others: histories of many users hold the same ones."""
        state, (kept_at, kept) = self.state.now(), self._items
        if state is None or state != kept_at or len(kept) > ITEMS_KEPT:
            self._items = state, (kept := {})
        return kept

    def get(self, asked: Hashable, read: Callable[[], Rows], count: Callable[[Rows], int]) -> Rows:
        """What `read` gives, or gave when it was last asked for the same of the same file."""
        state = self.state.now()  # before the rows: they may be newer than it, never older
        if state is None:
            return read()

        def make() -> tuple[object, int]:
            rows = read()
            return rows, count(rows)

        found: Rows = self._kept.get((state, asked), make)[0]  # type: ignore[assignment]
        return found
