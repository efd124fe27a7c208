"""In which order an epoch visits data that memory may not hold: by blocks, which lie together in a mapped file."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

MOST_MIXED = 2**28
"""Behaviors up to which an epoch's groups come in any order; the arrays then hold 4 GB."""
BLOCK, WINDOW = 64, 2**16
"""Groups. Beyond that whole blocks of groups are drawn, and mixed among those of a window, some 16 batches of 4,096
impressions: a mapped file is then read about once an epoch, in long pieces, where groups in any order make a machine
whose memory does not hold them all read its pages again and again."""


def mixed_blocks(groups: int, rng: np.random.Generator) -> Ints:
    """All groups, by blocks in random order, each among those of its window."""
    blocks = rng.permutation(-(-groups // BLOCK))
    order: Ints = (blocks[:, None] * BLOCK + np.arange(BLOCK)).ravel()
    order = order[order < groups]
    for start in range(0, groups, WINDOW):
        rng.shuffle(order[start : start + WINDOW])
    return order
