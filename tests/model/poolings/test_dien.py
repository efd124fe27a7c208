"""DIEN: its GRUs, attention and auxiliary loss against plain NumPy float64 transcriptions of the equations."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from din_core.domain import CheckpointError
from din_core.model.config import FieldConfig
from din_core.model.poolings.dien import EvolutionLayer, InterestEvolution, auxiliary_loss
from tests.model.conftest import toy_batch, toy_config, toy_network
from tests.numpy_gru import numpy_gru, sigmoid, weights_of

KINDS = ("aigru", "agru", "augru")
WIDTH = 4
HISTORIES, CANDIDATES = [[1, 2, 3, 1], [], [4, 2]], [[5, 1], [3], [2]]


@pytest.mark.parametrize("kind", KINDS)
def test_extractor_attention_and_evolution_equal_the_equations_in_numpy(kind):
    network, batch = toy_network("dien", evolution=kind), toy_batch(HISTORIES, CANDIDATES)
    pooling = network.pooling
    form = np.random.default_rng(0).normal(size=(WIDTH, WIDTH))
    pooling.form.data.copy_(torch.from_numpy(form))
    q, k = (network.item(rows).detach().numpy() for rows in (batch.candidate, batch.behavior))
    extractor, cell = weights_of(pooling.extractor, "_l0"), weights_of(pooling.evolution.cell)
    weight, interest = [], np.zeros_like(q)
    for behaviors, candidates in batch.segments():
        states, h = [], np.zeros(WIDTH)
        for x in k[behaviors]:
            h = numpy_gru(extractor, x, h)
            states.append(h)
        block = np.zeros((len(states), candidates.stop - candidates.start))
        for c in range(candidates.start, candidates.stop):
            score = np.array([state @ form.T @ q[c] for state in states])
            attention = np.exp(score) / np.exp(score).sum()
            block[:, c - candidates.start] = attention
            for state, a in zip(states, attention, strict=True):
                interest[c] = numpy_gru(cell, state, interest[c], kind, a)
        weight.extend(block.ravel())
    output = network(batch)
    np.testing.assert_allclose(output.weight.detach().numpy(), weight, atol=1e-9)
    np.testing.assert_allclose(output.interest.detach().numpy(), interest, atol=1e-9)


def a_step(kind, attention, seed=0):
    """A layer of that kind, and its inputs, states and next states for three candidates of one attention."""
    torch.manual_seed(seed)
    layer = EvolutionLayer(WIDTH, kind).double()
    x, state = torch.randn(3, WIDTH).double(), torch.randn(3, WIDTH).double()
    with torch.no_grad():
        moved = layer.step(x @ layer.cell.weight_ih.T, state, torch.full((3, 1), attention).double())
    return layer, x, state, moved


@given(st.sampled_from(KINDS), st.floats(0, 1), st.integers(0, 50))
@settings(max_examples=30)
def test_a_cell_equals_its_equation_at_any_attention(kind, attention, seed):
    layer, x, state, moved = a_step(kind, attention, seed)
    pairs = zip(x.numpy(), state.numpy(), strict=True)
    expected = [numpy_gru(weights_of(layer.cell), *pair, kind, np.float32(attention)) for pair in pairs]
    np.testing.assert_allclose(moved.numpy(), expected, atol=1e-6)


@pytest.mark.parametrize("kind", ["agru", "augru"])
def test_attention_0_keeps_the_state(kind):
    _, _, state, moved = a_step(kind, 0.0)
    assert torch.equal(moved, state)


@pytest.mark.parametrize("kind", ["aigru", "augru"])
def test_attention_1_makes_a_plain_gru(kind):
    layer, x, state, moved = a_step(kind, 1.0)
    torch.testing.assert_close(moved, layer.cell(x, state).detach())


def test_attention_1_makes_agru_a_plain_gru_with_its_update_gate_open():
    layer, x, state, moved = a_step("agru", 1.0)
    with torch.no_grad():
        layer.cell.bias_ih[WIDTH : 2 * WIDTH] = -1e3  # torch's gate that keeps the state, shut
        torch.testing.assert_close(moved, layer.cell(x, state))


@pytest.mark.parametrize("kind", KINDS)
def test_permuting_a_history_changes_the_answer(kind):
    network = toy_network("dien", evolution=kind)
    one, other = (network(toy_batch([history], [[3]])) for history in ([1, 2, 4], [4, 2, 1]))
    assert (one.logit - other.logit).abs() > 1e-6  # float64: far beyond rounding
    assert (one.interest - other.interest).abs().max() > 1e-3


@pytest.mark.parametrize("kind", ["agru", "augru"])
def test_a_behavior_of_attention_0_leaves_the_interest_vector_as_it_was(kind):
    torch.manual_seed(0)
    layer = EvolutionLayer(WIDTH, kind).double()
    interest = torch.randn(3, WIDTH).double()
    with_it = layer(interest, torch.tensor([0.3, 0.0, 0.7]).double(), toy_batch([[1, 2, 3]], [[4]]))
    without = layer(interest[[0, 2]], torch.tensor([0.3, 0.7]).double(), toy_batch([[1, 3]], [[4]]))
    torch.testing.assert_close(with_it, without)


def numpy_auxiliary_loss(interest, k, items, histories, sampled):
    """Mean of −log σ(h_t·e_{t+1}) and −log(1 − σ(h_t·ê)); a draw ê of the next behavior's own item is left out."""
    terms, draws, start = [], iter(sampled), 0
    for history in histories:
        for t in range(start, start + len(history) - 1):
            drawn = next(draws)
            terms.append(-np.log(sigmoid(interest[t] @ k[t + 1])))
            if items[drawn] != items[t + 1]:
                terms.append(-np.log(1 - sigmoid(interest[t] @ k[drawn])))
        start += len(history)
    return np.mean(terms)


