"""Networks accelerated for evaluation against the plain ones, and that they are accelerated at all."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from din_core.kernels import evaluation, history_unit
from din_core.kernels.evaluation import PairUnit, accelerate_evaluation
from din_core.kernels.evaluation_operators import asinh_, dice_, history_weights, pair_weights
from din_core.kernels.history_unit import AcceleratedHistoryUnit, HistoryUnit
from din_core.kernels.library import load, status
from din_core.model.attention import ActivationUnit
from din_core.model.dice import Dice
from din_core.scoring.fixed_context_tower import FixedContextTower
from din_core.scoring.whole_catalogue.row_catalogue import RowCatalogue
from tests.model.conftest import FAMILY, toy_batch, toy_network
from tests.scoring.one_history import LONG, all_rows, one_history

ACCELERATED = [
    name
    for name in FAMILY
    if any(
        isinstance(m, ActivationUnit) and isinstance(m.first_activation, Dice)
        for m in toy_network(**FAMILY[name]).modules()
    )
]


@pytest.fixture(autouse=True)
def library():
    """Where a compiler is there must be a library: else all of these would compare the plain network with itself."""
    assert load() is not None or not shutil.which(os.environ.get("CC") or "cc"), status()


def batch_of(dtype: torch.dtype, candidates: int = 1):
    """Histories of 4, 0 and 3 behaviors; 2, 1 and 0 candidates, then 3 times as many for a history of 1."""
    shown = [[1, 5], [2], [], [3, 1, 4] * candidates]
    batch = toy_batch([[1, 2, 3, 4], [], [2, 5, 1], [3]], shown, [[1, 2, 1, 3], [], [1] * 3, [2]])
    return replace(batch, count=batch.count.to(dtype), age=batch.age.to(dtype))


@pytest.mark.parametrize("candidates", [1, 40, 200], ids=["a block", "several blocks", "threads"])
@pytest.mark.parametrize("name", ACCELERATED)
def test_a_network_gives_what_the_plain_one_gives_in_single_and_in_double_precision(name, candidates):
    plain = toy_network(**FAMILY[name])
    single = toy_network(**FAMILY[name]).float()
    fast = accelerate_evaluation(single)
    assert any(isinstance(module, PairUnit) for module in fast.modules())
    with torch.inference_mode():
        precise = plain(batch_of(torch.float64, candidates))
        wanted = single(batch_of(torch.float32, candidates))
        found = fast(batch_of(torch.float32, candidates))
    for one, other, exact in zip(found[:3], wanted[:3], precise[:3], strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-6)
        torch.testing.assert_close(one.double(), exact, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("items", [[3], LONG], ids=["one behavior", "many"])
@pytest.mark.parametrize("name", [name for name in ACCELERATED if "per field" not in name])
def test_a_history_unit_gives_what_the_plain_one_gives_in_single_and_in_double_precision(name, items):
    found = {}
    for dtype, kind in (
        (torch.float32, AcceleratedHistoryUnit),
        (torch.float32, HistoryUnit),
        (torch.float64, HistoryUnit),
    ):
        network, batch = toy_network(**FAMILY[name]).to(dtype), one_history(items, dtype)
        with torch.inference_mode():
            own = network.pooling.units[-1] if "monotone" in name else network.pooling.unit
            unit = kind(own, network.item(batch.behavior), batch)
            found[dtype, kind] = unit(network.item(all_rows()), all_rows())
    fast, plain, precise = found.values()
    assert precise.std() > 0
    torch.testing.assert_close(fast, plain, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(fast.double(), precise, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("name", ["din", "match flags", "unit per field"])
def test_double_precision_stays_plain(name):
    network, batch = toy_network(**FAMILY[name]), batch_of(torch.float64)
    with torch.inference_mode():
        assert torch.equal(accelerate_evaluation(network)(batch).logit, network(batch).logit)


@pytest.mark.parametrize("name", ["prelu", "sigmoid"])
def test_units_without_dice_stay_plain(name):
    network = accelerate_evaluation(toy_network(**FAMILY[name]).float())
    assert not any(isinstance(module, PairUnit) for module in network.modules())


def test_layers_too_wide_for_a_thread_s_stack_stay_plain(monkeypatch):
    monkeypatch.setattr(evaluation, "WIDEST", 4)
    network = accelerate_evaluation(toy_network().float())
    assert not any(isinstance(module, PairUnit) for module in network.modules())


def test_without_a_library_the_network_stays_plain(monkeypatch):
    monkeypatch.setattr("din_core.kernels.operators.load", lambda: None)
    network = accelerate_evaluation(toy_network().float())
    assert not any(isinstance(module, PairUnit) for module in network.modules())


def test_parameters_are_shared_and_the_network_stays_as_it_was():
    network = toy_network().float()
    other = accelerate_evaluation(network)
    assert isinstance(network.pooling.unit, ActivationUnit)
    assert isinstance(other.pooling.unit, PairUnit)
    theirs = {tensor.data_ptr() for tensor in network.parameters()}
    assert {tensor.data_ptr() for tensor in other.parameters()} == theirs


def request(network):
    return accelerate_evaluation(network)(batch_of(torch.float32)).logit


def catalogue(network):
    return torch.from_numpy(RowCatalogue(network, all_rows()).scoring(one_history([1, 2, 4])).finish())


def tower(network):
    batch = one_history([1])
    q, others = network.item(batch.candidate), network.others(batch)
    return FixedContextTower(network, others)(batch.candidate, q, q, q[:, :1], None)


@pytest.mark.parametrize(
    ("compute", "module", "operator"),
    [
        (request, evaluation, "pair_weights"),
        (catalogue, history_unit, "history_weights"),
        (catalogue, evaluation, "dice_"),
        (tower, evaluation, "dice_"),
        (tower, evaluation, "asinh_"),
    ],
)
def test_a_broken_kernel_changes_what_is_computed_by_it(compute, module, operator, monkeypatch):
    network = toy_network().float()
    with torch.inference_mode():
        sound = compute(network)
        real = getattr(module, operator)
        monkeypatch.setattr(module, operator, lambda *args: twice(real, *args))
        assert not torch.allclose(compute(network), sound, atol=1e-3)


def twice(real, *args):
    """An operator whose numbers, returned or in place, are twice the right ones."""
    outcome = real(*args)
    return args[0].mul_(2) if outcome is None else 2 * outcome


class TestOperators:
    """torch.library.opcheck, on what the modules hand over."""

    @pytest.mark.parametrize("name", ["din", "match flags"])
    def test_pair_weights(self, name, monkeypatch):
        check(
            pair_weights, evaluation, "pair_weights", monkeypatch, lambda: request(toy_network(**FAMILY[name]).float())
        )

    @pytest.mark.parametrize("name", ["din", "match flags"])
    def test_history_weights(self, name, monkeypatch):
        network = toy_network(**FAMILY[name]).float()
        check(history_weights, history_unit, "history_weights", monkeypatch, lambda: catalogue(network))

    def test_dice(self):
        torch.library.opcheck(dice_, (torch.randn(5, 7), torch.randn(4, 7)))

    def test_asinh(self):
        torch.library.opcheck(asinh_, (torch.randn(5, 7), 4.0))


def check(operator, module, name, monkeypatch, compute):
    seen = []

    def watch(*args):
        seen.append(args)
        return operator(*args)

    monkeypatch.setattr(module, name, watch)
    with torch.inference_mode():
        compute()
    assert seen
    torch.library.opcheck(operator, tuple(map(copied, seen[0])))


def copied(value):
    """Not an inference tensor any more."""
    if isinstance(value, torch.Tensor):
        return (
            value.clone()
            if not value.is_inference()
            else torch.from_numpy(np.array(value.tolist())).to(value.dtype).view(value.shape)
        )
    return [copied(one) for one in value] if isinstance(value, list | tuple) else value


@pytest.mark.parametrize("scale", [1.0, 4.0])
def test_asinh_is_right_from_denormal_numbers_to_huge_ones(scale):
    x = torch.cat([torch.logspace(-44, 37, 500), torch.zeros(1)])
    x = torch.cat([x, -x])
    found = x.clone()
    asinh_(found, scale)
    expected = np.arcsinh(scale * x.double().numpy())
    np.testing.assert_allclose(found.double().numpy(), expected, rtol=1e-6, atol=1e-44)


def test_dice_is_right_far_from_its_mean():
    y = torch.linspace(-200, 200, 3 * 41).reshape(41, 3)
    numbers = torch.tensor([[0.0, 0.25, 1.5], [1.0, 0.75, -0.5], [5.0, 0.0, -1.0], [0.02, 1.0, 30.0]])
    alpha, rest, mean, rate = numbers.double()
    expected = y.double() * (alpha + rest * torch.sigmoid((y.double() - mean) * rate))
    dice_(y, numbers)
    torch.testing.assert_close(y.double(), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("spoiled", "message"),
    [
        (lambda y, numbers: dice_(y, numbers[:3]), "Dice's numbers do not fit"),
        (lambda y, numbers: dice_(y.T, numbers), "reads contiguous tensors"),
        (lambda y, numbers: dice_(y.double(), numbers), "reads torch.float32"),
    ],
)
def test_what_the_c_code_would_misread_is_refused(spoiled, message):
    with pytest.raises((TypeError, ValueError), match=message):
        spoiled(torch.zeros(4, 4), torch.zeros(4, 4))
