"""Training's compiled kernels against PyTorch, on the whole family, and against NumPy in double precision."""

import dataclasses
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from din_core.model import native, pairs
from din_core.model.native import hidden as hidden_layers
from din_core.model.native.kernels import Kernels, _Process
from din_core.model.network import InterestNetwork
from tests.model.conftest import FAMILY, toy_batch, toy_config, toy_network


@pytest.fixture(scope="module", autouse=True)
def compiled():
    """Where there is no compiler, all of training is PyTorch's, and there is nothing to compare."""
    with native.used(True):
        there = _Process.compiled is not None
    assert there or not shutil.which("cc"), "a compiler, but no kernels"
    if not there:
        pytest.skip("no C compiler here")


@pytest.fixture
def kernels() -> Kernels:
    return _Process.compiled


def single(batch):
    return replace(batch, count=batch.count.float(), age=batch.age.float())


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


def one_step(options, batch, in_c, precision=torch.float32):
    """Outputs, gradients and statistics of a training step."""
    network = toy_network(**options).to(precision).train()
    batch = replace(batch, count=batch.count.to(precision), age=batch.age.to(precision))
    with native.used(in_c):
        torch.manual_seed(0)
        output = network(batch)
        loss = torch.nn.functional.softplus(output.logit).sum() + (output.auxiliary or 0)
        loss.backward()
    outputs = {"logit": output.logit.detach(), "weight": output.weight.detach(), "interest": output.interest.detach()}
    return {**outputs, **moved(network), "loss": loss.detach()}


def one_whole_step(options, batch):
    """The same of a DIN that the kernels train as a whole; of its outputs the loss alone."""
    network = toy_network(**options).float().train()
    with native.used(True):
        torch.manual_seed(0)
        whole = network.whole()
        loss = network.learn(whole, single(batch), lambda x: (torch.nn.functional.softplus(x).sum(), x.sigmoid()))
    return {**moved(network), "loss": loss}


def moved(network):
    """Gradients and statistics."""
    gradients = {f"gradient of {name}": p.grad for name, p in network.named_parameters() if p.grad is not None}
    return {**gradients, **dict(network.named_buffers())}


def assert_as_exact_as_pytorch(options, batch, whole=False):
    """Against double precision; a few behaviors through batch statistics can magnify rounding a thousandfold."""
    exact = one_step(options, batch, False, torch.float64)
    found = one_whole_step(options, batch) if whole else one_step(options, batch, True)
    plain = one_step(options, batch, False)
    assert plain.keys() == exact.keys() == found.keys() | ({"logit", "weight", "interest"} if whole else set())
    for name, expected in exact.items():
        if name not in found:
            continue
        if expected.numel():
            off, usual = ((x[name].double() - expected).abs().max().item() for x in (found, plain))
            assert off <= 4 * usual + 3e-5 * (1 + expected.abs().max().item()), (name, off, usual)


@pytest.mark.parametrize("case", BATCHES)
@pytest.mark.parametrize("member", FAMILY)
def test_a_training_step_is_the_same_with_the_kernels_and_without(member, case):
    assert_as_exact_as_pytorch(FAMILY[member], toy_batch(*BATCHES[case]))


@pytest.mark.parametrize("member", ["din", "softmax"])
def test_blocks_of_long_histories_are_the_same_too(member, monkeypatch):
    monkeypatch.setattr(pairs, "BLOCK_PAIRS", 0)
    assert_as_exact_as_pytorch(FAMILY[member], toy_batch(*BATCHES["repeats and several candidates"]))


def test_nothing_is_compiled_unasked_and_double_precision_is_left_to_pytorch():
    assert native.kernels_for(torch.zeros(1)) is None
    with native.used(True):
        assert native.kernels_for(torch.zeros(1)) is not None
        assert native.kernels_for(torch.zeros(1), torch.zeros(1).double()) is None
    assert native.kernels_for(torch.zeros(1)) is None


def test_dropout_drops_the_same_with_the_kernels_and_without():
    batch = toy_batch([[1, 2, 3], [4], [5, 1]] * 12, [[5, 1], [2, 3, 4], [1]] * 12)
    assert_as_exact_as_pytorch({"tower_dropout": 0.4}, batch)
    assert_as_exact_as_pytorch({"tower_dropout": 0.4}, batch, whole=True)
    kept, dropped = (one_step({"tower_dropout": p}, batch, True)["logit"] for p in (0.0, 0.4))
    assert not torch.allclose(kept, dropped)