@given(st.lists(st.lists(st.integers(0, 5), max_size=5), min_size=1, max_size=4), st.integers(0, 100))
@settings(max_examples=30)
def test_the_auxiliary_loss_equals_the_equation_in_numpy(histories, seed):
    batch = toy_batch(histories, [[1]] * len(histories))
    items = [item for history in histories for item in history]
    nexts = sum(max(len(history) - 1, 0) for history in histories)
    generator = torch.Generator().manual_seed(seed)
    interest, k = (torch.randn(len(items), WIDTH, generator=generator, dtype=torch.float64) for _ in range(2))
    torch.manual_seed(seed)
    found = auxiliary_loss(interest, k, batch)
    if not nexts:
        assert found == 0
        return
    torch.manual_seed(seed)
    sampled = torch.randint(len(items), (nexts,)).tolist()
    expected = numpy_auxiliary_loss(interest.numpy(), k.numpy(), items, histories, sampled)
    assert found.item() == pytest.approx(expected, abs=1e-9)


def test_the_auxiliary_loss_stays_finite_where_a_probability_is_0_in_floats():
    interest, k = torch.full((3, WIDTH), 100.0, requires_grad=True), torch.full((3, WIDTH), -100.0)
    loss = auxiliary_loss(interest, k, toy_batch([[1, 2, 3]], [[4]]))
    loss.backward()
    assert loss.isfinite()
    assert loss > 1000
    assert interest.grad.isfinite().all()


def test_the_auxiliary_loss_is_there_in_training_only_and_never_crosses_histories():
    network = toy_network("dien")
    assert network(toy_batch([[1, 2]], [[3]])).auxiliary is None
    assert network.train()(toy_batch([[1], [2], []], [[3], [3], [3]])).auxiliary == 0
    assert network(toy_batch([[1, 2]], [[3]])).auxiliary > 0


def test_the_tower_reads_the_sum_of_the_history_and_its_product_with_the_candidate():
    network, batch = toy_network("dien", history_sum=True), toy_batch(HISTORIES, CANDIDATES)
    plain = toy_network("dien")
    network.pooling.load_state_dict(plain.pooling.state_dict())
    network.item.load_state_dict(plain.item.state_dict())
    found, k = network(batch).interest, network.item(batch.behavior)
    torch.testing.assert_close(found[:, :WIDTH], plain(batch).interest)
    sums = torch.stack([k[:4].sum(0), k[:4].sum(0), torch.zeros_like(k[0]), k[4:].sum(0)])
    torch.testing.assert_close(found[:, WIDTH:], sums)
    q = network.item(batch.candidate)
    read = network.tower_input(network.others(batch), batch.candidate, q, found, torch.ones(4, 1).double())
    product = read[:, network.input_spans()["product"]]
    torch.testing.assert_close(product[:, WIDTH : 2 * WIDTH], torch.asinh(4 * sums * q))
    torch.testing.assert_close(product[:, -1], torch.asinh(4 * (sums * q)[:, 3]))  # the category, one wide


def test_a_state_starts_as_little_else_than_its_newest_input():
    torch.manual_seed(0)
    pooling = InterestEvolution(replace(toy_config("dien"), item_fields=(FieldConfig("item_id", 6, 32),)))
    k = torch.nn.functional.normalize(torch.randn(5, 32)) / 2
    with torch.no_grad():
        states = pooling.extract(k, toy_batch([[1, 2, 3, 4, 5]], [[1]]))
    likeness = torch.nn.functional.cosine_similarity(states[:, None], k[None], dim=2)
    assert (likeness.argmax(1) == torch.arange(5)).all()
    assert likeness.diagonal().mean() > 0.5


def test_the_historys_sum_is_for_dien_alone():
    with pytest.raises(CheckpointError, match="history_sum is for DIEN, but this is 'din'"):
        toy_config(history_sum=True)
