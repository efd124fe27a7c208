"""How many worker processes the app may start: as DIN_WORKERS says, else as cores and memory allow."""

from __future__ import annotations

import os
from pathlib import Path

SETTING = "DIN_WORKERS"
MOST = 16
MOST_BY_ITSELF = 3
MEMORY_NEEDED = 2.0e9
"""Bytes that must be free before one is started unasked: it takes some .5 GB with the demo, more with larger models."""
MEMORY_INFO = Path("/proc/meminfo")
CGROUP = Path("/sys/fs/cgroup")


def most_workers() -> int:
    """0 or more; SystemExit for a setting that is no such number."""
    text = os.environ.get(SETTING, "").strip()
    if text:
        if not (text.isascii() and text.isdigit() and int(text) <= MOST):
            raise SystemExit(f'error: {SETTING} is "{text}"; it must be a whole number from 0 to {MOST}')
        return int(text) if os.name == "posix" else 0
    if os.name != "posix" or os.environ.get("DIN_DEVICE", "cpu") not in ("", "cpu"):
        return 0  # on a device each would hold the models once more
    return max(0, min(usable_cores() - 1, MOST_BY_ITSELF))


def has_memory() -> bool:
    """Whether one more may be started: always where DIN_WORKERS asks for it, or where nothing tells."""
    left = memory_left()
    return bool(os.environ.get(SETTING, "").strip()) or left is None or left >= MEMORY_NEEDED


def usable_cores() -> int:
    """Cores that this process may use, at least 1: of a container with half a core, that one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota, _, period = text_of(CGROUP / "cpu.max").partition(" ")
    if quota.isdigit() and period.isdigit() and int(period):
        cores = min(cores, max(1, int(quota) // int(period)))
    return cores


def memory_left() -> float | None:
    """Bytes that this machine, or the container's limit, still has; None where neither can be told."""
    found = [free for free in (machine_memory_left(), container_memory_left()) if free is not None]
    return min(found, default=None)


def machine_memory_left() -> float | None:
    """As Linux says."""
    lines = text_of(MEMORY_INFO).splitlines()
    found = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(found[0]) * 1024.0 if found else None


def container_memory_left() -> float | None:
    """As the control group says (version 2); None without a limit."""
    limit, used = text_of(CGROUP / "memory.max"), text_of(CGROUP / "memory.current")
    if not (limit.isdigit() and used.isdigit()):
        return None
    rows = (line.split() for line in text_of(CGROUP / "memory.stat").splitlines())
    cached = next((int(row[1]) for row in rows if row[0] == "inactive_file"), 0)
    return float(int(limit) - int(used) + cached)


def text_of(path: Path) -> str:
    """What the file says; nothing where it cannot be read."""
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
