"""The models that `--model` names: what each is made of.

How long, how fast and with what decay each is trained is chosen from the data, by `fitting`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from din_core.model.config import GAP_EDGES, Architecture
from trainer.training.fitting.optimisers.regularisation import Regularisation


@dataclass(frozen=True, slots=True)
class Recipe:
    """One member of the family."""

    architecture: Architecture
    options: Mapping[str, Any] = field(default_factory=dict)
    """Fields of ModelConfig that differ from their defaults."""
    regularisation: Regularisation = "decay"
    mba: float = 0.01
    """λ, where the regularisation is mini-batch aware."""
    max_history: int = 2000
    """Distinct items: practically everything. What a household buys again lies in all of its history."""


def _dien(**options: Any) -> Recipe:
    """A step costs as much as the longest history is long: the newest behaviors only."""
    return Recipe("dien", {"history_sum": True, **options}, max_history=240)


RECIPES: Mapping[str, Recipe] = {
    "base": Recipe("base"),
    "base-sum": Recipe("base", {"base_pooling": "sum"}),
    "base-decay": Recipe("base", {"base_pooling": "time decay"}),
    "base-counts": Recipe("base", {"counts": True}),
    "din": Recipe("din"),
    "din-mba": Recipe("din", regularisation="mba-batches", mba=0.1),
    "din-paper": Recipe("din", {"unit_input": "paper"}),
    "din-prelu": Recipe("din", {"unit_activation": "prelu"}),
    "din-sigmoid": Recipe("din", {"unit_activation": "sigmoid"}),
    "din-softmax": Recipe("din", {"normalisation": "softmax"}),
    "din-scaled-softmax": Recipe("din", {"normalisation": "scaled softmax"}),
    "din-fields": Recipe("din", {"unit_per_field": True, "unit_matches": True, "unit_hidden": (16, 8)}),
    "din-glass": Recipe("din", {"monotone": True, "unit_heads": 8, "unit_matches": True, "unit_hidden": (16, 8)}),
    "din-projected": Recipe("din", {"project_query": True}),
    "din-counts": Recipe("din", {"counts": True, "unit_hidden": (36, 16)}),
    "din-gaps": Recipe("din", {"gap_edges": GAP_EDGES}),
    "dot": Recipe("din", {"attention": "dot"}),
    "bilinear": Recipe("din", {"attention": "bilinear"}),
    "dien": _dien(),
    "dien-agru": _dien(evolution="agru"),
    "dien-aigru": _dien(evolution="aigru"),
    "tin": Recipe("tin", {"normalisation": "scaled softmax"}),
    "tin-gaps": Recipe("tin", {"normalisation": "scaled softmax", "temporal_encoding": "gap", "gap_edges": GAP_EDGES}),
}
