"""Kernels where numbers end: as plain PyTorch has them, without overflow and without cancellation."""

from dataclasses import replace

import pytest
import torch

from din_core.kernels.evaluation_operators import asinh_
from din_core.kernels.evolution import AcceleratedEvolutionLayer
from din_core.kernels.library import load
from din_core.kernels.pairs import AcceleratedPairSoftmax
from din_core.kernels.tower import AcceleratedTower, AcceleratedTowerInput
from din_core.kernels.unit import AcceleratedActivationUnit
from din_core.model.pairs import PairSoftmax
from din_core.model.tower import ASINH_SCALE, TowerInput
from tests.model.conftest import toy_batch, toy_config, toy_network

pytestmark = pytest.mark.skipif(load() is None, reason="no compiled library here")

INF, NAN = float("inf"), float("nan")
LARGEST = torch.finfo(torch.float32).max
ENDS = torch.tensor([0.0, 1e-45, 1e-38, 1e-20, 1e18, 1e30, 8.4e37, 1e38, LARGEST, INF, NAN])


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


def toy(dtype):
    """Histories of 3, 1, 0 and 2 behaviors, with repeats."""
    batch = toy_batch([[1, 2, 3], [4], [], [5, 1]], [[5, 1], [2, 3, 4], [2], [1]], [[1, 2, 1], [3], [], [2, 5]])
    return replace(batch, count=batch.count.to(dtype), age=batch.age.to(dtype))


def asinh_of_scoring(x):
    """asinh(ASINH_SCALE · x) in place."""
    found = x.clone()
    asinh_(found, ASINH_SCALE)
    return found


def read_intensity(tower_input, x):
    """asinh(ASINH_SCALE · x), x (M,) being the intensities."""
    zeros = x.new_zeros(len(x), 4)
    return tower_input(zeros[:, :0], zeros, zeros, x[:, None])[:, -1]


def asinh_of_training(x):
    """As the tower's input has it."""
    return read_intensity(AcceleratedTowerInput(TowerInput(toy_config())), x)


@pytest.mark.parametrize("asinh", [asinh_of_scoring, asinh_of_training])
def test_asinh_is_torch_s_from_the_smallest_number_to_infinity_and_nan(asinh):
    x = torch.cat([ENDS, -ENDS])
    expected = torch.asinh(ASINH_SCALE * x)
    torch.testing.assert_close(asinh(x), expected, rtol=1e-6, atol=0, equal_nan=True)
    usual = torch.logspace(-44, 37, 300)
    usual = torch.cat([usual, -usual])
    exact = torch.asinh(ASINH_SCALE * usual.double())
    torch.testing.assert_close(asinh(usual).double(), exact, rtol=1e-6, atol=1e-44)


def test_asinh_has_torch_s_gradient_from_the_smallest_number_to_infinity_and_nan():
    slopes = {}
    for dtype, asinh in (
        (torch.float32, asinh_of_training),
        (torch.float64, lambda x: read_intensity(TowerInput(toy_config()), x)),
    ):
        x = torch.cat([ENDS, -ENDS, torch.logspace(-44, 18, 300)]).to(dtype).requires_grad_()
        asinh(x).sum().backward()
        slopes[dtype] = x.grad
    found, exact = slopes.values()
    torch.testing.assert_close(found.double(), exact, rtol=1e-5, atol=1e-18, equal_nan=True)


@pytest.mark.parametrize("rows", [2, 700], ids=["one block", "several blocks"])
def test_moments_of_tower_inputs_far_from_0_do_not_cancel(rows):
    tower = toy_network().float().train().tower
    width = tower.first.in_features
    x = torch.randn(rows, width) * 0.5 + torch.linspace(-20_000, 20_000, width)
    AcceleratedTower(tower).train()(x)
    exact = x.double()
    torch.testing.assert_close(tower.moments.mean.double(), exact.mean(0), rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(tower.moments.variance.double(), exact.var(0, unbiased=False), rtol=1e-3, atol=0)


@pytest.mark.parametrize("off", [-3000.0, 3000.0])
def test_moments_of_an_activation_unit_s_channels_far_from_0_do_not_cancel(off):
    items, counts = [1 + i % 5 for i in range(90)], [1 + i % 7 for i in range(90)]
    batch = toy_batch([items, [4]], [[1, 2, 3, 4, 5], [2]], [counts, [2]])
    found = {}
    for dtype in (torch.float32, torch.float64):
        network = toy_network().to(dtype).train()
        unit, own = network.pooling.unit, replace(batch, count=batch.count.to(dtype))
        with torch.no_grad():
            unit.first.bias.add_(off)
        compute = AcceleratedActivationUnit(unit).train() if dtype == torch.float32 else unit
        compute(network.item(own.candidate), network.item(own.behavior), own)
        found[dtype] = unit.first_activation.moments
    single, exact = found.values()
    assert exact.variance.min() > 1e-3
    torch.testing.assert_close(single.mean.double(), exact.mean, rtol=1e-6, atol=0)
    torch.testing.assert_close(single.variance.double(), exact.variance, rtol=2e-3, atol=0)


@pytest.mark.parametrize("largest", [100.0, 1e4, 1e30, LARGEST])
def test_softmax_of_huge_weights_does_not_overflow(largest):
    weight = torch.linspace(-1, 1, toy(torch.float32).pair_total) * largest
    weight = weight[torch.randperm(len(weight))]
    weight[:2] = largest  # of two candidates of one history
    found = {}
    for dtype, softmax in ((torch.float32, AcceleratedPairSoftmax()), (torch.float64, PairSoftmax())):
        own = weight.to(dtype, copy=True).requires_grad_()
        share = softmax(own, toy(dtype))
        (share * torch.arange(len(share))).sum().backward()
        found[dtype] = share.detach(), own.grad
    for single, exact in zip(*found.values(), strict=True):
        torch.testing.assert_close(single.double(), exact, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("value", [NAN, INF, -INF])
def test_softmax_of_a_weight_that_is_no_finite_number_is_torch_s(value):
    batch = toy(torch.float32)
    weight = torch.randn(batch.pair_total)
    weight[1] = value
    found, expected = (softmax(weight, batch) for softmax in (AcceleratedPairSoftmax(), PairSoftmax()))
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-30, equal_nan=True)


@pytest.mark.parametrize("kind", ["aigru", "agru", "augru"])
@pytest.mark.parametrize("of", ["interest", "attention"])
def test_evolution_from_nan_is_nan_where_torch_s_is(kind, of):
    layer, batch = toy_network("dien", evolution=kind).float().pooling.evolution, toy(torch.float32)
    read = {"interest": torch.randn(len(batch.behavior), 4), "attention": torch.rand(batch.pair_total)}
    read[of].view(-1)[0] = NAN
    with torch.no_grad():
        expected = layer(*read.values(), batch)
        found = AcceleratedEvolutionLayer(layer)(*read.values(), batch)
    assert expected.isnan().any()
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6, equal_nan=True)
