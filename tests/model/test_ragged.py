"""Ragged batches: which pairs there are, and in which order."""

from hypothesis import given

from tests.model.random_batches import GROUPS, a_batch


@given(GROUPS)
def test_pairs_are_ordered_by_history_then_behavior_then_candidate(groups):
    batch = a_batch(groups)
    expected = [(i, j) for t, c in batch.segments() for i in range(t.start, t.stop) for j in range(c.start, c.stop)]
    behavior, candidate = batch.pairs()
    assert list(zip(behavior.tolist(), candidate.tolist(), strict=True)) == expected
    assert batch.pair_total == len(behavior)
    assert batch.per_pair(batch.count).tolist() == [batch.count[i].item() for i, _ in expected]
