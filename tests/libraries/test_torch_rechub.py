"""torch-rechub's own DIN, trained with it, against its import: padding takes part, as there."""

from __future__ import annotations

import pytest
import torch

from tests.libraries.real_impressions import COMPARED, assert_exact, train, write_and_import
from tests.libraries.rechub_network import ROOMS, answers, chance_of, described, features_of, network_of

MODELS = {
    "as it comes": ({}, {}, None, ()),
    "padding has a row that is trained, softmax": ({"use_softmax": True}, {"dropout": 0.1}, None, ("--softmax",)),
    "padding is 0, ReLU units": ({"activation": "relu", "dims": [16, 8]}, {}, 0, ()),
}
"""Settings of units and tower, the index of padding, and what `import-checkpoint` must be told."""


@pytest.mark.parametrize("name", MODELS)
def test_scores_and_weights_of_real_impressions_are_those_of_torch_rechub(impressions, tmp_path, name):
    unit, tower, padding, words = MODELS[name]
    features = features_of(impressions, padding)
    torch.manual_seed(0)
    network = network_of(features, tower, unit)
    train(network, lambda batch: chance_of(network, batch), impressions)
    places = [f"--field={own}={room}.{own}" for own, room in ROOMS.items()]
    state = network.state_dict()
    scorer = write_and_import(tmp_path, "torch-rechub", state, described(features), impressions, *places, *words)

    asked = impressions.part(torch.randperm(len(impressions.label))[:COMPARED])
    chance, weights = answers(network, asked, softmax="--softmax" in words)
    assert chance.std() > 1e-3
    assert_exact(scorer, asked, chance, weights)