PLAIN = ("din", "paper input")
"""Those of the family that are trained as a whole."""


@pytest.mark.parametrize("member", FAMILY)
def test_the_paper_s_din_is_trained_as_a_whole_and_no_relative(member):
    network = toy_network(**FAMILY[member])
    assert network.whole() is None  # nothing is compiled unasked, and it is in double precision
    with native.used(True):
        assert network.whole() is None
        assert (network.float().whole() is not None) == (member in PLAIN)


@pytest.mark.parametrize("case", BATCHES)
@pytest.mark.parametrize("member", PLAIN)
def test_a_whole_din_learns_what_the_plain_network_learns(member, case):
    batch = toy_batch(*BATCHES[case])
    if batch.pair_total:
        assert_as_exact_as_pytorch(FAMILY[member], batch, whole=True)
        return
    network = toy_network(**FAMILY[member]).float().train()
    with native.used(True):
        assert network.learn(network.whole(), single(batch), lambda x: (x.sum(), torch.ones_like(x))) is None
    assert all(p.grad is None for p in network.parameters())


def test_a_whole_din_leaves_long_histories_to_its_parts(monkeypatch):
    monkeypatch.setattr(pairs, "BLOCK_PAIRS", 0)
    network = toy_network().float().train()
    batch = single(toy_batch(*BATCHES["repeats and several candidates"]))
    with native.used(True):
        assert network.learn(network.whole(), batch, lambda x: (x.sum(), torch.ones_like(x))) is None


@pytest.mark.parametrize("hidden", ["unit_hidden", "tower_hidden"])
def test_layers_too_wide_for_a_thread_s_stack_are_left_to_pytorch(hidden, monkeypatch):
    monkeypatch.setattr(hidden_layers, "WIDEST", 40)
    config = dataclasses.replace(toy_config(), **{hidden: (41, 3)})
    network, batch = InterestNetwork(config).train(), single(toy_batch(*BATCHES["an empty history"]))
    with native.used(True):
        assert network.whole() is None
        names = {type(node).__name__ for node in nodes_of(network(batch).logit.grad_fn)}
    assert ("UnitWeightsBackward" in names) == (hidden == "tower_hidden")
    assert ("TowerLogitsBackward" in names) == (hidden == "unit_hidden")


def nodes_of(node):
    """All that a gradient goes through."""
    yield node
    for further, _ in node.next_functions:
        if further is not None:
            yield from nodes_of(further)


def on_each_number_of_threads(compute):
    """What `compute` gives on one, two and three threads; it must be the same, bit by bit."""
    found, threads = [], torch.get_num_threads()
    try:
        for n in (1, 2, 3):
            torch.set_num_threads(n)
            found.append(compute())
    finally:
        torch.set_num_threads(threads)
    for other in found[1:]:
        assert all(torch.equal(x, y) for x, y in zip(found[0], other, strict=True))


def test_the_outcome_does_not_depend_on_the_number_of_threads(kernels):
    s, weight = torch.randn(5_000, 7) * 3 + 2, torch.randint(0, 4, (5_000,)).float()
    grad, alpha = torch.randn(5_000, 7), torch.rand(7)

    def compute():
        mean, variance, total = kernels.moments(s, weight)
        backward = kernels.dice_backward(s, grad, alpha, mean, variance.rsqrt(), weight, total)
        return mean, variance, total, *backward

    on_each_number_of_threads(compute)


@pytest.mark.parametrize("member", ["din", "paper input", "softmax", "counts"])
def test_nor_does_that_of_a_training_step(member):
    draw = np.random.default_rng(3)
    groups = [(int(draw.integers(0, 60)), int(draw.integers(0, 9))) for _ in range(40)]
    batch = toy_batch(*([draw.integers(1, 6, pair[side]).tolist() for pair in groups] for side in (0, 1)))
    on_each_number_of_threads(lambda: one_step(FAMILY[member], batch, True).values())
    if member in PLAIN:
        on_each_number_of_threads(lambda: one_whole_step(FAMILY[member], batch).values())


