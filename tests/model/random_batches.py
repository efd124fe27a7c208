"""Ragged batches of random sizes."""

import torch
from hypothesis import strategies as st

from din_core.model.ragged import RaggedBatch

GROUPS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), min_size=1, max_size=5)
"""(behaviors, candidates) of each history; either may be 0"""


def a_batch(groups, seed=0):
    """A batch of the given group sizes with random counts; field rows are not needed by pair operations."""
    generator = torch.Generator().manual_seed(seed)
    n, m = sum(t for t, _ in groups), sum(c for _, c in groups)
    behavior_offsets, candidate_offsets = [0], [0]
    for t, c in groups:
        behavior_offsets.append(behavior_offsets[-1] + t)
        candidate_offsets.append(candidate_offsets[-1] + c)
    return RaggedBatch(
        behavior=torch.zeros(n, 1, dtype=torch.int64),
        count=torch.randint(1, 4, (n,), generator=generator).double(),
        age=torch.zeros(n, dtype=torch.float64),
        behavior_offsets=tuple(behavior_offsets),
        candidate=torch.zeros(m, 1, dtype=torch.int64),
        candidate_offsets=tuple(candidate_offsets),
        profile=(),
        context=torch.zeros(m, 0, dtype=torch.int64),
    )
