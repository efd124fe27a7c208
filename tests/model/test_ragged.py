"""Ragged batches: which pairs there are, and in which order."""

from hypothesis import given

from tests.model.random_batches import GROUPS, a_batch


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
