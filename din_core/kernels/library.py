"""The C sources of `c/` as one loaded library, compiled once a machine and kept on disk.

What is kept is found again by a hash of all that decides it: sources, compiler, flags, processor. Where there can be no
library the networks stay plain, and one line in the log says why.

Environment: DIN_KERNELS=off turns it off; DIN_KERNELS_CACHE names the folder of what is kept, which else is
`din-lens/kernels` in XDG_CACHE_HOME or ~/.cache, or in the temporary folder where that cannot be used.
"""

from __future__ import annotations

import ctypes
import hashlib
import logging
import os
import platform
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch  # noqa: F401  (brings the OpenMP that the library finds in the process)

from din_core.kernels.cache_folder import CacheFolder, cache_folders

SOURCES = Path(__file__).with_name("c")
# What lets a loop over floats run in vectors. Not -ffast-math: it would break how exp is rounded and, linked in,
# how the whole process rounds. The compiler takes all numbers as finite: where NaN or infinity must stay what it is
# (asinh.h, exponential.h), the bits are asked.
FLAGS: tuple[str, ...] = ("-O3", "-march=native", "-fPIC", "-fno-math-errno", "-fno-trapping-math", "-fno-signed-zeros")
FLAGS += ("-ffinite-math-only", "-Wno-unknown-pragmas")
OPENMP = "-fopenmp"
COMPILER_TIMEOUT = 120
"""Seconds after which a compiler is given up."""
LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What came of looking for the library."""

    library: ctypes.CDLL | None
    sentence: str
    """One line: where it is, or why there is none"""


class LibraryError(Exception):
    """There can be no library; the message is the sentence that `status` returns."""


_LOCK = threading.Lock()


def load() -> ctypes.CDLL | None:
    """The library, compiled on first use; None where there can be none, which is logged once a process."""
    with _LOCK:
        return _load_result().library


def status() -> str:
    """One line: where the library is, or why there is none."""
    with _LOCK:
        return _load_result().sentence


@cache
def _load_result() -> LoadResult:
    if os.environ.get("DIN_KERNELS", "").lower() == "off":
        return LoadResult(None, "compiled kernels are off: DIN_KERNELS=off")
    try:
        library, path = find_library(SOURCES)
    except LibraryError as error:
        LOG.warning("%s", error)
        return LoadResult(None, str(error))
    return LoadResult(library, f"compiled kernels: {path}")


def find_library(sources: Path) -> tuple[ctypes.CDLL, Path]:
    """The library of a folder of C sources and the file it is in: a kept one, or compiled now. Raises LibraryError."""
    compiler = _Compiler.found()
    folders, refusals = cache_folders()
    if not folders:
        raise LibraryError(f"no compiled kernels: no folder can keep them ({'; '.join(refusals)})")
    try:
        return _library(sources, compiler, (*FLAGS, OPENMP), folders)
    except LibraryError:  # compiler or process may have no OpenMP: one thread, then
        return _library(sources, compiler, FLAGS, folders)


def _library(
    sources: Path, compiler: _Compiler, flags: Sequence[str], folders: Sequence[CacheFolder]
) -> tuple[ctypes.CDLL, Path]:
    """Of the first folder that holds it, or of the first in which it can be made."""
    name, failed = f"{_key(sources, compiler, flags)}.so", "none of the folders can be written"
    # Kept ones first: a read-only folder may hold what another, earlier in the order, would have to make.
    for folder in sorted(folders, key=lambda folder: not folder.holds(name)):
        path = folder.path / name
        try:
            if not folder.holds(name):
                with folder.building(name) as (scratch, target):
                    compiler.link(sorted(sources.rglob("*.c")), flags, scratch, target)
            return _loaded(path), path
        except OSError as error:
            failed = f"{path} {error.strerror or error}"
    raise LibraryError(f"no compiled kernels: {failed}")


def _key(sources: Path, compiler: _Compiler, flags: Sequence[str]) -> str:
    """A hash of all that decides what the compiler makes."""
    digest = hashlib.sha256()
    for part in _parts_of_key(sources, compiler, flags):
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()[:32]


def _parts_of_key(sources: Path, compiler: _Compiler, flags: Sequence[str]) -> Iterator[bytes]:
    for path in sorted([*sources.rglob("*.c"), *sources.rglob("*.h")]):
        yield path.relative_to(sources).as_posix().encode()
        yield path.read_bytes()
    for text in (str(compiler.path), compiler.version, *flags, processor()):
        yield text.encode()


def _loaded(path: Path) -> ctypes.CDLL:
    # OpenMP is found in the process, where PyTorch has brought it: linked against another, each would have threads of
    # its own that wait for work at the other's cost.
    try:
        return ctypes.CDLL(str(path))
    except OSError as error:
        raise OSError(f"does not load ({error})") from error


@dataclass(frozen=True, slots=True)
class _Compiler:
    path: Path
    version: str

    @classmethod
    def found(cls) -> _Compiler:
        """The C compiler: CC, or cc. Raises LibraryError."""
        wanted = os.environ.get("CC") or "cc"
        path = shutil.which(wanted)
        if path is None:
            raise LibraryError(f"no compiled kernels: there is no C compiler {wanted!r}; install one, or set CC")
        return cls(Path(path), _run([path, "--version"]))

    def link(self, sources: Sequence[Path], flags: Sequence[str], scratch: Path, target: Path) -> None:
        """Compile each source beside the others, and link; intermediate files go to `scratch`. Raises LibraryError."""
        objects = [str(scratch / f"{number}.o") for number in range(len(sources))]
        compile_one = [str(self.path), *flags, "-c"]
        each = ([*compile_one, str(source), "-o", out] for source, out in zip(sources, objects, strict=True))
        with ThreadPoolExecutor(os.cpu_count()) as side_by_side:
            list(side_by_side.map(lambda command: _run(command, scratch), each))
        _run([str(self.path), "-shared", *objects, "-o", str(target)], scratch)


def _run(command: Sequence[str], scratch: Path | None = None) -> str:
    """What a compiler prints. Raises LibraryError with the first line of what it complains about."""
    environment = os.environ if scratch is None else {**os.environ, "TMPDIR": str(scratch)}
    try:
        done = subprocess.run(
            command, check=True, capture_output=True, timeout=COMPILER_TIMEOUT, env=environment, text=True
        )
    except subprocess.CalledProcessError as error:
        lines = (error.stderr or error.stdout or "").strip().splitlines() or [f"exit status {error.returncode}"]
        reason = next((line for line in lines if "error" in line), lines[0])
        raise LibraryError(f"no compiled kernels: the C compiler {command[0]} failed ({reason.strip()})") from error
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError) as error:
        raise LibraryError(f"no compiled kernels: the C compiler {command[0]} failed ({error})") from error
    return done.stdout


def processor() -> str:
    """What -march=native depends on."""
    try:
        lines = Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    kept = ("model name", "flags", "Features", "CPU implementer", "CPU part")
    return "\n".join([platform.machine(), *(line for line in lines if line.split(":")[0].strip() in kept)])
