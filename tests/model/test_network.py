"""The networks: against NumPy on paper, and what must not change their answers."""

import shutil

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from din_core.model import attention as attention_module
from din_core.model.ragged import gathered_pair_hidden, gathered_pair_pool
from tests.model.conftest import FAMILY, FOLDING, toy_batch, toy_network

ITEMS = st.lists(st.integers(0, 5), max_size=6)
EACH = pytest.mark.parametrize("member", FAMILY)
EACH_FOLDING = pytest.mark.parametrize("member", FOLDING)


def numpy_unit(unit, q, k):
    """a(k, q) on [q, k, q−k, q∘k], unsplit, in NumPy float64."""

    def dice(layer, s):
        mean, variance = layer.moments.mean.numpy(), layer.moments.variance.numpy()
        p = 1 / (1 + np.exp(-(s - mean) / np.sqrt(variance + 1e-8)))
        return s * (p + (1 - p) * layer.alpha.detach().numpy())

    def linear(layer, x):
        return x @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()

    x = np.concatenate([q, k, q - k, q * k], -1)
    first = dice(unit.first_activation, linear(unit.first, x))
    return linear(unit.last, dice(unit.second_activation, linear(unit.second, first)))


def test_the_split_activation_unit_equals_the_equation_in_numpy():
    network, batch = toy_network(), toy_batch([[1, 2, 3], [4]], [[5, 1], [2]])
    q, k = network.item(batch.candidate).detach().numpy(), network.item(batch.behavior).detach().numpy()
    pairs = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1), (3, 2)]  # (behavior, candidate)
    expected = [numpy_unit(network.pooling.unit, q[c], k[t])[0] for t, c in pairs]
    np.testing.assert_allclose(network(batch).weight.detach().numpy(), expected, atol=1e-9)


def test_the_interest_vector_is_the_unnormalised_weighted_sum():
    network, batch = toy_network(), toy_batch([[1, 2]], [[3]], counts=[[2, 5]])
    output, k = network(batch), network.item(batch.behavior)
    torch.testing.assert_close(output.interest[0], 2 * output.weight[0] * k[0] + 5 * output.weight[1] * k[1])


def test_average_pooling_weighs_every_behavior_by_one_over_the_history_length():
    network, batch = toy_network("base"), toy_batch([[1, 2]], [[3, 4]], counts=[[3, 1]])
    output, k = network(batch), network.item(batch.behavior)
    torch.testing.assert_close(output.weight, torch.full((4,), 0.25, dtype=torch.float64))
    torch.testing.assert_close(output.interest[1], 0.75 * k[0] + 0.25 * k[1])


@EACH_FOLDING
@given(ITEMS, st.randoms(use_true_random=False))
@settings(max_examples=15)
def test_permuting_a_history_changes_nothing(member, history, random):
    shuffled = history.copy()
    random.shuffle(shuffled)
    network = toy_network(**FAMILY[member])
    torch.testing.assert_close(network(toy_batch([shuffled], [[1]])).logit, network(toy_batch([history], [[1]])).logit)


@EACH_FOLDING
@given(ITEMS)
@settings(max_examples=15)
def test_folding_repeats_into_counts_changes_nothing_in_training_or_evaluation(member, history):
    distinct = sorted(set(history))
    folded = toy_batch([distinct, [1]], [[1, 2], [3]], counts=[[history.count(i) for i in distinct], [1]])
    unfolded = toy_batch([history, [1]], [[1, 2], [3]])
    for mode in (True, False):
        first, second = (toy_network(**FAMILY[member]).train(mode) for _ in range(2))
        torch.testing.assert_close(first(folded).logit, second(unfolded).logit)


@EACH
@given(st.lists(st.tuples(ITEMS, st.lists(st.integers(0, 5), min_size=1, max_size=3)), min_size=1, max_size=4))
@settings(max_examples=15)
def test_a_candidate_scores_the_same_alone_and_in_company(member, groups):
    network = toy_network(**FAMILY[member])
    together = network(toy_batch([h for h, _ in groups], [c for _, c in groups])).logit
    alone = [network(toy_batch([h], [[item]])).logit for h, c in groups for item in c]
    torch.testing.assert_close(together, torch.cat(alone))


