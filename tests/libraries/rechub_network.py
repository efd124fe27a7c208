"""torch-rechub's own DIN and BST, what they read of impressions, and what they say of them.

n impressions, T behaviors that a network reads of each, H heads.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from tests.libraries.real_impressions import ITEM_FEATURES, RealImpressions

ROLES = ("features", "history", "target")
ROOMS = {"age": "user", "place": "context"}
"""Of features that torch-rechub knows no room of."""


def features_of(impressions: RealImpressions, padding: int | None = None, width: int = 5) -> dict[str, list[Any]]:
    """By role; `padding` is the index whose row is 0."""
    from torch_rechub.basic.features import SequenceFeature, SparseFeature
    from torch_rechub.basic.initializers import RandomNormal

    rows, start = {own: len(ids) for own, ids in impressions.vocabulary.items()}, RandomNormal(0, 0.3)
    others = [SparseFeature(own, rows[own], width, initializer=start) for own in impressions.others]
    target = [SparseFeature(own, rows[own], width, padding_idx=padding, initializer=start) for own in ITEM_FEATURES]
    history = [
        SequenceFeature(f"hist_{own}", rows[own], width, pooling="concat", shared_with=own, padding_idx=padding)
        for own in ITEM_FEATURES
    ]
    return dict(zip(ROLES, (others, history, target), strict=True))


def network_of(features: dict[str, list[Any]], tower: dict[str, Any], unit: dict[str, Any]) -> Any:
    """With small layers, unless other ones are given."""
    from torch_rechub.models.ranking import DIN

    return DIN(*(features[role] for role in ROLES), {"dims": [16, 8], **tower}, {"dims": [16], **unit})


def described(features: dict[str, list[Any]]) -> object:
    """As README tells to write them."""
    kept = ("name", "shared_with", "pooling", "padding_idx")
    return {
        role: [{"kind": type(own).__name__, **{k: v for k, v in vars(own).items() if k in kept}} for own in of]
        for role, of in features.items()
    }


def chance_of(network: nn.Module, batch: RealImpressions) -> Tensor:
    """(n,) probabilities."""
    chance: Tensor = network({**batch.columns, **{f"hist_{own}": past for own, past in batch.past.items()}})
    return chance


@torch.no_grad()
def answers(network: Any, batch: RealImpressions, softmax: bool = False) -> tuple[Tensor, list[Tensor]]:
    """Probabilities (n,) and the units' weights (n, T), one of each item feature."""
    raw: list[Tensor] = []
    units = [own.attention for own in network.attention_layers]
    hooks = [own.register_forward_hook(lambda *given: raw.append(given[-1])) for own in units]
    chance = chance_of(network, batch)
    for hook in hooks:
        hook.remove()
    weights = [own.view(len(chance), -1) for own in raw]
    return chance, [own.softmax(-1) for own in weights] if softmax else weights


def transformer_of(features: dict[str, list[Any]], length: int, dims: list[int], heads: int, layers: int) -> Any:
    """A BST that reads `length` behaviors."""
    from torch_rechub.models.ranking import BST

    lists = (features[role] for role in ROLES)
    return BST(*lists, {"dims": dims}, nhead=heads, num_layers=layers, max_seq_len=length + 1)


def transformer_answers(network: Any, batch: RealImpressions) -> tuple[Tensor, Tensor]:
    """Probabilities (n,), and what the candidate's place gives behaviors in the last layer (n, H, T)."""
    read: list[Tensor] = []
    last = network.transformer_layers.layers[-1]
    hook = last.register_forward_hook(lambda _, given, named, __: read.append((given[0], named)), with_kwargs=True)
    chance = chance_of(network, batch)
    hook.remove()
    x, named = read[0]
    masks = named["src_key_padding_mask"]
    weight = last.self_attn(x, x, x, key_padding_mask=masks, average_attn_weights=False)[1]
    return chance, weight[:, :, -1, :-1]


def as_label_encoder(impressions: RealImpressions, padding: str) -> RealImpressions:
    """With ids from 1 on and 0 for unknown values, padded on one side: "pre" or "post"."""
    unknown = {name: ids["__OOV__"] for name, ids in impressions.vocabulary.items()}
    vocabulary = {
        name: {value: own for value, own in ids.items() if own != unknown[name]}
        for name, ids in impressions.vocabulary.items()
    }
    columns = {name: own * (own != unknown[name]) for name, own in impressions.columns.items()}
    past = {name: own * (own != unknown[name]) for name, own in impressions.past.items()}
    if padding == "pre":
        length = past["item_id"].shape[1]
        place = torch.arange(length) - (length - impressions.length)[:, None]
        past = {name: own.gather(1, place.clamp(min=0)) * (place >= 0) for name, own in past.items()}
    return replace(impressions, vocabulary=vocabulary, columns=columns, past=past)


def without_padding_before(weight: Tensor, length: Tensor) -> Tensor:
    """(n, T) with padding first → the same with behaviors first; what follows them stands for nothing."""
    t = weight.shape[1]
    return weight.gather(1, (torch.arange(t) + (t - length)[:, None]).clamp(max=t - 1))
