"""DeepCTR-Torch's own DIEN, trained with it, against its import."""

from __future__ import annotations

import pytest
import torch

from tests.libraries.deepctr_columns import PLACES, columns_of, described, inputs_of
from tests.libraries.real_impressions import COMPARED, ITEM_FEATURES, assert_exact, train, write_and_import

MODELS = {
    "AUGRU": ("AUGRU", {}),
    "AGRU, Dice unit": ("AGRU", {"att_activation": "dice"}),
    "AIGRU, sigmoid unit, BatchNorm": (
        "AIGRU",
        {"att_activation": "sigmoid", "use_bn": True, "dnn_hidden_units": (16, 8)},
    ),
}
"""`gru_type`, and more settings of DeepCTR-Torch."""


@pytest.mark.parametrize("name", MODELS)
def test_scores_and_attention_of_real_impressions_are_those_of_deepctr_torch(impressions, tmp_path, name):
    from deepctr_torch.models import DIEN

    kind, settings = MODELS[name]
    columns = columns_of(impressions)
    network = DIEN(columns, list(ITEM_FEATURES), gru_type=kind, init_std=0.3, **settings)

    def chance_of(batch):
        network.aux_loss = torch.zeros(())  # it sums up all calls' otherwise, and none is used here
        return network(inputs_of(network, batch))[:, 0]

    train(network, chance_of, impressions)
    words = ["--softmax", "--evolution", kind.lower()]
    if settings.get("att_activation") == "sigmoid":
        words += ["--unit-activation", "sigmoid"]
    scorer = write_and_import(
        tmp_path, "deepctr-torch", network.state_dict(), described(columns), impressions, *PLACES, *words
    )

    asked, weights = impressions.part(torch.randperm(len(impressions.label))[:COMPARED]), []
    network.interest_evolution.attention.register_forward_hook(lambda *given: weights.append(given[-1][:, 0]))
    with torch.no_grad():
        chance = chance_of(asked)
    assert chance.std() > 1e-3
    weight = torch.zeros(len(asked.label), weights[0].shape[1])
    weight[asked.length > 0] = weights[0]  # those without behaviors do not come so far
    assert_exact(scorer, asked, chance, [weight])
