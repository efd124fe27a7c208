"""The columns of DeepCTR-Torch's models, and what they read of impressions.

n impressions.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from tests.libraries.real_impressions import ITEM_FEATURES, LENGTH, RealImpressions

PLACES = ("--field=age=user.age", "--field=place=context.place")
"""What `import-checkpoint` must be told of features that DeepCTR-Torch knows no room of."""


def columns_of(impressions: RealImpressions) -> list[Any]:
    """Candidate and history share their tables."""
    from deepctr_torch.inputs import SparseFeat, VarLenSparseFeat

    rows = {feature: len(ids) for feature, ids in impressions.vocabulary.items()}
    shown = [SparseFeat(own, rows[own], 5) for own in ("user_id", "item_id", "age", "category", "place")]
    past = [SparseFeat(f"hist_{own}", rows[own], 5, embedding_name=own) for own in ITEM_FEATURES]
    return [*shown, *(VarLenSparseFeat(own, LENGTH, length_name="length") for own in past)]


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
