"""Accelerated networks against plain ones, in single and in double precision, on the whole family."""

from dataclasses import replace

import pytest
import torch

from din_core.kernels import accelerate as accelerate_module
from din_core.kernels import embeddings, evolution, pairs, tower, unit
from din_core.kernels.accelerate import accelerate, accelerates
from din_core.kernels.library import load
from tests.model.conftest import FAMILY, SEVERAL, toy_batch, toy_network
from tests.model.several import several_network, with_sets

pytestmark = pytest.mark.skipif(load() is None, reason="no compiled library here")
BATCHES = {
    "one behavior": ([[1]], [[2]], [[1]]),
    "repeats and several candidates": ([[1, 2, 3], [4], [5, 1]], [[5, 1], [2, 3, 4], [1]], [[1, 2, 1], [3], [2, 5]]),
    "an empty history": ([[], [3, 2]], [[1, 2], [3]], [[], [1, 4]]),
    "no behavior at all": ([[], []], [[1], [2]], [[], []]),
    "an empty batch": ([], [], []),
    "a long history and a short one": (
        [[1 + i % 5 for i in range(70)], [4, 1]],
        [[1, 2, 3, 4, 5], [2, 5, 1]],
        [[1 + i % 3 for i in range(70)], [1, 1]],
    ),
}


def one_step(options, batch, accelerated, precision=torch.float32):
    """Outputs, gradients and running statistics of a training step."""
    plain = (several_network if batch.sets else toy_network)(**options).to(precision).train()
    network = accelerate(plain).train() if accelerated else plain
    torch.manual_seed(0)
    output = network(replace(batch, count=batch.count.to(precision), age=batch.age.to(precision)))
    loss = torch.nn.functional.softplus(output.logit).sum() + (0 if output.auxiliary is None else output.auxiliary)
    loss.backward()
    outputs = {"logit": output.logit.detach(), "weight": output.weight.detach(), "interest": output.interest.detach()}
    gradients = {f"gradient of {name}": p.grad for name, p in plain.named_parameters() if p.grad is not None}
    return {**outputs, **gradients, **dict(plain.named_buffers()), "loss": loss.detach()}


def assert_as_exact_as_plain(options, batch):
    """Against double precision; a few behaviors through batch statistics can magnify rounding a thousandfold."""
    exact = one_step(options, batch, False, torch.float64)
    found, plain = one_step(options, batch, True), one_step(options, batch, False)
    assert plain.keys() == exact.keys() == found.keys()
    for name, expected in exact.items():
        if expected.numel():
            off, usual = ((x[name].double() - expected).abs().max().item() for x in (found, plain))
            assert off <= 4 * usual + 3e-5 * (1 + expected.abs().max().item()), (name, off, usual)


@pytest.mark.parametrize("case", BATCHES)
@pytest.mark.parametrize("member", FAMILY)
def test_a_training_step_is_the_same_accelerated_and_plain(member, case):
    assert_as_exact_as_plain(FAMILY[member], toy_batch(*BATCHES[case]))


@pytest.mark.parametrize("member", SEVERAL)
def test_several_values_of_a_field_are_the_same_accelerated_and_plain(member):
    assert_as_exact_as_plain(FAMILY[member], with_sets(toy_batch(*BATCHES["a long history and a short one"])))


def test_dropout_drops_the_same_accelerated_and_plain():
    batch = toy_batch([[1, 2, 3], [4], [5, 1]] * 12, [[5, 1], [2, 3, 4], [1]] * 12)
    assert_as_exact_as_plain({"tower_dropout": 0.4}, batch)


def test_double_precision_stays_plain():
    network = toy_network()
    assert not accelerates(network)
    assert accelerate(network) is network


def test_layers_too_wide_for_a_threads_stack_stay_plain(monkeypatch):
    monkeypatch.setattr(accelerate_module, "WIDEST", 3)
    network = accelerate(toy_network().float())
    assert not isinstance(network.tower, tower.AcceleratedTower)
    assert not isinstance(network.pooling.unit, unit.AcceleratedActivationUnit)


@pytest.mark.parametrize("direction", ["", "_backward"], ids=["forwards", "backwards"])
@pytest.mark.parametrize(
    ("module", "name", "member"),
    [
        (embeddings, "embed", "din"),
        (unit, "unit_weights", "din"),
        (tower, "tower_logits", "din"),
        (tower, "tower_input", "din"),
        (pairs, "pair_pool", "din"),
        (pairs, "pair_softmax", "softmax"),
        (pairs, "pair_dot", "dot"),
        (evolution, "evolve", "augru"),
    ],
)
def test_a_broken_operator_is_not_silently_replaced(module, name, member, direction, monkeypatch):
    """Where the library is, networks really call the operators."""

    def broken(*_):
        raise ArithmeticError(name)

    monkeypatch.setattr(module, name + direction, broken)
    with pytest.raises(ArithmeticError, match=name):
        one_step(FAMILY[member], toy_batch(*BATCHES["repeats and several candidates"]), True)


@pytest.mark.parametrize("member", ["din", "paper input", "softmax", "match flags", "counts", "augru"])
def test_the_outcome_does_not_depend_on_the_number_of_threads(member):
    batch = toy_batch([[1 + i % 5 for i in range(t)] for t in range(40)], [[1 + t % 5, 2] for t in range(40)])
    found, threads = [], torch.get_num_threads()
    try:
        for n in (1, 2, 3):
            torch.set_num_threads(n)
            found.append(one_step(FAMILY[member], batch, True))
    finally:
        torch.set_num_threads(threads)
    for name, expected in found[0].items():
        assert all(torch.equal(expected, other[name]) for other in found[1:]), name
