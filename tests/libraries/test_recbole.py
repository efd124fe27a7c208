"""RecBole's own DIN, trained with it, against its import."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from tests.libraries.real_impressions import COMPARED, LENGTH, assert_exact, train, write_and_import
from tests.libraries.recbole_network import answers, config_of, described, din_class, item_dataset

MODELS = {
    "as it comes": {},
    "three layers, dropout, narrow embeddings": {
        "mlp_hidden_size": [16, 8, 4],
        "dropout_prob": 0.1,
        "embedding_size": 3,
    },
}
"""Settings of RecBole."""


@pytest.mark.parametrize("name", MODELS)
def test_scores_and_weights_of_real_impressions_are_those_of_recbole(impressions, tmp_path, name):
    network_class, dataset, config = din_class(), item_dataset(impressions.store), config_of(LENGTH, **MODELS[name])
    ids = dataset.field2token_id["item_id"]
    shown = torch.tensor([ids[item] for _, item, _ in impressions.asked])
    past = torch.zeros(len(shown), LENGTH, dtype=torch.int64)
    for row, (history, _, _) in enumerate(impressions.asked):
        seen = [ids[own.item.item_id] for own in history.behaviors[-LENGTH:]]
        past[row, : len(seen)] = torch.tensor(seen, dtype=torch.int64)
    features, vocabulary = described(dataset, config)
    read = replace(impressions, columns={"item_id": shown}, past={"item_id": past}, vocabulary=vocabulary)
    torch.manual_seed(0)
    network = network_class(config, dataset)

    def inputs(batch):
        users = torch.ones(len(batch.label), dtype=torch.int64)  # whom no layer reads
        return users, batch.past["item_id"], batch.length, batch.columns["item_id"]

    train(network, lambda batch: network(*inputs(batch)).sigmoid(), read)
    scorer = write_and_import(tmp_path, "recbole", network.state_dict(), features, read)

    asked = read.part(torch.randperm(len(shown))[:COMPARED])
    chance, weight = answers(network, *inputs(asked))
    assert chance.std() > 1e-3 and weight.abs().max() > 1e-2
    assert {field.name: field.several for field in scorer.config.item_fields} == {
        "item_id": False,
        "category": False,
        "tags": True,
    }
    assert_exact(scorer, asked, chance, [weight])