@pytest.mark.parametrize("rows", [1, 31, 32, 33, 511, 512, 513, 4_001])
def test_moments_hold_far_from_zero_and_rows_of_weight_0_say_nothing(kernels, rows):
    rng = np.random.default_rng(rows)
    s = (rng.normal(0, 1, (rows, 3)) + np.array([0, 1e3, -1e4])).astype(np.float32)
    weight = rng.integers(0, 3, rows).astype(np.float32)
    weight[0] = 1
    mean, variance, total = kernels.moments(torch.from_numpy(s), torch.from_numpy(weight))
    exact = s.astype(np.float64)
    expected = np.average(exact, axis=0, weights=weight)
    np.testing.assert_allclose(mean, expected, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(variance, np.average((exact - expected) ** 2, axis=0, weights=weight), rtol=2e-3)
    assert total == weight.sum()


def test_asinh_is_right_from_denormal_numbers_to_huge_ones(kernels):
    x = np.concatenate([[0.0], np.logspace(-38, 37, 4_000)]).astype(np.float32)
    x = np.concatenate([x, -x])
    expected = np.arcsinh(4.0 * x.astype(np.float64))
    none, one = torch.zeros(len(x), 0), torch.from_numpy(x)[:, None]
    bent = kernels.features(none, none, none, one, torch.zeros(0, dtype=torch.int64), 4.0)
    np.testing.assert_allclose(bent[:, 0], expected, rtol=3e-7, atol=1e-37)


@pytest.mark.parametrize("n", [1, 15, 16, 1_000])
def test_log_loss_and_its_gradient_are_those_of_the_equation(kernels, n):
    draw = np.random.default_rng(n)
    logit = np.concatenate([draw.normal(0, 3, n), [-90.0, 90.0, 0.0]]).astype(np.float32)
    label = draw.integers(0, 2, n + 3).astype(np.float32)
    exact = logit.astype(np.float64)
    loss, d_logit = kernels.log_loss(torch.from_numpy(logit), torch.from_numpy(label))
    expected = np.mean(np.logaddexp(0, exact) - label * exact)
    np.testing.assert_allclose(float(loss), expected, rtol=1e-6)
    np.testing.assert_allclose(d_logit, (1 / (1 + np.exp(-exact)) - label) / (n + 3), rtol=1e-5, atol=1e-9)


def test_slices_and_rows_are_those_of_an_index(kernels):
    draw = np.random.default_rng(0)
    lengths = draw.integers(0, 5, 40)
    ends = lengths.cumsum()
    chosen = draw.integers(0, 40, 25)
    index = np.concatenate([np.arange(ends[g] - lengths[g], ends[g]) for g in chosen])
    new = np.concatenate([[0], lengths[chosen].cumsum()])
    for values in (torch.rand(ends[-1]), torch.randint(0, 9, (ends[-1], 3)), torch.zeros(ends[-1], 0)):
        assert torch.equal(kernels.slices(values, (ends - lengths)[chosen], new), values[index])
    table, rows = torch.randint(0, 99, (7, 2)), torch.randint(0, 7, (30,))
    assert torch.equal(kernels.rows_of(table, rows), table[rows])
    assert kernels.slices(torch.rand(3), np.empty(0, np.int64), np.zeros(1, np.int64)).shape == (0,)


def test_a_softmax_over_weights_far_apart_neither_overflows_nor_loses_the_rest(kernels):
    batch = single(toy_batch([[1, 2, 3]], [[4, 5]], [[1, 2, 1]]))
    weight = torch.tensor([900.0, -3.0, -900.0, -2.0, 899.0, -1e4])  # (behavior, candidate)
    share = kernels.pair_softmax(weight, batch).view(3, 2).double().numpy()
    raw = weight.view(3, 2).double().numpy()
    top = np.exp(raw - raw.max(0))
    np.testing.assert_allclose(share, top / (top * [[1], [2], [1]]).sum(0), atol=1e-6)


def test_no_compiler_is_no_error_but_is_said_where_it_was_asked_for(monkeypatch):
    for name in ("CC", "PATH"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setattr(_Process, "tried", False)
    monkeypatch.setattr(_Process, "compiled", None)
    assert native.use() is False
    assert native.kernels_for(torch.zeros(1)) is None


def test_a_compiler_that_fails_is_no_error(monkeypatch):
    monkeypatch.setenv("CC", "false")
    monkeypatch.setattr(_Process, "tried", False)
    monkeypatch.setattr(_Process, "compiled", None)
    assert native.use() is False
