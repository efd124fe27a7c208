"""Pair operations in all their forms against the pair-by-pair formulation, which exists only here."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from din_core.model.pairs import pair_hidden, pair_pool
from tests.model.random_batches import GROUPS, a_batch


def some_tensors(batch, d=3, h=2, seed=1):
    generator = torch.Generator().manual_seed(seed)
    m, n = batch.candidate_offsets[-1], batch.behavior_offsets[-1]
    sizes = ((m, d), (n, d), (m, h), (n, h), (d, h))
    return [torch.randn(*size, generator=generator, dtype=torch.float64, requires_grad=True) for size in sizes]


def hidden_one_by_one(q, k, from_q, from_k, product, batch):
    """The equation, pair by pair."""
    rows = []
    for t, c in batch.segments():
        for i in range(t.start, t.stop):
            for j in range(c.start, c.stop):
                rows.append(from_q[j] + from_k[i] + (q[j] * k[i]) @ product)
    return torch.stack(rows) if rows else q.new_zeros(0, product.shape[1])


@given(GROUPS, st.integers(0, 100))
@settings(max_examples=30)
def test_gathered_pairs_equal_the_pair_by_pair_form_and_so_do_its_gradients(groups, seed):
    batch = a_batch(groups, seed)
    tensors = some_tensors(batch, seed=seed)
    plain, block = hidden_one_by_one(*tensors, batch), pair_hidden(*tensors, batch)
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
