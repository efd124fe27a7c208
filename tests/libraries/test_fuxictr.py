"""FuxiCTR's own DIN, trained by it, against its import."""

from __future__ import annotations

import pytest
import torch

from tests.libraries.fuxictr_network import answers, described, inputs_of, network_of
from tests.libraries.real_impressions import COMPARED, assert_exact, write_and_import

MODELS = {
    "as it comes": ({}, ()),
    "two Dice layers, BatchNorm and dropout": (
        {"attention_hidden_units": [16, 8], "batch_norm": True, "net_dropout": 0.1, "dnn_hidden_units": [16, 8]},
        (),
    ),
    "softmax": ({"din_use_softmax": True}, ("--softmax",)),
    "ReLU unit through a sigmoid, Dice tower": (
        {
            "attention_hidden_activations": "ReLU",
            "attention_output_activation": "sigmoid",
            "dnn_activations": "dice",
            "dnn_hidden_units": [16, 8, 4],
        },
        ("--unit-output", "sigmoid"),
    ),
    "PReLU": ({"attention_hidden_activations": "prelu", "dnn_activations": "prelu"}, ()),
}
"""Settings of FuxiCTR, and what `import-checkpoint` must be told of them."""


@pytest.mark.parametrize("name", MODELS)
def test_scores_and_weights_of_real_impressions_are_those_of_fuxictr(impressions, tmp_path, name):
    settings, words = MODELS[name]
    torch.manual_seed(0)
    network = network_of(impressions, tmp_path, **settings)
    network._max_gradient_norm, network._batch_index = 10.0, 0
    network.train()
    order = torch.randperm(len(impressions.label))
    for rows in [*torch.split(order, 300)] * 2:
        network.train_step(inputs_of(impressions.part(rows)))
    network.eval()
    network.save_weights(str(tmp_path / "DIN.model"))
    state = torch.load(tmp_path / "DIN.model", weights_only=True)
    scorer = write_and_import(tmp_path, "fuxictr", state, described(tmp_path), impressions, *words)

    asked = impressions.part(order[:COMPARED])
    chance, weights = answers(network, asked, softmax="--softmax" in words)
    assert chance.std() > 1e-3
    assert_exact(scorer, asked, chance, weights)
