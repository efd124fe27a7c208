"""torch-rechub's own DIN, what it reads of impressions, and what it says of them.

n impressions, T behaviors that it reads of each.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from tests.libraries.real_impressions import ITEM_FEATURES, RealImpressions

ROLES = ("features", "history", "target")
ROOMS = {"age": "user", "place": "context"}
"""Of features that torch-rechub knows no room of."""


def features_of(impressions: RealImpressions, padding: int | None = None) -> dict[str, list[Any]]:
    """By role; `padding` is the index whose row is 0."""
    from torch_rechub.basic.features import SequenceFeature, SparseFeature
    from torch_rechub.basic.initializers import RandomNormal

    rows, start = {own: len(ids) for own, ids in impressions.vocabulary.items()}, RandomNormal(0, 0.3)
    others = [SparseFeature(own, rows[own], 5, initializer=start) for own in impressions.others]
    target = [SparseFeature(own, rows[own], 5, padding_idx=padding, initializer=start) for own in ITEM_FEATURES]
    history = [
        SequenceFeature(f"hist_{own}", rows[own], 5, pooling="concat", shared_with=own, padding_idx=padding)
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
