"""The network as scoring runs it against the network as it is written."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from din_core.model.attention import ActivationUnit
from din_core.scoring import blocks, kernels
from din_core.scoring.blocks import UnitInBlocks, in_blocks
from tests.model.conftest import FAMILY, toy_batch, toy_network

WITH_UNITS = [
    name for name in FAMILY if any(isinstance(m, ActivationUnit) for m in toy_network(**FAMILY[name]).modules())
]


def batch_of(dtype: torch.dtype):
    """Histories of 4, 0 and 3 behaviors; 2, 1 and 0 candidates, then 3 for a history of 1."""
    batch = toy_batch(
        [[1, 2, 3, 4], [], [2, 5, 1], [3]], [[1, 5], [2], [], [3, 1, 4]], [[1, 2, 1, 3], [], [1] * 3, [2]]
    )
    return replace(batch, count=batch.count.to(dtype), age=batch.age.to(dtype))


@pytest.mark.parametrize("kernel", ["compiled", "plain"])
@pytest.mark.parametrize("pairs", [1, 3, 1000])
@pytest.mark.parametrize("name", WITH_UNITS)
def test_blocks_of_pairs_give_what_the_unit_gives(
    name: str, pairs: int, kernel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kernel == "compiled":
        kernels.prepare(wait=True)
    else:
        monkeypatch.setattr(kernels, "ready", lambda: None)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 4 * (5 + 4) * pairs)
    network, batch = toy_network(**FAMILY[name]).float(), batch_of(torch.float32)
    with torch.inference_mode():
        wanted, found = network(batch), in_blocks(network)(batch)
    for one, other in zip(wanted[:3], found[:3], strict=True):
        torch.testing.assert_close(other, one, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["din", "match flags", "unit per field"])
def test_double_precision_stays_double(name: str) -> None:
    network, batch = toy_network(**FAMILY[name]), batch_of(torch.float64)
    with torch.inference_mode():
        wanted, found = network(batch), in_blocks(network)(batch)
    torch.testing.assert_close(found.logit, wanted.logit, rtol=1e-12, atol=1e-12)


def test_the_weights_are_shared_and_the_network_stays_as_it_was() -> None:
    network = toy_network()
    other = in_blocks(network)
    assert isinstance(network.pooling.unit, ActivationUnit)
    assert isinstance(other.pooling.unit, UnitInBlocks)
    theirs = {tensor.data_ptr() for tensor in network.parameters()}
    assert {tensor.data_ptr() for tensor in other.parameters()} == theirs
