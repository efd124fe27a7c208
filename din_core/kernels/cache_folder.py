"""Where compiled libraries are kept: whole or not at all, and never from somebody else's hand."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ST_NOEXEC = getattr(os, "ST_NOEXEC", 0)
TRUSTED = frozenset({0})
"""Users, beside this one, from whose folders a library is loaded: root."""
DIGEST = 32
"""Bytes behind a library, which do not hinder loading it: the hash of all before."""


@dataclass(frozen=True, slots=True)
class CacheFolder:
    """A folder of libraries that this user owns and may load from."""

    path: Path

    def holds(self, name: str) -> bool:
        """Whether an entry is there, whole: loading one that was cut off could end the process."""
        try:
            content = (self.path / name).read_bytes()
        except OSError:
            return False
        return hashlib.sha256(content[:-DIGEST]).digest() == content[-DIGEST:]

    @contextmanager
    def building(self, name: str) -> Iterator[tuple[Path, Path]]:
        """A folder for intermediate files and the path to write the library to, which then becomes the entry at once:
        several processes may build the same."""
        with tempfile.TemporaryDirectory(prefix="building-", dir=self.path) as folder:
            target = Path(folder) / name
            yield Path(folder), target
            with target.open("ab") as file:
                file.write(hashlib.sha256(target.read_bytes()).digest())
            os.replace(target, self.path / name)


def cache_folders() -> tuple[list[CacheFolder], list[str]]:
    """The folders that can be used, in the order to ask them, and why the others cannot."""
    found, refusals = [], []
    for path in _wanted():
        refusal = _refusal(path)
        if refusal:
            refusals.append(f"{path} {refusal}")
        else:
            found.append(CacheFolder(path))
    return found, refusals


def _wanted() -> list[Path]:
    own = os.environ.get("DIN_KERNELS_CACHE")
    if own:
        return [Path(own).expanduser()]
    user = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))
    return [user / "din-lens" / "kernels", Path(tempfile.gettempdir()) / f"din-lens-{os.getuid()}" / "kernels"]


def _refusal(path: Path) -> str | None:
    """Why a folder cannot be used; it is made where it is not there."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for one in (path, path.parent):
            if one.stat().st_uid not in {os.getuid(), *TRUSTED}:
                return "belongs to another user"
        if os.statvfs(path).f_flag & ST_NOEXEC:
            return "is mounted noexec"
    except OSError as error:
        return f"cannot be made ({error.strerror})"
    return None
