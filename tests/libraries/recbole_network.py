"""RecBole's own DIN on a store's items. RecBole's Config and Dataset need numpy 1 and pandas 2, so a stand-in answers
what the network asks of a data set; the network, its embeddings and its tables of items are RecBole's.

n impressions, T behaviors that the network reads of each, I items.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from din_core.domain import values_of
from din_core.store import BehaviorStore


def din_class() -> type[nn.Module]:
    """RecBole's DIN. Its package imports torch's writer of training curves, which needs tensorboard; nothing of the
    network calls it, so while it is imported an empty module stands there."""
    name = "torch.utils.tensorboard"
    stand_in, before = ModuleType(name), sys.modules.get(name)
    stand_in.SummaryWriter = None  # type: ignore[attr-defined]
    sys.modules[name] = stand_in
    try:
        from recbole.model.sequential_recommender.din import DIN
    finally:
        del sys.modules[name]
        if before is not None:
            sys.modules[name] = before
    return DIN  # type: ignore[no-any-return]


@dataclass
class ItemDataset:
    """What RecBole's DIN asks of a data set, under RecBole's names."""

    field2type: dict[str, Any]
    field2token_id: dict[str, dict[str, int]]
    items: dict[str, Tensor]
    """Field -> (I + 1,) or (I + 1, several) ids of each item; item 0 is padding"""
    config: Mapping[str, Any]

    def num(self, field: str) -> int:
        """Ids of a field, with that of padding."""
        return len(self.field2token_id[field])

    def get_item_feature(self) -> Any:
        """Of each item."""
        from recbole.data.interaction import Interaction

        return Interaction(dict(self.items))

    def get_user_feature(self) -> Any:
        """Of each user: the user alone."""
        from recbole.data.interaction import Interaction

        return Interaction({"user_id": torch.arange(self.num("user_id"))})


def item_dataset(store: BehaviorStore) -> ItemDataset:
    """The items of a store as RecBole reads atomic files: ids from 1 on, 0 for padding and for what is missing."""
    from recbole.utils import FeatureType

    bulk = store.bulk()
    columns = {name: [values_of(value) for value in column] for name, column in bulk.items.items()}
    ids = {
        name: {"[PAD]": 0, **{v: n for n, v in enumerate(sorted({v for one in column for v in one}), 1)}}
        for name, column in columns.items()
    }
    several = {name for name, column in columns.items() if any(len(one) > 1 for one in column)}
    ids["user_id"] = {"[PAD]": 0, **{user: n for n, user in enumerate(sorted(bulk.users["user_id"]), 1)}}
    types = {name: FeatureType.TOKEN_SEQ if name in several else FeatureType.TOKEN for name in ids}
    order = sorted(range(len(columns["item_id"])), key=lambda row: ids["item_id"][columns["item_id"][row][0]])
    items = {
        name: _padded([(), *([ids[name][v] for v in column[row]] for row in order)], name in several)
        for name, column in columns.items()
    }
    return ItemDataset(types, ids, items, {"numerical_features": []})


def _padded(rows: list[Any], several: bool) -> Tensor:
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


def described(dataset: ItemDataset, config: Mapping[str, Any]) -> tuple[object, dict[str, dict[str, int]]]:
    """Features and vocabulary, as README tells to write them."""
    items = dataset.get_item_feature().interaction
    fields = [
        {
            "name": name,
            "type": dataset.field2type[name].value,
            "rows": int(dataset.num(name)),
            "numerical": name in config["numerical_features"],
        }
        for name in items
    ]
    features = {
        "items": fields,
        "pooling_mode": config["pooling_mode"],
        "max_length": config["MAX_ITEM_LIST_LENGTH"],
    }
    return features, {name: dataset.field2token_id[name] for name in items if name in dataset.field2token_id}


@torch.no_grad()
def answers(network: nn.Module, *inputs: Tensor) -> tuple[Tensor, Tensor]:
    """RecBole's probabilities (n,) and its attention layer's weights (n, T), of what `forward` takes."""
    read: list[Any] = []
    hook = network.attention.register_forward_hook(lambda *given: read.append(given[1]))
    logit = network(*inputs)
    hook.remove()
    network.attention.return_seq_weight = True  # its own switch
    weight = network.attention(*read[0])[:, 0]
    network.attention.return_seq_weight = False
    return logit.sigmoid(), weight
