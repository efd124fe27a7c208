"""Memory: folders that lie in it, and how much of it this process holds."""

from __future__ import annotations

import os
import resource
import sys
import tempfile
from pathlib import Path

SHARED = Path("/dev/shm")
STATM = Path("/proc/self/statm")
MIB = 1 << 20


def folder_in_memory(prefix: str) -> Path:
    """A new folder, in memory where there is such a place."""
    return Path(tempfile.mkdtemp(prefix=prefix, dir=SHARED if os.access(SHARED, os.W_OK) else None))


def resident_mib() -> int:
    """MiB that this process holds now; where no system tells that, the most that it has held."""
    if STATM.is_file():
        return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // MIB
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // MIB if sys.platform == "darwin" else most // 1024
