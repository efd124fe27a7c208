"""RecBole's own DIN and DIEN on a store's items and users. RecBole's Config and Dataset need numpy 1 and pandas 2, so a
stand-in answers what the networks ask of a data set; these, their embeddings and their tables are RecBole's.

n impressions, T behaviors that a network reads of each, I items, U users.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from din_core.domain import values_of
from din_core.store import BehaviorStore
from tests.libraries.real_impressions import LENGTH, RealImpressions


@cache
def networks() -> Any:
    """RecBole's module of sequential models. The package imports torch's writer of training curves, which needs
    tensorboard; nothing of a network calls it, so while it is imported an empty module stands there."""
    curves = "torch.utils.tensorboard"
    stand_in, before = ModuleType(curves), sys.modules.get(curves)
    stand_in.SummaryWriter = None  # type: ignore[attr-defined]
    sys.modules[curves] = stand_in
    try:
        from recbole.model import sequential_recommender
    finally:
        del sys.modules[curves]
        if before is not None:
            sys.modules[curves] = before
    return sequential_recommender


@dataclass
class StoreDataset:
    """What RecBole's networks ask of a data set, under RecBole's names."""

    field2type: dict[str, Any]
    field2token_id: dict[str, dict[str, int]]
    items: dict[str, Tensor]
    """Field -> (I + 1,) or (I + 1, several) ids of each item; item 0 is padding"""
    users: dict[str, Tensor]
    """Of users the same"""
    config: Mapping[str, Any]

    def num(self, field: str) -> int:
        """Ids of a field, with that of padding."""
        return len(self.field2token_id[field])

    def get_item_feature(self) -> Any:
        """Of each item."""
        from recbole.data.interaction import Interaction

        return Interaction(dict(self.items))

    def get_user_feature(self) -> Any:
        """Of each user."""
        from recbole.data.interaction import Interaction

        return Interaction(dict(self.users))


def store_dataset(store: BehaviorStore) -> StoreDataset:
    """A store's items and users as RecBole reads atomic files: ids from 1 on, 0 for padding and what is missing."""
    networks()
    from recbole.utils import FeatureType

    bulk = store.bulk()
    items = {name: [values_of(value) for value in column] for name, column in bulk.items.items()}
    users = {name: [values_of(value) for value in column] for name, column in bulk.users.items()}
    ids = {name: _token_ids(column) for name, column in {**items, **users}.items()}
    several = {name for name, column in {**items, **users}.items() if any(len(one) > 1 for one in column)}
    types = {name: FeatureType.TOKEN_SEQ if name in several else FeatureType.TOKEN for name in ids}
    tables = [_table(own, key, ids, several) for own, key in ((items, "item_id"), (users, "user_id"))]
    return StoreDataset(types, ids, *tables, {"numerical_features": []})


def _token_ids(column: Sequence[Sequence[str]]) -> dict[str, int]:
    return {"[PAD]": 0, **{value: n for n, value in enumerate(sorted({v for one in column for v in one}), 1)}}


def _table(
    columns: Mapping[str, Sequence[Sequence[str]]], key: str, ids: Mapping[str, Mapping[str, int]], several: set[str]
) -> dict[str, Tensor]:
    """In the order of ids."""
    order = sorted(range(len(columns[key])), key=lambda row: ids[key][columns[key][row][0]])
    found = {name: [(), *([ids[name][v] for v in own[row]] for row in order)] for name, own in columns.items()}
    return {name: _padded(rows, name in several) for name, rows in found.items()}


def _padded(rows: Sequence[Any], several: bool) -> Tensor:
    longest = max(len(row) for row in rows) if several else 1
    padded = torch.tensor([[*row, *[0] * (longest - len(row))] for row in rows])
    return padded if several else padded[:, 0]


def config_of(length: int, **settings: Any) -> dict[str, Any]:
    """RecBole's own settings, with small layers."""
    names = {"USER_ID_FIELD": "user_id", "ITEM_ID_FIELD": "item_id", "LABEL_FIELD": "label", "NEG_PREFIX": "neg_"}
    names |= {"LIST_SUFFIX": "_list", "ITEM_LIST_LENGTH_FIELD": "item_length"}
    layers = {"embedding_size": 5, "mlp_hidden_size": [16, 8], "dropout_prob": 0.0, "pooling_mode": "mean"}
    return {
        **names,
        **layers,
        "MAX_ITEM_LIST_LENGTH": length,
        "numerical_features": [],
        "device": torch.device("cpu"),
        **settings,
    }


def described(dataset: StoreDataset, config: Mapping[str, Any]) -> tuple[object, dict[str, dict[str, int]]]:
    """Features and vocabulary, as README tells to write them."""

    def fields(table: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": name,
                "type": dataset.field2type[name].value,
                "rows": int(dataset.num(name)),
                "numerical": name in config["numerical_features"],
            }
            for name in table.interaction
        ]

    features = {
        "items": fields(dataset.get_item_feature()),
        "users": fields(dataset.get_user_feature()),
        "pooling_mode": config["pooling_mode"],
        "max_length": config["MAX_ITEM_LIST_LENGTH"],
    }
    names = [own["name"] for own in features["items"] + features["users"] if own["name"] in dataset.field2token_id]
    return features, {name: dataset.field2token_id[name] for name in names}


@torch.no_grad()
def answers(network: nn.Module, *inputs: Tensor) -> tuple[Tensor, Tensor]:
    """A DIN's probabilities (n,) and its attention layer's weights (n, T), of what `forward` takes."""
    read: list[Any] = []
    hook = network.attention.register_forward_hook(lambda *given: read.append(given[1]))
    logit = network(*inputs)
    hook.remove()
    network.attention.return_seq_weight = True  # its own switch
    weight = network.attention(*read[0])[:, 0]
    network.attention.return_seq_weight = False
    return logit.sigmoid(), weight


@dataclass
class ReadByRecbole:
    """What its networks read of impressions."""

    user: Tensor
    """(n,)"""
    past: Tensor
    """(n, T), 0 behind the last behavior"""
    item: Tensor
    """(n,)"""


def read_by_recbole(impressions: RealImpressions, dataset: StoreDataset) -> ReadByRecbole:
    """Every item and user has an id."""
    items, users = dataset.field2token_id["item_id"], dataset.field2token_id["user_id"]
    past = torch.zeros(len(impressions.asked), LENGTH, dtype=torch.int64)
    for row, (history, _, _) in enumerate(impressions.asked):
        seen = [items[own.item.item_id] for own in history.behaviors[-LENGTH:]]
        past[row, : len(seen)] = torch.tensor(seen, dtype=torch.int64)
    user = torch.tensor([users[history.user.user_id] for history, _, _ in impressions.asked])
    return ReadByRecbole(user, past, torch.tensor([items[item] for _, item, _ in impressions.asked]))
