"""The files that a user downloaded: found by name, opened plain or gzipped."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import IO, cast

from din_core.domain import DinLensError

Progress = Callable[[str, int, int | None], None]
"""(what, done, total or None): called as the work goes on."""

ARCHIVES = (".zip", ".tar", ".tgz", ".rar", ".7z")


class InputFiles:
    """The files that were named, and all files below the folders that were named."""

    def __init__(self, paths: Sequence[Path], progress: Progress) -> None:
        """DinLensError where a path is not there, is a packed archive, or where none is given."""
        self.progress = progress
        self.paths = list(paths)
        self.files: list[Path] = []
        for path in paths:
            if not path.exists():
                raise DinLensError(f"{path} is not there; name the folder or the files that you downloaded.")
            if path.name.endswith((*ARCHIVES, ".tar.gz")):
                raise DinLensError(f"{path} is a packed archive; unpack it and name the folder.")
            self.files += [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())

    def all(self, *patterns: str) -> list[Path]:
        """The files whose names match a pattern, gzipped or not, pattern by pattern."""
        found = [
            [f for f in self.files if fnmatch(f.name.removesuffix(".gz").lower(), pattern.lower())]
            for pattern in patterns
        ]
        return list(dict.fromkeys(file for group in found for file in group))

    def find(self, *patterns: str) -> Path | None:
        """The first of them, None without any."""
        return next(iter(self.all(*patterns)), None)

    def need(self, *patterns: str) -> list[Path]:
        """All of them; DinLensError without any."""
        found = self.all(*patterns)
        if not found:
            where = ", ".join(map(str, self.paths)) or "no files"
            raise DinLensError(
                f"{where} given, but {' or '.join(patterns)} is missing there; name the folder with the unpacked files."
            )
        return found

    @property
    def bytes(self) -> int:
        """Size of all files, as they lie on disk."""
        return sum(file.stat().st_size for file in self.files)


@contextmanager
def opened(path: Path) -> Iterator[tuple[IO[bytes], Callable[[], int], int]]:
    """A file to read, unpacked where its name ends in .gz; how many of its bytes are read, and how many it has."""
    with path.open("rb") as raw:
        unpacked = cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if path.suffix == ".gz" else raw
        try:
            yield unpacked, raw.tell, path.stat().st_size
        except EOFError as error:
            raise DinLensError(f"{path} ends before its packed data does; download it again.") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise DinLensError(f"{path} is no whole gzip file ({error}); download it again.") from error