@EACH
def test_an_empty_history_has_interest_vector_zero_and_finite_gradients(member):
    network = toy_network(**FAMILY[member]).train()
    output = network(toy_batch([[], [1, 2]], [[3], [4]]))
    assert output.interest[0].abs().sum() == 0
    output.logit.sum().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in network.parameters())


@EACH
def test_a_batch_of_one_and_of_none_can_be_trained_on(member):
    network = toy_network(**FAMILY[member]).train()
    for histories, candidates in (([[1]], [[2]]), ([[]], [[2]]), ([[1, 2]], [[]]), ([], [])):
        output = network(toy_batch(histories, candidates))
        output.logit.sum().backward()
        assert output.logit.isfinite().all()
        assert all(p.grad is None or p.grad.isfinite().all() for p in network.parameters())


def test_removing_a_behavior_of_weight_zero_changes_nothing():
    network = toy_network()
    torch.nn.init.zeros_(network.pooling.unit.last.weight)
    torch.nn.init.zeros_(network.pooling.unit.last.bias)
    with_it, without = network(toy_batch([[1, 2]], [[3]])), network(toy_batch([[1]], [[3]]))
    assert with_it.weight.abs().sum() == 0
    torch.testing.assert_close(with_it.logit, without.logit)


@pytest.mark.parametrize("weight", [1.0, 1 / 3])
def test_a_constant_weight_makes_the_interest_vector_sum_or_average_pooling(weight):
    network, batch = toy_network(), toy_batch([[1, 2]], [[3]], counts=[[2, 1]])
    torch.nn.init.zeros_(network.pooling.unit.last.weight)
    torch.nn.init.constant_(network.pooling.unit.last.bias, weight)
    k = network.item(batch.behavior)
    torch.testing.assert_close(network(batch).interest[0], weight * (2 * k[0] + k[1]))


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
def test_double_precision_gradients_agree_with_finite_differences(member):
    network = toy_network(**FAMILY[member])
    batch = toy_batch([[1, 2, 3], [], [4]], [[5, 1], [2], [3]], counts=[[1, 2, 1], [], [3]])
    table = network.item.tables[0].weight

    def loss(weight):
        return torch.func.functional_call(network, {"item.tables.0.weight": weight}, (batch,)).logit.square().sum()

    assert torch.autograd.gradcheck(loss, (table.detach().clone().requires_grad_(),))


@EACH
def test_half_precision_with_gathered_pairs_stays_near_single_precision(member, monkeypatch):
    """What a CUDA device runs (gathered pairs under bfloat16 autocast), on the CPU's own bfloat16."""
    monkeypatch.setattr(attention_module, "pair_hidden", gathered_pair_hidden)
    monkeypatch.setattr(attention_module, "pair_pool", gathered_pair_pool)
    network = toy_network(**FAMILY[member]).float().train()
    batch = toy_batch([[1, 2, 3], [], [4]], [[5, 1], [2], [3]], counts=[[1, 2, 1], [], [3]])
    object.__setattr__(batch, "count", batch.count.float())
    expected = toy_network(**FAMILY[member]).float().train()(batch).logit
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logit = network(batch).logit
    torch.testing.assert_close(logit.float(), expected, atol=0.1, rtol=0.1)
    logit.float().sum().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in network.parameters())


def test_the_fused_activation_unit_equals_the_plain_one_and_so_do_its_gradients():
    plain, fused = toy_network().float().train(), toy_network().float().train()
    before = {name: tensor.clone() for name, tensor in fused.state_dict().items()}
    try:
        fused.pooling.unit.fuse()
    except Exception as error:  # a machine without a compiler trains without it
        assert not shutil.which("g++"), error
        return
    for name, tensor in fused.state_dict().items():
        torch.testing.assert_close(tensor, before[name], msg=name)
    batch = toy_batch([[1, 2, 3], [4]], [[5, 1], [2]], counts=[[1, 2, 1], [3]])
    object.__setattr__(batch, "count", batch.count.float())
    for network in (plain, fused):
        network(batch).logit.sum().backward()
    for (name, expected), found in zip(plain.named_parameters(), fused.parameters(), strict=True):
        torch.testing.assert_close(found.grad, expected.grad, atol=1e-5, rtol=1e-4, msg=name)
    found, expected = (network.pooling.unit.first_activation.moments.mean for network in (fused, plain))
    torch.testing.assert_close(found, expected)
