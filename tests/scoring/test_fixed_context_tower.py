"""The tower of one context is the network's own, for one user and context."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from din_core.scoring.fixed_context_tower import FixedContextTower
from tests.model.conftest import FAMILY, toy_batch, toy_network


@pytest.mark.parametrize("items", [[3], [3, 1, 0, 5, 2, 3, 4]], ids=["one candidate", "as many as histories"])
@pytest.mark.parametrize("name", FAMILY)
def test_logits_are_those_of_the_networks_head(name, items):
    network, batch = toy_network(**FAMILY[name]), toy_batch([[1, 2, 4]], [items])
    if network.config.library is None:
        network.tower.moments.variance[network.input_spans()["intensity"]] = 1e-13  # it never varied in training
    torch.manual_seed(1)
    widths = sum(network.config.interest_fields), network.config.intensities
    v, intensity = (torch.randn(7, width, dtype=torch.float64) for width in widths)
    repeats = torch.randint(5, (7, 3)).double() if network.counts else None
    with torch.no_grad():
        others, scene = network.others(batch)[:1], (batch.candidate, network.item(batch.candidate))
        want = network.head(*(part.expand(7, -1) for part in (others, *scene)), v, intensity, repeats)
        found = FixedContextTower(network, others)(*scene, v, intensity, repeats)
    np.testing.assert_allclose(found, want, atol=1e-10)


@pytest.mark.parametrize("accelerated", [True, False])
@pytest.mark.parametrize("name", ["din", "unit per field", "counts", "augru, history sum"])
def test_in_single_precision_it_is_near_with_the_operators_and_without(name, accelerated):
    network, batch = toy_network(**FAMILY[name]), toy_batch([[1, 2, 4]], [[3]])
    torch.manual_seed(1)
    width = sum(network.config.interest_fields)
    v, intensity = 3 * torch.randn(50, width).double(), torch.randn(50, 2 if "per field" in name else 1).double()
    repeats = torch.randint(5, (50, 3)).double() if network.counts else None
    with torch.no_grad():
        others, q = network.others(batch)[:1], network.item(batch.candidate)
        want = FixedContextTower(network, others)(batch.candidate, q, v, intensity, repeats)
        counts = None if repeats is None else repeats.float()
        tower = FixedContextTower(network.float(), others.float(), accelerated)
        found = tower(batch.candidate, q.float(), v.float(), intensity.float(), counts)
    assert np.ptp(want.numpy()) > 0
    np.testing.assert_allclose(found, want, atol=1e-5)
