"""The recorded models are those that their library trained, and it says of them what was recorded.

`DIN_RECORD=1 make test-libraries` trains and records them anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from din_core.store import open_store
from tests.libraries import deepctr_columns, fuxictr_network, rechub_network
from tests.libraries.real_impressions import ITEM_FEATURES, RealImpressions, read_impressions
from tests.libraries.recbole_network import answers, config_of, described, networks, store_dataset
from tests.libraries.recorded.recorded_answers import (
    FOLDER,
    LENGTH,
    LIBRARIES,
    TRANSFORMER,
    RecordedAnswer,
    answers_of,
)
from tests.trainer.foreign_checkpoints.shop_store import START, write_shop

ITEMS, USERS = ("i1", "i2", "i3"), ("u1", "u2")


@dataclass
class ShopModel:
    """A library's model of the shop, with what `import-checkpoint` reads beside its weights."""

    network: nn.Module
    features: object
    vocabulary: dict[str, dict[str, int]]
    chance: Callable[[], Tensor]
    """Probabilities (n,) of each user with each item"""
    answers: Callable[[], tuple[Tensor, Tensor]]
    """The same and weights (n, T), of the first item feature where each has its own"""


@pytest.fixture
def shop(tmp_path):
    """Each user with each item, as the libraries read them."""
    url = write_shop(tmp_path / "shop")
    store = open_store(url)
    asked = [(store.history(user, START * 2), item, {}) for user in USERS for item in ITEMS]
    liked = [item in {own.item.item_id for own in past.behaviors} for past, item, _ in asked]
    label = [0.8 if own else 0.2 for own in liked]  # probabilities of which a page shows more than 100% and 0%
    yield read_impressions(store, url, asked, label, LENGTH)
    store.close()


def recbole(shop: RealImpressions, folder: Path) -> ShopModel:
    dataset = store_dataset(shop.store)
    config = config_of(LENGTH, embedding_size=3, mlp_hidden_size=[6, 4])
    network, ids = networks().DIN(config, dataset), dataset.field2token_id
    rows = [[ids["item_id"][own.item.item_id] for own in past.behaviors] for past, _, _ in shop.asked]
    inputs = (
        torch.tensor([ids["user_id"][past.user.user_id] for past, _, _ in shop.asked]),
        torch.tensor([[*row, *[0] * (LENGTH - len(row))] for row in rows]),
        shop.length,
        torch.tensor([ids["item_id"][item] for _, item, _ in shop.asked]),
    )
    return ShopModel(
        network, *described(dataset, config), lambda: network(*inputs).sigmoid(), lambda: answers(network, *inputs)
    )


def fuxictr(shop: RealImpressions, folder: Path) -> ShopModel:
    network = fuxictr_network.network_of(
        shop, folder, embedding_dim=3, dnn_hidden_units=[6], attention_hidden_units=[6]
    )
    return shop_model(network, fuxictr_network.described(folder), shop, fuxictr_network)


def deepctr_torch(shop: RealImpressions, folder: Path) -> ShopModel:
    from deepctr_torch.models import DIN

    columns = deepctr_columns.columns_of(shop)
    network = DIN(columns, list(ITEM_FEATURES), init_std=0.3, dnn_hidden_units=(6,), att_hidden_size=(6,))
    return shop_model(network, deepctr_columns.described(columns), shop, deepctr_columns)


def torch_rechub(shop: RealImpressions, folder: Path) -> ShopModel:
    features = rechub_network.features_of(shop)
    network = rechub_network.network_of(features, {"dims": [6]}, {"dims": [6]})
    return shop_model(network, rechub_network.described(features), shop, rechub_network)


def shop_model(network: nn.Module, features: object, shop: RealImpressions, library: Any) -> ShopModel:
    def both() -> tuple[Tensor, Tensor]:
        chance, weights = library.answers(network, shop)
        return chance, weights[0]

    return ShopModel(network, features, shop.vocabulary, lambda: library.chance_of(network, shop), both)


def transformer(shop: RealImpressions, folder: Path) -> ShopModel:
    """torch-rechub's, padded as its `pad_sequences` does; the weights are the mean of its heads."""
    read = rechub_network.as_label_encoder(shop, "pre")
    features = rechub_network.features_of(read, width=2)
    network = rechub_network.transformer_of(features, LENGTH, [6], heads=2, layers=1)

    def both() -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            chance, weights = rechub_network.transformer_answers(network, read)
        return chance, rechub_network.without_padding_before(weights.mean(1), shop.length)

    described = rechub_network.described(features)
    return ShopModel(network, described, read.vocabulary, lambda: rechub_network.chance_of(network, read), both)


MODELS = {
    "fuxictr": fuxictr,
    "deepctr-torch": deepctr_torch,
    "torch-rechub": torch_rechub,
    "recbole": recbole,
    TRANSFORMER: transformer,
}


def record(library: str, model: ShopModel, shop: RealImpressions) -> None:
    """Two hundred steps towards users who like what they have seen, then all files."""
    optimizer = torch.optim.Adam(model.network.parameters(), lr=0.01)
    model.network.train()
    for _ in range(200):
        optimizer.zero_grad()
        nn.functional.binary_cross_entropy(model.chance(), shop.label).backward()
        optimizer.step()
    model.network.eval()
    probability, weight = model.answers()
    found = [
        RecordedAnswer(past.user.user_id, item, float(probability[row]), weight[row, : int(shop.length[row])].tolist())
        for row, (past, item, _) in enumerate(shop.asked)
    ]
    folder = FOLDER / library
    folder.mkdir(exist_ok=True)
    save_file(model.network.state_dict(), folder / "din.safetensors")
    said = (("features", model.features), ("vocabulary", model.vocabulary), ("answers", [*map(asdict, found)]))
    for name, own in said:
        (folder / f"{name}.json").write_text(json.dumps(own, indent=1) + "\n", "utf-8")


@pytest.mark.parametrize("library", (*LIBRARIES, TRANSFORMER))
def test_a_library_says_of_its_recorded_model_what_was_recorded(shop, tmp_path, library):
    torch.manual_seed(0)
    model = MODELS[library](shop, tmp_path)
    if os.environ.get("DIN_RECORD"):
        record(library, model, shop)
    model.network.load_state_dict(load_file(FOLDER / library / "din.safetensors"))
    model.network.eval()
    probability, weight = model.answers()
    recorded = answers_of(library)
    assert [(own.user, own.item) for own in recorded] == [(past.user.user_id, item) for past, item, _ in shop.asked]
    assert json.loads((FOLDER / library / "features.json").read_text("utf-8")) == model.features
    assert json.loads((FOLDER / library / "vocabulary.json").read_text("utf-8")) == model.vocabulary
    for row, own in enumerate(recorded):
        assert own.probability == pytest.approx(float(probability[row]), abs=1e-6)
        assert own.weights == pytest.approx(weight[row, : len(own.weights)].tolist(), abs=1e-6)
