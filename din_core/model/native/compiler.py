"""C sources → a loaded library, by the machine's own compiler."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# What lets a loop over floats run in vectors. Not -ffast-math: it would break how exp is rounded and, linked in,
# how the whole process rounds.
FLAGS = ["-O3", "-march=native", "-fPIC", "-fno-math-errno", "-fno-trapping-math", "-fno-signed-zeros"]
FLAGS += ["-ffinite-math-only", "-Wno-unknown-pragmas"]
PATIENCE = 60
"""Seconds after which a compiler is given up."""


def compile_library(sources: Sequence[Path], parallel: bool = False) -> ctypes.CDLL | None:
    """The loaded library; None without a compiler. Raises OSError or subprocess.SubprocessError where it fails.

    A parallel one finds OpenMP in the process, where PyTorch has brought it: linked against another, each would have
    threads of its own that wait for work at the other's cost.
    """
    compiler = shutil.which(os.environ.get("CC") or "cc")
    if compiler is None:
        return None
    with tempfile.TemporaryDirectory(prefix="din-lens-") as folder:
        objects = [str(Path(folder) / f"{source.stem}.o") for source in sources]
        flags = [*FLAGS, "-fopenmp"] if parallel else FLAGS
        each = ([compiler, *flags, "-c", str(source), "-o", out] for source, out in zip(sources, objects, strict=True))
        with ThreadPoolExecutor(os.cpu_count()) as several:
            list(several.map(_run, each))
        library = str(Path(folder) / "library.so")
        _run([compiler, "-shared", *objects, "-o", library])
        return ctypes.CDLL(library)


def _run(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
