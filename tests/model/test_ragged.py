"""Ragged batches: which pairs there are, and in which order."""

import torch
from hypothesis import given
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


@given(GROUPS)
def test_pairs_are_ordered_by_history_then_behavior_then_candidate(groups):
    batch = a_batch(groups)
    expected = [(i, j) for t, c in batch.segments() for i in range(t.start, t.stop) for j in range(c.start, c.stop)]
    behavior, candidate = batch.pairs()
    assert list(zip(behavior.tolist(), candidate.tolist(), strict=True)) == expected
    assert batch.per_pair(batch.count).tolist() == [batch.count[i].item() for i, _ in expected]


@given(GROUPS)
def test_pairs_of_a_candidate_are_its_own_oldest_behavior_first(groups):
    batch = a_batch(groups)
    behavior, candidate = batch.pairs()
    order, start = batch.pairs_of_candidate
    assert candidate[order].tolist() == sorted(candidate.tolist())
    for c, own in enumerate(order.tensor_split(start[1:])):
        assert behavior[own].tolist() == sorted(behavior[own].tolist())
        assert candidate[own].tolist() == [c] * len(own)


@given(GROUPS)
def test_pairs_of_a_behavior_start_where_it_first_occurs(groups):
    batch = a_batch(groups)
    behavior = batch.pairs()[0]
    assert batch.pair_total == len(behavior)
    for t, own in enumerate(behavior.tensor_split(batch.pairs_of_behavior[1:])):
        assert own.tolist() == [t] * len(own)
