"""The columns of DeepCTR-Torch's models, and what they read of impressions.

n impressions.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.libraries.real_impressions import ITEM_FEATURES, RealImpressions

PLACES = ("--field=age=user.age", "--field=place=context.place")
"""What `import-checkpoint` must be told of features that DeepCTR-Torch knows no room of."""


def columns_of(impressions: RealImpressions) -> list[Any]:
    """Candidate and history share their tables."""
    from deepctr_torch.inputs import SparseFeat, VarLenSparseFeat

    rows = {feature: len(ids) for feature, ids in impressions.vocabulary.items()}
    first, *others = impressions.others
    shown = [SparseFeat(own, rows[own], 5) for own in (first, "item_id", *others, "category")]
    length = impressions.past["item_id"].shape[1]
    past = [SparseFeat(f"hist_{own}", rows[own], 5, embedding_name=own) for own in ITEM_FEATURES]
    return [*shown, *(VarLenSparseFeat(own, length, length_name="length") for own in past)]


def described(columns: list[Any]) -> object:
    """As README tells to write them."""
    found = [
        {
            **getattr(own, "sparsefeat", own)._asdict(),
            "kind": type(own).__name__,
            "maxlen": getattr(own, "maxlen", None),
            "combiner": getattr(own, "combiner", None),
        }
        for own in columns
    ]
    return {"columns": found, "history": list(ITEM_FEATURES)}


def inputs_of(network: nn.Module, batch: RealImpressions) -> Tensor:
    """(n, all columns) as the network takes them."""
    past = {f"hist_{own}": batch.past[own] for own in ITEM_FEATURES}
    held = {**batch.columns, **past, "length": batch.length}
    return torch.cat([held[own].view(len(batch.label), -1) for own in network.feature_index], 1).float()


def chance_of(network: nn.Module, batch: RealImpressions) -> Tensor:
    """(n,) probabilities."""
    chance: Tensor = network(inputs_of(network, batch))[:, 0]
    return chance


@torch.no_grad()
def answers(network: Any, batch: RealImpressions) -> tuple[Tensor, list[Tensor]]:
    """A DIN's probabilities (n,) and its attention layer's weights (n, T), T behaviors that it reads of each."""
    weights: list[Tensor] = []
    chance = chance_of(network, batch)
    network.attention.return_score = True  # its own switch
    hook = network.attention.register_forward_hook(lambda *given: weights.append(given[-1][:, 0]))
    with pytest.raises(RuntimeError):
        chance_of(network, batch)  # the tower does not take weights; they are noted by then
    hook.remove()
    network.attention.return_score = False
    return chance, weights
