"""What is done with memory that PyTorch gives back."""

from __future__ import annotations

import ctypes
import platform


def keep_freed_memory() -> None:
    """Tell glibc to keep freed blocks: handing 100 MB back and forth each step costs a CPU step half its time."""
    if platform.system() != "Linux" or platform.libc_ver()[0] != "glibc":
        return
    m_trim_threshold, m_mmap_max, m_arena_max = -1, -4, -8  # from <malloc.h>
    libc = ctypes.CDLL(None)
    libc.mallopt(m_mmap_max, 0)
    libc.mallopt(m_trim_threshold, -1)
    libc.mallopt(m_arena_max, 1)  # the backward pass runs in a thread of its own
