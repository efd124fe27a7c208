"""FuxiCTR's own DIN, trained by it, against its import."""

from __future__ import annotations

import json
from collections import OrderedDict

import pytest
import torch

from tests.libraries.real_impressions import (
    COMPARED,
    ITEM_FEATURES,
    LENGTH,
    OTHER_FEATURES,
    assert_exact,
    write_and_import,
)

SOURCES = {"user_id": "user", "age": "user", "place": "context", "item_id": "item", "category": "item"}
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


def inputs_of(batch):
    """As its data loader gives them: other features, item features of history and candidate, mask."""
    items = {name: torch.cat([batch.past[name], batch.columns[name][:, None]], 1).flatten() for name in ITEM_FEATURES}
    mask = (torch.arange(LENGTH) < batch.length[:, None]).float()
    others = {name: batch.columns[name] for name in OTHER_FEATURES}
    return {**others, "label": batch.label}, items, mask


@pytest.mark.parametrize("name", MODELS)
def test_scores_and_weights_of_real_impressions_are_those_of_fuxictr(impressions, tmp_path, name):
    from fuxictr.features import FeatureMap
    from model_zoo.LongCTR.DIN import DIN

    settings, words = MODELS[name]
    specs = {
        feature: {
            "source": source,
            "type": "categorical",
            "padding_idx": 0,
            "vocab_size": len(impressions.vocabulary[feature]),
        }
        for feature, source in SOURCES.items()
    }
    feature_map = FeatureMap("planted", str(tmp_path))
    feature_map.features, feature_map.labels, feature_map.default_emb_dim = OrderedDict(specs), ["label"], 6
    feature_map.save(str(tmp_path / "feature_map.json"))
    torch.manual_seed(0)
    network = DIN(
        feature_map, gpu=-1, verbose=0, model_root=str(tmp_path), metrics=["AUC"], optimizer="adam",
        loss="binary_crossentropy", learning_rate=5e-3, embedding_dim=6,
        **{"dnn_hidden_units": [16, 8], "attention_hidden_units": [16], **settings},
    )  # fmt: skip
    network._max_gradient_norm, network._batch_index = 10.0, 0
    network.train()
    order = torch.randperm(len(impressions.label))
    for rows in [*torch.split(order, 300)] * 2:
        network.train_step(inputs_of(impressions.part(rows)))
    network.eval()
    network.save_weights(str(tmp_path / "DIN.model"))
    features = json.loads((tmp_path / "feature_map.json").read_text("utf-8"))
    state = torch.load(tmp_path / "DIN.model", weights_only=True)
    scorer = write_and_import(tmp_path, "fuxictr", state, features, impressions, *words)

    asked, raw = impressions.part(order[:COMPARED]), []
    network.attention_layers.attention_layer.register_forward_hook(lambda *given: raw.append(given[-1]))
    with torch.no_grad():
        chance = network.forward(inputs_of(asked))["y_pred"][:, 0]
    mask = inputs_of(asked)[2]
    weight = raw[0].view(-1, LENGTH) * mask
    if "--softmax" in words:
        weight = (weight - 1e9 * (1 - mask)).softmax(-1)
    assert chance.std() > 1e-3
    assert_exact(scorer, asked, chance, [weight])
