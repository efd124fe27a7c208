"""The embedded demo's store: built once from the tables under `assets/demo`, then reused.

The file's name holds a hash of the tables and of the program that loads them, so another demo is another
file. It is made under a temporary name and appears in one step: a start that is killed leaves nothing that
the next one would take for a store. One build runs at a time; whoever waits takes the other's result.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from din_core import __version__, store
from din_core.domain import StoreError, UnusableStore
from din_core.pages.language.translation_mark import T
from din_core.store import ingest, open_store

try:
    import fcntl
except ImportError:  # Windows: two first starts build side by side, and the first to finish wins
    fcntl = None  # type: ignore[assignment]

Progress = Callable[[str, int, int | None], None]


def demo_store(tables: Path, progress: Progress, cache: Path | None = None) -> str:
    """URL of the demo's store; builds it where there is none yet. StoreError without tables."""
    files = sorted(path for path in tables.glob("*") if path.suffix in (".parquet", ".csv", ".txt"))
    if not files:
        raise StoreError("{tables} holds 0 tables; write the demo with `python -m trainer demo`", tables=str(tables))
    folder = cache or cache_folder()
    path = folder / f"demo-{fingerprint(files)}.db"
    url = f"sqlite:///{path}"
    with one_at_a_time(path.with_suffix(".lock"), progress):
        if not usable(path, url):
            build(tables, path, progress)
    return url


def fingerprint(files: list[Path]) -> str:
    """Short hash of the tables, of this version, and of the code that loads them, which may change within a version."""
    digest = hashlib.sha256(__version__.encode())
    for path in (*files, *sorted(Path(store.__file__).parent.rglob("*.py"))):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def usable(path: Path, url: str) -> bool:
    """Whether a store of the current schema lies there; a damaged one, or of another schema, is put out of the way.

    StoreError where it cannot be opened for another reason, such as a lock: the file is left as it is.
    """
    if not path.is_file():
        return False
    try:
        open_store(url).close()
    except UnusableStore:
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        return False
    return True


def build(tables: Path, path: Path, progress: Progress) -> None:
    """Ingest beside `path` and move the finished file there, unless another process was first."""
    prefix = f".{path.stem}-"
    for left in path.parent.glob(f"{prefix}*"):  # by a build that was killed
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=path.parent) as scratch:
        made = Path(scratch) / path.name
        ingest(tables, f"sqlite:///{made}", progress=progress)
        # Opening and closing leaves no write-ahead log beside the file.
        open_store(f"sqlite:///{made}").close()
        with contextlib.suppress(FileExistsError):
            publish(made, path)


def publish(made: Path, path: Path) -> None:
    """Give a finished file its name without ever replacing one that others may have open."""
    try:
        os.link(made, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        os.rename(made, path)


@contextlib.contextmanager
def one_at_a_time(lock: Path, progress: Progress) -> Iterator[None]:
    """Hold `lock` while inside. The system releases it when a process dies."""
    with lock.open("w") as handle:
        while fcntl is not None:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                progress(T("waiting for another start that is building the same store"), 0, None)
                time.sleep(0.2)
            except OSError:  # a file system without locks: build side by side, the first to finish wins
                break
        yield


def cache_folder() -> Path:
    """The user's cache folder for DIN Lens, or one below the temporary folder where that cannot be written."""
    wanted = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "din-lens"
    for folder in (wanted, Path(tempfile.gettempdir()) / f"din-lens-{user_number()}"):
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError:
            continue
    raise StoreError(
        "neither {wanted} nor the temporary folder can be written; set XDG_CACHE_HOME to a folder that can",
        wanted=str(wanted),
    )


def user_number() -> int:
    return os.getuid() if hasattr(os, "getuid") else 0
