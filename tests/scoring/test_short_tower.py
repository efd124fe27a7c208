"""The short tower is the network's own, for one user and context."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from din_core.scoring import kernels
from din_core.scoring.short_tower import ShortTower, asinh_
from tests.model.conftest import FAMILY, toy_batch, toy_network


@pytest.mark.parametrize("items", [[3], [3, 1, 0, 5, 2, 3, 4]], ids=["one candidate", "as many as histories"])
@pytest.mark.parametrize("name", FAMILY)
def test_logits_are_those_of_the_networks_head(name, items):
    network, batch = toy_network(**FAMILY[name]), toy_batch([[1, 2, 4]], [items])
    network.tower.moments.variance[network.input_spans()["intensity"]] = 1e-13  # it never varied in training
    torch.manual_seed(1)
    widths = sum(network.config.interest_fields), 2 if "per field" in name else 1
    v, intensity = (torch.randn(7, width, dtype=torch.float64) for width in widths)
    repeats = torch.randint(5, (7, 3)).double() if network.counts else None
    with torch.no_grad():
        others, scene = network.others(batch)[:1], (batch.candidate, network.item(batch.candidate))
        want = network.head(*(part.expand(7, -1) for part in (others, *scene)), v, intensity, repeats)
        found = ShortTower(network, others)(*scene, v, intensity, repeats)
    np.testing.assert_allclose(found, want, atol=1e-10)


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("name", ["din", "unit per field", "counts", "augru, history sum"])
def test_in_single_precision_it_is_near_with_c_kernels_and_without(name, fused):
    kernels.prepare(wait=True)
    network, batch = toy_network(**FAMILY[name]), toy_batch([[1, 2, 4]], [[3]])
    torch.manual_seed(1)
    width = sum(network.config.interest_fields)
    v, intensity = 3 * torch.randn(50, width).double(), torch.randn(50, 2 if "per field" in name else 1).double()
    repeats = torch.randint(5, (50, 3)).double() if network.counts else None
    with torch.no_grad():
        others, q = network.others(batch)[:1], network.item(batch.candidate)
        want = ShortTower(network, others)(batch.candidate, q, v, intensity, repeats)
        counts = None if repeats is None else repeats.float()
        tower = ShortTower(network.float(), others.float(), fused)
        found = tower(batch.candidate, q.float(), v.float(), intensity.float(), counts)
    assert np.ptp(want.numpy()) > 0
    np.testing.assert_allclose(found, want, atol=1e-5)


@given(st.floats(-1e15, 1e15))
def test_asinh_is_asinh(x):
    assert asinh_(torch.tensor([x], dtype=torch.float64)).item() == pytest.approx(np.arcsinh(x), rel=1e-12, abs=1e-300)
