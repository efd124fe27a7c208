"""The recorded models are those that their library trained, and it says of them what was recorded.

`DIN_RECORD=1 make test-libraries` trains and records them anew.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from din_core.store import open_store
from tests.libraries.recbole_network import answers, config_of, described, networks, store_dataset
from tests.libraries.recorded.recorded_answers import FOLDER, RecordedAnswer, answers_of
from tests.trainer.foreign_checkpoints.shop_store import START, write_shop

RECBOLE = FOLDER / "recbole"
LENGTH = 4
USERS = ("u1", "u2")


@pytest.fixture
def shop(tmp_path):
    store = open_store(write_shop(tmp_path / "shop"))
    yield store
    store.close()


def asked(store, dataset):
    """Each user with each item, as RecBole's `forward` takes them; and their names."""
    ids = dataset.field2token_id["item_id"]
    names = [(user, item) for user in USERS for item in ids if item != "[PAD]"]
    seen = {user: [own.item.item_id for own in store.history(user, START * 2).behaviors] for user in USERS}
    past = torch.tensor([[*(ids[own] for own in seen[user]), *[0] * (LENGTH - len(seen[user]))] for user, _ in names])
    length = torch.tensor([len(seen[user]) for user, _ in names])
    users = torch.tensor([dataset.field2token_id["user_id"][user] for user, _ in names])
    return names, (users, past, length, torch.tensor([ids[item] for _, item in names]))


def record(network, names, inputs, features, vocabulary):
    """Two hundred steps towards users who like what they have seen, then all files."""
    _, past, length, shown = inputs
    liked = (past == shown[:, None]).any(1).float()
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    network.train()
    for _ in range(200):
        optimizer.zero_grad()
        nn.functional.binary_cross_entropy_with_logits(network(*inputs), liked).backward()
        optimizer.step()
    network.eval()
    probability, weight = answers(network, *inputs)
    save_file(network.state_dict(), RECBOLE / "din.safetensors")
    found = [
        RecordedAnswer(user, item, float(probability[row]), weight[row, : int(length[row])].tolist())
        for row, (user, item) in enumerate(names)
    ]
    for name, own in (("features", features), ("vocabulary", vocabulary), ("answers", [*map(asdict, found)])):
        (RECBOLE / f"{name}.json").write_text(json.dumps(own, indent=1) + "\n", "utf-8")


def test_recbole_says_of_its_recorded_model_what_was_recorded(shop):
    dataset = store_dataset(shop)
    config = config_of(LENGTH, embedding_size=3, mlp_hidden_size=[6, 4])
    features, vocabulary = described(dataset, config)
    torch.manual_seed(0)
    network = networks().DIN(config, dataset)
    names, inputs = asked(shop, dataset)
    if os.environ.get("DIN_RECORD"):
        record(network, names, inputs, features, vocabulary)
    network.load_state_dict(load_file(RECBOLE / "din.safetensors"))
    probability, weight = answers(network.eval(), *inputs)
    recorded = answers_of("recbole")
    assert [(own.user, own.item) for own in recorded] == names
    assert json.loads((RECBOLE / "features.json").read_text("utf-8")) == features
    assert json.loads((RECBOLE / "vocabulary.json").read_text("utf-8")) == vocabulary
    for row, own in enumerate(recorded):
        assert own.probability == pytest.approx(float(probability[row]), abs=1e-6)
        assert own.weights == pytest.approx(weight[row, : len(own.weights)].tolist(), abs=1e-6)
