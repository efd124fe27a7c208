"""DeepCTR-Torch's own DIN, trained with it, against its import."""

from __future__ import annotations

import pytest
import torch

from tests.libraries.real_impressions import (
    COMPARED,
    ITEM_FEATURES,
    LENGTH,
    OTHER_FEATURES,
    assert_exact,
    train,
    write_and_import,
)

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
    from deepctr_torch.inputs import SparseFeat, VarLenSparseFeat
    from deepctr_torch.models import DIN

    settings, words = MODELS[name]
    rows = {feature: len(ids) for feature, ids in impressions.vocabulary.items()}
    columns = [SparseFeat(own, rows[own], 5) for own in ("user_id", "item_id", "age", "category", "place")]
    columns += [
        VarLenSparseFeat(SparseFeat(f"hist_{own}", rows[own], 5, embedding_name=own), LENGTH, length_name="length")
        for own in ITEM_FEATURES
    ]
    network = DIN(columns, list(ITEM_FEATURES), init_std=0.3, **settings)

    def read(batch):
        past = {f"hist_{own}": batch.past[own] for own in ITEM_FEATURES}
        held = {**batch.columns, **past, "length": batch.length}
        return torch.cat([held[own].view(len(batch.label), -1) for own in network.feature_index], 1).float()

    train(network, lambda batch: network(read(batch))[:, 0], impressions)
    # As README tells to write the columns.
    described = [
        {**getattr(own, "sparsefeat", own)._asdict(), "kind": type(own).__name__,
         "maxlen": getattr(own, "maxlen", None), "combiner": getattr(own, "combiner", None)}
        for own in columns
    ]  # fmt: skip
    places = [f"--field={own}={room}.{own}" for own, room in (("age", "user"), ("place", "context"))]
    features = {"columns": described, "history": list(ITEM_FEATURES)}
    scorer = write_and_import(tmp_path, "deepctr-torch", network.state_dict(), features, impressions, *places, *words)

    asked, weights = impressions.part(torch.randperm(len(impressions.label))[:COMPARED]), []
    with torch.no_grad():
        chance = network(read(asked))[:, 0]
        network.attention.return_score = True
        network.attention.register_forward_hook(lambda *given: weights.append(given[-1][:, 0]))
        with pytest.raises(RuntimeError):
            network(read(asked))  # the tower does not take weights; they are noted by then
    assert chance.std() > 1e-3
    assert set(OTHER_FEATURES) < {own.name for own in columns}
    assert_exact(scorer, asked, chance, weights)
