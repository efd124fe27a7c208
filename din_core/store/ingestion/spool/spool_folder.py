"""The folder beside a store in which an ingest keeps what it has checked, so that one that was killed goes on.

`prepare` keeps the rows that it has read in one, beside the folder of its tables.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

from din_core.domain import StoreError
from din_core.store.ingestion.table_files import TableFile

MANIFEST = "checked.json"
LOCK = "lock"


class SpoolFolder:
    """A context manager: a folder that is made when it is first needed and goes when the command ends, however it does.

    Only Ctrl-C, once there is something to go on from, and a process that dies leave it behind. `beside` is what the
    command makes, a store's file; None for a database that has none: then the folder is a temporary one, and no later
    command finds it.
    """

    def __init__(self, beside: Path | None, command: str = "ingest") -> None:
        self._command = command
        self._own = None if beside is None else beside.with_name(f".{beside.name}.{command}")
        self._made: Path | None = None
        self._lock: sqlite3.Connection | None = None

    def __enter__(self) -> SpoolFolder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            self._leave()
        self.remove()

    def path(self) -> Path:
        """The folder, made and this process's alone."""
        if self._made is None:
            self._made = self._own or Path(tempfile.mkdtemp(prefix=f"din-lens-{self._command}-"))
            self._made.mkdir(parents=True, exist_ok=True)
            self._take()
            self._empty()
        return self._made

    @property
    def made(self) -> Path | None:
        """The folder where there is one."""
        return self._made

    def checked(self, key: str) -> dict[str, Any] | None:
        """What was kept by a command that was killed, where `key` is its own; all else there is removed."""
        if self._own is None or not self._own.is_dir():
            return None
        self._made = self._own
        self._take()
        found = self._manifest()
        if found is None or found["key"] != key:
            self._empty()
            return None
        checked: dict[str, Any] = found["checked"]
        return checked

    def keep(self, key: str, checked: dict[str, Any]) -> None:
        """Note that there is something to go on from."""
        part = self.path() / f"{MANIFEST}.part"
        part.write_text(json.dumps({"key": key, "checked": checked}), "utf-8")
        part.replace(self.path() / MANIFEST)

    def _leave(self) -> None:
        if self._lock is not None and self._manifest() is not None:
            self._lock.close()
            self._lock = self._made = None

    def remove(self) -> None:
        """Take the folder away."""
        if self._lock is not None:
            self._lock.close()
        if self._made is not None:
            shutil.rmtree(self._made, ignore_errors=True)

    def _manifest(self) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = json.loads((self._own / MANIFEST).read_text("utf-8")) if self._own else {}
        except (OSError, ValueError):
            return None
        return found

    def _take(self) -> None:
        """Lock the folder by SQLite, whose locks end with their process; StoreError where another one has it."""
        assert self._made is not None
        self._lock = sqlite3.connect(self._made / LOCK, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            self._lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            held, self._made = self._made, None
            raise StoreError(
                "{folder} is in use ({error}): another {command} is running there; wait for its end",
                command=self._command,
                folder=str(held),
                error=str(error),
            ) from None

    def _empty(self) -> None:
        assert self._made is not None
        for path in self._made.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif not path.name.startswith(LOCK):
                path.unlink()


def key_of_files(files: Iterable[TableFile], *further: object) -> str:
    """`key_of_paths` of the tables' files, and of how they are read."""
    tables = list(files)
    read = [(one.name, one.columns, repr(one.csv), one.timezone, one.time_format, one.session_zone) for one in tables]
    return key_of_paths([path for one in tables for path in one.parts or (one.path,)], read, *further)


def key_of_paths(paths: Iterable[Path], *further: object) -> str:
    """Short hash of files, by name, size and time of change, and of what else decides on their reading."""
    told: list[object] = [repr(one) for one in further]
    for path in paths:
        stat = path.stat()
        told.append((str(path.resolve()), stat.st_size, stat.st_mtime_ns))
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]
