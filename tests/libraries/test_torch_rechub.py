"""torch-rechub's own DIN, trained with it, against its import: padding takes part, as there."""

from __future__ import annotations

import pytest
import torch

from tests.libraries.real_impressions import (
    COMPARED,
    ITEM_FEATURES,
    OTHER_FEATURES,
    assert_exact,
    train,
    write_and_import,
)

MODELS = {
    "as it comes": ({}, {}, None, ()),
    "padding has a row that is trained, softmax": ({"use_softmax": True}, {"dropout": 0.1}, None, ("--softmax",)),
    "padding is 0, ReLU units": ({"activation": "relu", "dims": [16, 8]}, {}, 0, ()),
}
"""Settings of units and tower, the index of padding, and what `import-checkpoint` must be told."""


@pytest.mark.parametrize("name", MODELS)
def test_scores_and_weights_of_real_impressions_are_those_of_torch_rechub(impressions, tmp_path, name):
    from torch_rechub.basic.features import SequenceFeature, SparseFeature
    from torch_rechub.basic.initializers import RandomNormal
    from torch_rechub.models.ranking import DIN

    unit, tower, padding, words = MODELS[name]
    rows, start = {own: len(ids) for own, ids in impressions.vocabulary.items()}, RandomNormal(0, 0.3)
    others = [SparseFeature(own, rows[own], 5, initializer=start) for own in OTHER_FEATURES]
    target = [SparseFeature(own, rows[own], 5, padding_idx=padding, initializer=start) for own in ITEM_FEATURES]
    history = [
        SequenceFeature(f"hist_{own}", rows[own], 5, pooling="concat", shared_with=own, padding_idx=padding)
        for own in ITEM_FEATURES
    ]
    torch.manual_seed(0)
    network = DIN(others, history, target, {"dims": [16, 8], **tower}, {"dims": [16], **unit})

    def read(batch):
        return {**batch.columns, **{f"hist_{own}": batch.past[own] for own in ITEM_FEATURES}}

    train(network, lambda batch: network(read(batch)), impressions)
    # As README tells to write the features.
    roles = {"features": others, "history": history, "target": target}
    kept = ("name", "shared_with", "pooling", "padding_idx")
    described = {
        role: [{"kind": type(own).__name__, **{k: v for k, v in vars(own).items() if k in kept}} for own in of]
        for role, of in roles.items()
    }
    places = [f"--field={own}={room}.{own}" for own, room in (("age", "user"), ("place", "context"))]
    scorer = write_and_import(tmp_path, "torch-rechub", network.state_dict(), described, impressions, *places, *words)

    asked, raw = impressions.part(torch.randperm(len(impressions.label))[:COMPARED]), []
    for own in network.attention_layers:
        own.attention.register_forward_hook(lambda *given: raw.append(given[-1]))
    with torch.no_grad():
        chance = network(read(asked))
    weights = [own.view(len(asked.label), -1) for own in raw]
    weights = [own.softmax(-1) for own in weights] if "--softmax" in words else weights
    assert chance.std() > 1e-3
    assert_exact(scorer, asked, chance, weights)
