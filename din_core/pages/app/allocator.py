"""Keeps the server's memory level: what one run of the page frees goes back before the next needs as much."""

from __future__ import annotations

import ctypes

# Names and numbers of glibc's <malloc.h>.
M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3
M_ARENA_MAX = -8

SETTINGS = {M_ARENA_MAX: 2, M_MMAP_THRESHOLD: 2**20, M_TRIM_THRESHOLD: 2**24}
"""Two arenas, as every run is a thread of its own; blocks from 1 MB on are mapped, and so returned when freed."""


def keep_level() -> bool:
    """Set the allocator so; False where it is not glibc's, which is left as it is.

    Left to itself it raises its thresholds with the largest block ever freed: after some users with thousands of
    behaviors the server held twice the memory it needs.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return False
    return all(mallopt(name, value) == 1 for name, value in SETTINGS.items())
