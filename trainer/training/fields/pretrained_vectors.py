"""Pretrained vectors of items as a field that a model reads."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from din_core.domain import DinLensError
from din_core.model.config import VECTOR, ModelConfig
from din_core.model.network import InterestNetwork
from din_core.model.vocabulary import VectorItems, Vocabulary
from din_core.store import BehaviorStore, ItemVectors, StoreSummary

USES = ("fixed", "fine-tuned", "none")
"""Left as they are, trained with all else, or not read."""
DEFAULT = "fixed"


def vector_use(wanted: str | None, summary: StoreSummary) -> str:
    """One of USES: what is wanted, else fixed where the store has vectors; DinLensError where it has none to read."""
    if summary.vectors is None:
        if wanted in (None, "none"):
            return "none"
        raise DinLensError(
            f"--vectors {wanted} was asked for, but 0 items of the store have a vector; ingest items with the column "
            "vector, or leave the option out"
        )
    return wanted or DEFAULT


def read_item_vectors(store: BehaviorStore, use: str) -> ItemVectors | None:
    """The store's vectors, where they are used."""
    return None if use == "none" else store.item_vectors()


def with_vectors(vocabulary: Vocabulary, vectors: ItemVectors | None) -> Vocabulary:
    """The vocabulary with every item that has a vector, also those too rare for a row of their own."""
    if vectors is None:
        return vocabulary
    others = {name: values for name, values in vocabulary.item.items() if name != VECTOR}
    return replace(vocabulary, item={**others, VECTOR: VectorItems(vectors.item_ids)})


def fill_vectors(model: InterestNetwork, vectors: ItemVectors | None) -> None:
    """Put the vectors into a network that reads them."""
    if vectors is not None and model.item.vectors is not None:
        model.item.vectors.fill(torch.from_numpy(vectors.values))


def vector_facts(config: ModelConfig, summary: StoreSummary) -> dict[str, Any]:
    """What a checkpoint records of its vectors; empty where it reads none."""
    if config.vectors == "none" or summary.vectors is None:
        return {}
    facts = {"use": config.vectors, "length": config.vector_length, "items": summary.vectors.items}
    return {"vectors": {**facts, "of": summary.n_items}}


def describe_vectors(use: str, summary: StoreSummary) -> list[str]:
    """A line on what is done with the store's vectors; none where it has none."""
    if summary.vectors is None:
        return []
    items, length = summary.vectors.items, summary.vectors.length
    there = f"{items:,} of {summary.n_items:,} items have a vector of {length:,} numbers"
    others = ", ".join(other for other in USES if other != use)
    done = {"fixed": "which stay as they are", "fine-tuned": "which are trained too", "none": "which are not read"}
    return [f"{there}, {done[use]} (--vectors {use}; also {others})"]
