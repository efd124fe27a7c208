"""The naive formulation is the same network."""

import numpy as np
import pytest
import torch

from din_core.model.network import InterestNetwork
from tests.trainer.bench.rows import LONG
from trainer.bench.data.synthetic_samples import config_of, each_alone, made_samples
from trainer.bench.padded_reference import make_naive, unsplit


@pytest.mark.parametrize("train", [False, True])
def test_the_naive_formulation_is_the_same_network(train):
    samples = each_alone(made_samples(LONG, 40))
    batch, _ = samples.batch(np.arange(samples.groups))
    found = []
    for change in (lambda network: None, make_naive, unsplit):
        torch.manual_seed(0)
        network = InterestNetwork(config_of("din", LONG)).train(train)
        change(network)
        output = network(batch)
        output.logit.square().sum().backward()
        found.append((output.logit, output.weight, network.item.tables[0].weight.grad))
    for other in found[1:]:
        for mine, plain in zip(found[0], other, strict=True):
            torch.testing.assert_close(mine, plain, atol=1e-5, rtol=1e-4)
