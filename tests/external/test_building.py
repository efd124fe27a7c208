"""From a config to its network."""

from __future__ import annotations

import torch

from din_core.model.external.building import build_network, unset_network
from tests.model.conftest import FAMILY, toy_network


def test_a_network_that_is_about_to_be_loaded_draws_no_random_numbers() -> None:
    config = toy_network(**FAMILY["din"]).config
    torch.manual_seed(3)
    wanted = torch.rand(1)
    torch.manual_seed(3)
    made = unset_network(config)
    assert torch.equal(torch.rand(1), wanted)
    new = build_network(config)  # those after it draw as ever
    assert {name: own.shape for name, own in made.state_dict().items()} == {
        name: own.shape for name, own in new.state_dict().items()
    }
    assert all(own.weight.std() > 0 for own in new.item.tables)
