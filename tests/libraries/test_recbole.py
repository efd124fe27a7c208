"""RecBole's own DIN and DIEN, trained with it, against their import."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from tests.libraries.real_impressions import COMPARED, assert_exact, train, write_and_import
from tests.libraries.recbole_network import (
    LENGTH,
    answers,
    config_of,
    described,
    networks,
    read_by_recbole,
    store_dataset,
)

NARROW = {"mlp_hidden_size": [16, 8, 4], "dropout_prob": 0.1, "embedding_size": 3}
MODELS = {"as it comes": {}, "three layers, dropout, narrow embeddings": NARROW}
EVOLUTIONS = {"AUGRU": {}, "AGRU": NARROW, "AIGRU": {}}
"""Settings of RecBole."""


def prepared(impressions, settings):
    """Those with behaviors, as RecBole has no others, with its ids; data set and settings."""
    dataset, config = store_dataset(impressions.store), config_of(LENGTH, **settings)
    some = impressions.part(torch.nonzero(impressions.length)[:, 0])
    read = read_by_recbole(some, dataset)
    columns, past = {"user_id": read.user, "item_id": read.item}, {"item_id": read.past}
    return replace(some, columns=columns, past=past, vocabulary=described(dataset, config)[1]), dataset, config


@pytest.mark.parametrize("name", MODELS)
def test_scores_and_weights_of_real_impressions_are_those_of_recbole(impressions, tmp_path, name):
    read, dataset, config = prepared(impressions, MODELS[name])
    torch.manual_seed(0)
    network = networks().DIN(config, dataset)

    def inputs(batch):
        return batch.columns["user_id"], batch.past["item_id"], batch.length, batch.columns["item_id"]

    train(network, lambda batch: network(*inputs(batch)).sigmoid(), read)
    scorer = write_and_import(tmp_path, "recbole", network.state_dict(), described(dataset, config)[0], read)

    asked = read.part(torch.randperm(len(read.label))[:COMPARED])
    chance, weight = answers(network, *inputs(asked))
    assert chance.std() > 1e-3 and weight.abs().max() > 1e-2
    several = {field.name: field.several for field in scorer.config.item_fields}
    assert several == {"item_id": False, "category": False, "tags": True}
    assert_exact(scorer, asked, chance, [weight])


@pytest.mark.parametrize("kind", EVOLUTIONS)
def test_scores_and_attention_of_real_impressions_are_those_of_its_dien(impressions, tmp_path, kind):
    read, dataset, config = prepared(impressions, {"gru_type": kind, "alpha": 1.0, **EVOLUTIONS[kind]})
    torch.manual_seed(0)
    network = networks().DIEN(config, dataset)

    def chance_of(batch):
        past = batch.past["item_id"]  # also as behaviors that did not happen, which the auxiliary loss alone reads
        logit, _ = network(batch.columns["user_id"], past, past, batch.length, batch.columns["item_id"])
        return logit.sigmoid()

    train(network, chance_of, read)
    words = ["--evolution", kind.lower()]
    features = described(dataset, config)[0]
    scorer = write_and_import(tmp_path, "recbole", network.state_dict(), features, read, *words)

    asked, weights = read.part(torch.randperm(len(read.label))[:COMPARED]), []
    network.interest_evolution.attention_layer.register_forward_hook(lambda *given: weights.append(given[-1][:, 0]))
    with torch.no_grad():
        chance = chance_of(asked)
    assert chance.std() > 1e-3
    assert [field.name for field in scorer.config.user_fields] == ["user_id", "age"]
    assert_exact(scorer, asked, chance, weights)
