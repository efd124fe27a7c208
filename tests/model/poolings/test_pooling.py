"""Pooling that knows no candidate, by hand."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.model.conftest import toy_batch, toy_network

DECAY = {"architecture": "base", "base_pooling": "time decay"}


def test_average_pooling_weighs_every_behavior_by_one_over_the_history_length():
    network, batch = toy_network("base"), toy_batch([[1, 2]], [[3, 4]], counts=[[3, 1]])
    output, k = network(batch), network.item(batch.behavior)
    torch.testing.assert_close(output.weight, torch.full((4,), 0.25, dtype=torch.float64))
    torch.testing.assert_close(output.interest[1], 0.75 * k[0] + 0.25 * k[1])


def test_sum_pooling_weighs_every_behavior_by_one():
    network, batch = toy_network("base", base_pooling="sum"), toy_batch([[1, 2]], [[3]], counts=[[3, 1]])
    output, k = network(batch), network.item(batch.behavior)
    assert output.weight.tolist() == [1, 1]
    torch.testing.assert_close(output.interest[0], 3 * k[0] + k[1])


@given(st.lists(st.sampled_from([0, 2, 3, 4, 5]), max_size=6))
def test_under_averaging_a_duplicated_behavior_has_2_of_h_plus_1_shares(others):
    network, h = toy_network("base"), 1 + len(others)
    for history, expected in (([1, *others], 1 / h), ([1, 1, *others], 2 / (h + 1))):
        batch = toy_batch([history], [[3]])
        share = network(batch).weight[batch.behavior[:, 0] == 1].sum()
        assert share.item() == pytest.approx(expected)


def test_time_decay_halves_a_behavior_every_half_life():
    """Half-life 2 days; ages 4, 2 and 0 days: 1/4, 1/2 and 1 of 7/4. The second history's shares are 1/3 and 2/3."""
    network = toy_network(**DECAY, half_life=2.0)
    batch = toy_batch([[1, 2, 3], [4, 5]], [[0], [1]], days=[[4.0, 2.0, 0.0], [5.0, 3.0]])
    output, k = network(batch), network.item(batch.behavior)
    expected = torch.tensor([1 / 7, 2 / 7, 4 / 7, 1 / 3, 2 / 3], dtype=torch.float64)
    torch.testing.assert_close(output.weight, expected, atol=1e-7, rtol=1e-6)
    torch.testing.assert_close(output.interest[1], (k[3] + 2 * k[4]) / 3, atol=1e-7, rtol=1e-6)


def test_time_decay_counts_a_repeat_as_another_behavior_of_that_age():
    network = toy_network(**DECAY, half_life=2.0)
    batch = toy_batch([[1, 2]], [[0]], days=[[2.0, 0.0]], counts=[[3, 1]])
    expected = torch.tensor([0.5 / 2.5, 1 / 2.5], dtype=torch.float64)
    torch.testing.assert_close(network(batch).weight, expected, atol=1e-7, rtol=1e-6)


def test_time_decay_of_ages_beyond_all_floats_still_adds_up_to_one():
    network = toy_network(**DECAY, half_life=0.5)
    weight = network(toy_batch([[1, 2]], [[0]], days=[[4000.5, 4000.0]])).weight
    torch.testing.assert_close(weight, torch.tensor([1 / 3, 2 / 3], dtype=torch.float64), atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("learned", [True, False])
def test_a_half_life_is_learned_or_given(learned):
    network = toy_network(**DECAY, half_life=2.0, learn_half_life=learned)
    network(toy_batch([[1, 2]], [[3]], days=[[6.0, 1.0]])).logit.sum().backward()
    gradient = network.pooling.log_half_life.grad
    assert (gradient is not None and gradient.abs() > 0) if learned else gradient is None
    assert network.pooling.half_life.item() == pytest.approx(2.0)
