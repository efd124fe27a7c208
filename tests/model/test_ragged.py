"""Pair operations on ragged batches against the padded formulation, which exists only here."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from din_core.model import ragged
from din_core.model.ragged import RaggedBatch, pair_hidden, pair_pool

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


def some_tensors(batch, d=3, h=2, seed=1):
    generator = torch.Generator().manual_seed(seed)
    m, n = batch.candidate_offsets[-1], batch.behavior_offsets[-1]
    sizes = ((m, d), (n, d), (m, h), (n, h), (d, h))
    return [torch.randn(*size, generator=generator, dtype=torch.float64, requires_grad=True) for size in sizes]


def padded_hidden(q, k, from_q, from_k, product, batch):
    """Every history padded to the longest, the real pairs picked out afterwards."""
    rows = []
    for t, c in batch.segments():
        for i in range(t.start, t.stop):
            for j in range(c.start, c.stop):
                rows.append(from_q[j] + from_k[i] + (q[j] * k[i]) @ product)
    return torch.stack(rows) if rows else q.new_zeros(0, product.shape[1])


@given(GROUPS)
def test_pairs_are_ordered_by_history_then_behavior_then_candidate(groups):
    batch = a_batch(groups)
    expected = [(i, j) for t, c in batch.segments() for i in range(t.start, t.stop) for j in range(c.start, c.stop)]
    behavior, candidate = batch.pairs()
    assert list(zip(behavior.tolist(), candidate.tolist(), strict=True)) == expected
    assert batch.pair_count().tolist() == [batch.count[i].item() for i, _ in expected]


@given(GROUPS, st.integers(0, 100))
@settings(max_examples=30)
def test_the_block_form_equals_the_pair_by_pair_form_and_so_do_its_gradients(groups, seed):
    batch = a_batch(groups, seed)
    tensors = some_tensors(batch, seed=seed)
    plain, block = padded_hidden(*tensors, batch), pair_hidden(*tensors, batch)
    torch.testing.assert_close(block, plain)
    if plain.numel():
        upstream = torch.randn_like(plain)
        expected = torch.autograd.grad(plain, tensors, upstream, allow_unused=True)
        found = torch.autograd.grad(block, tensors, upstream)
        for name, e, f in zip(("q", "k", "from_q", "from_k", "product"), expected, found, strict=True):
            torch.testing.assert_close(f, torch.zeros_like(f) if e is None else e, msg=name)


@given(GROUPS, st.integers(0, 100))
@settings(max_examples=30)
def test_pooling_is_the_counted_weighted_sum_and_so_are_its_gradients(groups, seed):
    batch = a_batch(groups, seed)
    _, k, *_ = some_tensors(batch, seed=seed)
    behavior, candidate = batch.pairs()
    weight = torch.randn(len(behavior), dtype=torch.float64, requires_grad=True)
    m = batch.candidate_offsets[-1]
    terms = (weight * batch.count[behavior])[:, None] * k[behavior]
    plain = torch.zeros(m, 3, dtype=torch.float64).index_add(0, candidate, terms)
    block = pair_pool(weight, k, batch)
    torch.testing.assert_close(block, plain)
    upstream = torch.randn_like(plain)
    expected = torch.autograd.grad(plain, (weight, k), upstream)
    found = torch.autograd.grad(block, (weight, k), upstream)
    for e, f in zip(expected, found, strict=True):
        torch.testing.assert_close(f, e)


@given(GROUPS)
@settings(max_examples=20)
def test_the_gathered_form_for_other_devices_equals_the_block_form(groups):
    batch = a_batch(groups)
    q, k, from_q, from_k, product = some_tensors(batch)
    gathered = ragged.gathered_pair_hidden(q, k, from_q, from_k, product, batch)
    torch.testing.assert_close(gathered, pair_hidden(q, k, from_q, from_k, product, batch))
    weight = torch.arange(float(len(gathered)), dtype=torch.float64)
    torch.testing.assert_close(ragged.gathered_pair_pool(weight, k, batch), pair_pool(weight, k, batch))
