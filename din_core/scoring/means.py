"""By what means scoring computes: each is a switch, so that its gain can be measured alone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tiles:
    """On a CPU's cores: tiles of pairs that fit their caches."""

    fused: bool = True
    """In C, where there is a compiler"""
    threads: int | None = None
    """One a core where it is not given"""


@dataclass(frozen=True, slots=True)
class Means:
    """On a GPU: blocks of pairs as large as its memory likes them, by the means of the paper's serving section (Zhou
    et al., KDD 2018, section 6.7), of which request batching is `batching.py`, on any device."""

    compiled: bool = True
    """Fused memory access: one pass for what stands between two matrix products"""
    captured: bool = True
    """The launches for a block of a whole catalogue are recorded, once a history and thread, and replayed as one"""
    streams: int = 2
    """Concurrent kernels: so many blocks, or batches of requests, are under way at the same time"""
    half: bool = False
    """bfloat16 for the products of a whole catalogue's pairs: near-equal scores may change places"""


Form = Tiles | Means
