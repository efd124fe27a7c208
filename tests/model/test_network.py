"""The networks: what must not change the answer of any member of the family."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.model.conftest import FAMILY, FOLDING, PADDED, kept_network, toy_batch, toy_network

ITEMS = st.lists(st.integers(0, 5), max_size=6)
EACH = pytest.mark.parametrize("member", FAMILY)
EACH_FOLDING = pytest.mark.parametrize("member", FOLDING)


@EACH_FOLDING
@given(ITEMS, st.randoms(use_true_random=False))
@settings(max_examples=15)
def test_permuting_a_history_changes_nothing(member, history, random):
    shuffled = history.copy()
    random.shuffle(shuffled)
    network = kept_network(member)
    torch.testing.assert_close(network(toy_batch([shuffled], [[1]])).logit, network(toy_batch([history], [[1]])).logit)


@EACH_FOLDING
@given(ITEMS)
@settings(max_examples=15)
def test_folding_repeats_into_counts_changes_nothing_in_training_or_evaluation(member, history):
    distinct = sorted(set(history))
    folded = toy_batch([distinct, [1]], [[1, 2], [3]], counts=[[history.count(i) for i in distinct], [1]])
    unfolded = toy_batch([history, [1]], [[1, 2], [3]])
    network = kept_network(member)
    torch.testing.assert_close(network(folded).logit, network(unfolded).logit)
    first, second = (toy_network(**FAMILY[member]).train() for _ in range(2))
    torch.testing.assert_close(first(folded).logit, second(unfolded).logit)


@EACH
@given(st.lists(st.tuples(ITEMS, st.lists(st.integers(0, 5), min_size=1, max_size=3)), min_size=1, max_size=4))
@settings(max_examples=15)
def test_a_candidate_scores_the_same_alone_and_in_company(member, groups):
    network = kept_network(member)
    together = network(toy_batch([h for h, _ in groups], [c for _, c in groups])).logit
    alone = [network(toy_batch([h], [[item]])).logit for h, c in groups for item in c]
    torch.testing.assert_close(together, torch.cat(alone))


@EACH
def test_an_empty_history_has_interest_vector_zero_and_finite_gradients(member):
    network = toy_network(**FAMILY[member]).train()
    output = network(toy_batch([[], [1, 2]], [[3], [4]]))
    assert member in PADDED or output.interest[0].abs().sum() == 0
    output.logit.sum().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in network.parameters())


@pytest.mark.parametrize("member", ["average", "softmax", "augru"])
def test_an_input_that_never_varied_in_training_is_not_read(member):
    # No history of the training data was empty, so that the intensity was always 1: what is left is rounding.
    network, batch = toy_network(**FAMILY[member]), toy_batch([[1, 2], []], [[3], [4]])
    column, moments = network.input_spans()["intensity"], network.tower.moments
    moments.mean[column], moments.variance[column] = math.asinh(4), 2e-13
    before = network(batch).logit
    with torch.no_grad():
        network.tower.first.weight[:, column] *= 1000
    torch.testing.assert_close(network(batch).logit, before)
    moments.variance[column] = 0.01  # some were empty
    assert not torch.allclose(network(batch).logit, before)


@EACH
def test_a_batch_of_one_and_of_none_can_be_trained_on(member):
    network = toy_network(**FAMILY[member]).train()
    for histories, candidates in (([[1]], [[2]]), ([[]], [[2]]), ([[1, 2]], [[]]), ([], [])):
        output = network(toy_batch(histories, candidates))
        output.logit.sum().backward()
        assert output.logit.isfinite().all()
        assert all(p.grad is None or p.grad.isfinite().all() for p in network.parameters())


def test_a_user_with_several_values_in_a_field_is_their_mean_and_with_none_is_zero():
    network = toy_network()
    pooled = network.profile.pool(toy_batch([[1], [1]], [[2], [2]], ages=[[1, 2], []]))
    table = network.profile.tables[0].weight
    torch.testing.assert_close(pooled[0], (table[1] + table[2]) / 2)
    assert pooled[1].abs().sum() == 0


def test_row_zero_is_a_row_like_any_other():
    network = toy_network()
    assert network.item(torch.tensor([[0, 0]])).abs().sum() > 0
    assert network(toy_batch([[0, 1]], [[0]])).weight.shape == (2,)


@EACH
@pytest.mark.parametrize("training", [False, True], ids=["evaluation", "training"])
def test_the_same_candidate_in_several_places_of_a_batch_gets_the_same_score(member, training):
    """Places in one list and in another user's like history; in company it would differ if scores leaked."""
    network = toy_network(**FAMILY[member]).train(training)
    logit = network(toy_batch([[1, 2], [4], [1, 2]], [[3, 4, 3], [5], [0, 3]])).logit
    torch.testing.assert_close(logit[[2, 5]], logit[0].expand(2))
    assert (logit[0] - logit[1]).abs() > 1e-6


@EACH
def test_double_precision_gradients_agree_with_finite_differences(member):
    network = toy_network(**FAMILY[member])
    batch = toy_batch([[1, 2, 3], [], [4]], [[5, 1], [2], [3]], counts=[[1, 2, 1], [], [3]])
    table = network.item.tables[0].weight

    def loss(weight):
        return torch.func.functional_call(network, {"item.tables.0.weight": weight}, (batch,)).logit.square().sum()

    assert torch.autograd.gradcheck(loss, (table.detach().clone().requires_grad_(),))


@EACH
def test_half_precision_stays_near_single_precision(member):
    """What a CUDA device runs, bfloat16 autocast, on the CPU's own bfloat16."""
    network = toy_network(**FAMILY[member]).float().train()
    batch = toy_batch([[1, 2, 3], [], [4]], [[5, 1], [2], [3]], counts=[[1, 2, 1], [], [3]])
    object.__setattr__(batch, "count", batch.count.float())
    expected = toy_network(**FAMILY[member]).float().train()(batch).logit
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logit = network(batch).logit
    torch.testing.assert_close(logit.float(), expected, atol=0.1, rtol=0.1)
    logit.float().sum().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in network.parameters())
