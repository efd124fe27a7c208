"""Attention and weighted sum pooling: against NumPy float64 on the equations, and what repeats do to a share."""

from itertools import accumulate

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.model.conftest import FAMILY, toy_batch, toy_network

HISTORIES, CANDIDATES = [[1, 2, 3], [4]], [[5, 1], [2]]
PAIRS = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1), (3, 2)]
"""(behavior, candidate) of these"""


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def numpy_activation(layer, s):
    """Dice (equation 8) in evaluation mode, PReLU, or a sigmoid."""
    if hasattr(layer, "alpha"):
        p = sigmoid((s - layer.moments.mean.numpy()) / np.sqrt(layer.moments.variance.numpy() + 1e-8))
        return p * s + (1 - p) * layer.alpha.detach().numpy() * s
    if isinstance(layer.function, torch.nn.PReLU):
        return np.where(s > 0, s, layer.function.weight.detach().numpy() * s)
    return sigmoid(s)


def numpy_unit(unit, q, k):
    """a(k, q) of one pair, its first layer unsplit, in NumPy float64."""

    def linear(layer, x):
        return layer.weight.detach().numpy() @ x + layer.bias.detach().numpy()

    x = np.concatenate([q, k, q - k, q * k] if unit.reads == "official" else [q, q * k, k])
    first = numpy_activation(unit.first_activation, linear(unit.first, x))
    return linear(unit.last, numpy_activation(unit.second_activation, linear(unit.second, first)))[0]


def embedded(network, batch):
    """q and k."""
    return (network.item(rows).detach().numpy() for rows in (batch.candidate, batch.behavior))


@pytest.mark.parametrize("kind", ["dice", "prelu", "sigmoid"])
@pytest.mark.parametrize("reads", ["official", "paper"])
def test_the_split_activation_unit_equals_the_equation_in_numpy(reads, kind):
    network, batch = toy_network(unit_input=reads, unit_activation=kind), toy_batch(HISTORIES, CANDIDATES)
    q, k = embedded(network, batch)
    expected = [numpy_unit(network.pooling.unit, q[c], k[t]) for t, c in PAIRS]
    np.testing.assert_allclose(network(batch).weight.detach().numpy(), expected, atol=1e-9)


def test_a_projected_query_is_a_linear_layer_and_a_prelu_for_the_attention_only():
    network, batch = toy_network(project_query=True), toy_batch(HISTORIES, CANDIDATES)
    q, k = embedded(network, batch)
    linear, prelu = network.pooling.query
    s = q @ linear.weight.detach().numpy().T + linear.bias.detach().numpy()
    projected = np.where(s > 0, s, prelu.weight.detach().numpy() * s)
    expected = [numpy_unit(network.pooling.unit, projected[c], k[t]) for t, c in PAIRS]
    np.testing.assert_allclose(network(batch).weight.detach().numpy(), expected, atol=1e-9)


@pytest.mark.parametrize(
    ("options", "scale"),
    [({}, None), ({"normalisation": "softmax"}, 1.0), ({"normalisation": "scaled softmax"}, 0.5)],
)
@pytest.mark.parametrize("attention", ["dot", "bilinear"])
def test_dot_product_and_bilinear_form_equal_the_equation_in_numpy(attention, options, scale):
    """D is 4, so √D is 2."""
    network, batch = toy_network(attention=attention, **options), toy_batch([[1, 2, 3]], [[5, 1]])
    form = np.eye(4)
    if attention == "bilinear":
        form = np.random.default_rng(0).normal(size=(4, 4))
        network.pooling.unit.form.data.copy_(torch.from_numpy(form))
    q, k = embedded(network, batch)
    score = k @ form.T @ q.T  # (T, C)
    if scale is not None:
        score = np.exp(scale * score) / np.exp(scale * score).sum(0)
    output = network(batch)
    np.testing.assert_allclose(output.weight.detach().numpy(), score.ravel(), atol=1e-9)
    np.testing.assert_allclose(output.interest.detach().numpy(), score.T @ k, atol=1e-9)


