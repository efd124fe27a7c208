"""Memory of this process, where Linux says it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def extra_bytes(task: Callable[[], object]) -> float | None:
    """The most resident memory that a task held at once beyond what there was before; None off Linux.

    Read from the kernel's own high-water mark (VmHWM), which is set back first.
    """
    try:
        CLEAR.write_text("5", "ascii")
        before = _resident("VmRSS")
        task()
        return max(0.0, _resident("VmHWM") - before)
    except OSError:
        task()
        return None


def _resident(name: str) -> float:
    line = next(line for line in STATUS.read_text("ascii").splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024.0


def free_bytes() -> float:
    """What may still be taken; infinite where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
        return next(int(line.split()[1]) * 1024.0 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        return float("inf")
