"""FuxiCTR's own DIN, what it reads of impressions, and what it says of them.

n impressions, T behaviors that it reads of each.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from tests.libraries.real_impressions import ITEM_FEATURES, RealImpressions

SOURCES = {"user_id": "user", "age": "user", "place": "context", "item_id": "item", "category": "item"}


def network_of(impressions: RealImpressions, folder: Path, **settings: Any) -> Any:
    """As its `run_expid` makes it, with a feature map in `folder`."""
    from fuxictr.features import FeatureMap
    from model_zoo.LongCTR.DIN import DIN

    specs = {
        feature: {
            "source": SOURCES[feature],
            "type": "categorical",
            "padding_idx": 0,
            "vocab_size": len(impressions.vocabulary[feature]),
        }
        for feature in (*impressions.others, *ITEM_FEATURES)
    }
    feature_map = FeatureMap("planted", str(folder))
    own = {"embedding_dim": 6, "dnn_hidden_units": [16, 8], "attention_hidden_units": [16], **settings}
    feature_map.features, feature_map.labels = OrderedDict(specs), ["label"]
    feature_map.default_emb_dim = own["embedding_dim"]
    feature_map.save(str(folder / "feature_map.json"))
    return DIN(
        feature_map, gpu=-1, verbose=0, model_root=str(folder), metrics=["AUC"], optimizer="adam",
        loss="binary_crossentropy", learning_rate=5e-3, **own,
    )  # fmt: skip


def described(folder: Path) -> object:
    """The features, as FuxiCTR wrote them."""
    return json.loads((folder / "feature_map.json").read_text("utf-8"))


def inputs_of(batch: RealImpressions) -> tuple[dict[str, Tensor], dict[str, Tensor], Tensor]:
    """As its data loader gives them: other features, item features of history and candidate, mask."""
    items = {name: torch.cat([batch.past[name], batch.columns[name][:, None]], 1).flatten() for name in ITEM_FEATURES}
    mask = (torch.arange(batch.past["item_id"].shape[1]) < batch.length[:, None]).float()
    others = {name: batch.columns[name] for name in batch.others}
    return {**others, "label": batch.label}, items, mask


def chance_of(network: nn.Module, batch: RealImpressions) -> Tensor:
    """(n,) probabilities."""
    chance: Tensor = network(inputs_of(batch))["y_pred"][:, 0]
    return chance


@torch.no_grad()
def answers(network: Any, batch: RealImpressions, softmax: bool = False) -> tuple[Tensor, list[Tensor]]:
    """Probabilities (n,) and the attention layer's weights (n, T)."""
    raw: list[Tensor] = []
    hook = network.attention_layers.attention_layer.register_forward_hook(lambda *given: raw.append(given[-1]))
    chance = chance_of(network, batch)
    hook.remove()
    mask = inputs_of(batch)[2]
    weight = raw[0].view(mask.shape) * mask
    return chance, [(weight - 1e9 * (1 - mask)).softmax(-1) if softmax else weight]