@pytest.mark.parametrize("normalisation", ["none", "softmax", "scaled softmax"])
def test_one_unit_per_field_equals_a_loop_over_fields_histories_and_candidates(normalisation):
    network = toy_network(unit_per_field=True, normalisation=normalisation)
    counts = [[1, 2, 1, 3], [1]]
    batch = toy_batch([[1, 4, 2, 3], [5]], [[5, 1], [2]], counts=counts)  # items 1 and 4 share a category
    q, k = embedded(network, batch)
    widths = [f.width for f in network.config.item_fields]
    own = [slice(end - width, end) for end, width in zip(accumulate(widths), widths, strict=True)]
    weights, interests = [], np.zeros_like(q)
    for behaviors, candidates, count in (([0, 1, 2, 3], [0, 1], counts[0]), ([4], [2], counts[1])):
        block = np.zeros((len(behaviors), len(candidates), 2))
        for f, part in enumerate(own):
            for j, c in enumerate(candidates):
                a = np.array([numpy_unit(network.pooling.units[f], q[c, part], k[t, part]) for t in behaviors])
                if normalisation != "none":
                    share = np.exp(a / (np.sqrt(widths[f]) if normalisation == "scaled softmax" else 1))
                    a = share / (share * count).sum()
                block[:, j, f] = a
                interests[c, part] = (a * count) @ k[behaviors, part]
        weights.extend(block.reshape(-1, 2))
    output = network(batch)
    np.testing.assert_allclose(output.weight.detach().numpy(), weights, atol=1e-9)
    np.testing.assert_allclose(output.interest.detach().numpy(), interests, atol=1e-9)


def test_the_interest_vector_is_the_unnormalised_weighted_sum():
    network, batch = toy_network(), toy_batch([[1, 2]], [[3]], counts=[[2, 5]])
    output, k = network(batch), network.item(batch.behavior)
    torch.testing.assert_close(output.interest[0], 2 * output.weight[0] * k[0] + 5 * output.weight[1] * k[1])


OTHERS = st.lists(st.sampled_from([0, 2, 3, 4, 5]), max_size=5)


def shares(network, history, folded):
    """Item 1's part of the pooling sum for candidate 3, all its repeats together, one number a field."""
    distinct = sorted(set(history))
    if folded:
        batch = toy_batch([distinct], [[3]], counts=[[history.count(item) for item in distinct]])
    else:
        batch = toy_batch([history], [[3]])
    weight = network(batch).weight.reshape(len(batch.behavior), -1)
    return (batch.count[:, None] * weight)[batch.behavior[:, 0] == 1].sum(0)


@pytest.mark.parametrize("folded", [False, True])
@pytest.mark.parametrize(
    "member", ["din", "paper input", "prelu", "sigmoid", "unit per field", "projected query", "dot"]
)
@given(OTHERS)
@settings(max_examples=10)
def test_a_duplicated_behavior_doubles_its_share_unnormalised(member, folded, others):
    network = toy_network(**FAMILY[member])
    once, twice = shares(network, [1, *others], folded), shares(network, [1, 1, *others], folded)
    torch.testing.assert_close(twice, 2 * once)


@pytest.mark.parametrize("folded", [False, True])
@pytest.mark.parametrize("member", ["softmax", "scaled softmax", "unit per field, softmax", "bilinear, softmax"])
@given(OTHERS)
@settings(max_examples=10)
def test_under_softmax_a_duplicated_behaviors_share_a_becomes_2a_over_1_plus_a(member, folded, others):
    network = toy_network(**FAMILY[member])
    a, twice = shares(network, [1, *others], folded), shares(network, [1, 1, *others], folded)
    torch.testing.assert_close(twice, 2 * a / (1 + a))


@given(OTHERS, st.integers(0, 5))
@settings(max_examples=25)
def test_removing_a_behavior_of_weight_zero_changes_nothing(others, candidate):
    """The last layer's bias is moved until the weight of item 1 is 0; other items' weights are not."""
    network = toy_network()
    weight = network(toy_batch([[1]], [[candidate]])).weight
    network.pooling.unit.last.bias.data -= weight.detach()
    with_it, without = (network(toy_batch([history], [[candidate]])) for history in ([1, *others], others))
    assert with_it.weight[0].abs() < 1e-12
    torch.testing.assert_close(with_it.interest, without.interest)
    torch.testing.assert_close(with_it.logit, without.logit)


@pytest.mark.parametrize("weight", [1.0, 1 / 3])
def test_a_constant_weight_makes_the_interest_vector_sum_or_average_pooling(weight):
    network, batch = toy_network(), toy_batch([[1, 2]], [[3]], counts=[[2, 1]])
    torch.nn.init.zeros_(network.pooling.unit.last.weight)
    torch.nn.init.constant_(network.pooling.unit.last.bias, weight)
    k = network.item(batch.behavior)
    torch.testing.assert_close(network(batch).interest[0], weight * (2 * k[0] + k[1]))
