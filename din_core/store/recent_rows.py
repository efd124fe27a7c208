"""What was read last of a SQLite file, as long as nobody has written into it since."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Hashable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import TypeVar
from urllib.parse import quote

from din_core.store.lru_cache import LruCache

Rows = TypeVar("Rows")


class FileState:
    """Tells, in some microseconds, whether a SQLite file may hold other rows than before. Safe to share."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._opened = 0
        self._lock = Lock()

    def now(self) -> Hashable | None:
        """Another value whenever a row may be another; None where that cannot be told."""
        with self._lock:
            try:
                found = self._path.stat()
                if self._connection is None or self._file != (found.st_dev, found.st_ino):
                    self._connect()
                    self._file = found.st_dev, found.st_ino
                assert self._connection is not None
                # Counts the commits of others, and so means something on this one connection alone.
                version = self._connection.execute("PRAGMA data_version").fetchone()[0]
            except (OSError, sqlite3.Error):
                self._disconnect()
                return None
            return self._opened, version, self._file, found.st_size, found.st_mtime_ns

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._disconnect()

    def _connect(self) -> None:
        self._disconnect()
        address = f"file:{quote(str(self._path.resolve()))}?mode=ro"
        self._connection = sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None)
        self._opened += 1

    def _disconnect(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection = None


class RecentRows:
    """Rows by what was asked, up to a number of them. What is kept must not be changed."""

    def __init__(self, state: FileState, most: int) -> None:
        """`most`: rows kept, of all that was asked together."""
        self.state = state
        self._kept: LruCache[tuple[object, int]] = LruCache(most, lambda kept: 1 + kept[1])

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
