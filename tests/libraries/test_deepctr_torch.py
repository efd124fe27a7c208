"""DeepCTR-Torch's own DIN, trained with it, against its import."""

from __future__ import annotations

import pytest
import torch

from tests.libraries.deepctr_columns import PLACES, answers, chance_of, columns_of, described
from tests.libraries.real_impressions import COMPARED, ITEM_FEATURES, assert_exact, train, write_and_import

MODELS = {
    "as it comes": ({}, ()),
    "sigmoid unit, BatchNorm": (
        {"att_activation": "sigmoid", "dnn_use_bn": True, "dnn_hidden_units": (16, 8)},
        (),
    ),
    "softmax": ({"att_weight_normalization": True}, ("--softmax",)),
    "PReLU": ({"att_activation": "prelu", "dnn_activation": "prelu"}, ()),
}
"""Settings of DeepCTR-Torch, and what `import-checkpoint` must be told of them."""


@pytest.mark.parametrize("name", MODELS)
def test_scores_and_weights_of_real_impressions_are_those_of_deepctr_torch(impressions, tmp_path, name):
    from deepctr_torch.models import DIN

    settings, words = MODELS[name]
    columns = columns_of(impressions)
    network = DIN(columns, list(ITEM_FEATURES), init_std=0.3, **settings)
    train(network, lambda batch: chance_of(network, batch), impressions)
    scorer = write_and_import(
        tmp_path, "deepctr-torch", network.state_dict(), described(columns), impressions, *PLACES, *words
    )

    asked = impressions.part(torch.randperm(len(impressions.label))[:COMPARED])
    chance, weights = answers(network, asked)
    assert chance.std() > 1e-3
    assert {*impressions.others} < {own.name for own in columns}
    assert_exact(scorer, asked, chance, weights)
