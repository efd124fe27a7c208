"""Small networks with fixed random weights, for tests that need checkpoints but no training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from din_core.model.checkpoint import save_checkpoint
from din_core.model.config import FieldConfig, ModelConfig
from din_core.model.network import InterestNetwork
from din_core.model.vocabulary import FieldVocabulary, Vocabulary
from din_core.store import BulkTables


def vocabulary_of(tables: BulkTables) -> Vocabulary:
    """Every value that occurs."""

    def values(column: list[object]) -> FieldVocabulary:
        return FieldVocabulary(tuple(sorted({str(value) for value in column if isinstance(value, str)})))

    items = {name: values(list(tables.items[name])) for name in tables.items}
    users = {
        name: values([value for row in tables.users[name] for value in row])
        for name in tables.users
        if name != "user_id"
    }
    context = {name: values(list(tables.impression_context[name])) for name in tables.impression_context}
    return Vocabulary(items, users, context)


KINDS: Mapping[str, Mapping[str, Any]] = {
    "din": {},
    "base": {"architecture": "base"},
    "base-sum": {"architecture": "base", "base_pooling": "sum"},
    "base-decay": {"architecture": "base", "base_pooling": "time decay"},
    "din-softmax": {"normalisation": "softmax"},
    "din-paper": {"unit_input": "paper"},
    "dot": {"attention": "dot"},
    "dien": {"architecture": "dien", "max_history": 8},
}
"""Folder name -> options, as trainer.training.recipes has them."""


def write_checkpoints(
    folder: Path,
    tables: BulkTables,
    max_history: int = 400,
    kinds: Sequence[str] = ("din", "base"),
    metrics: Mapping[str, Any] | None = None,
) -> Path:
    """Write these of KINDS below `folder`; the same weights every time."""
    vocabulary = vocabulary_of(tables)
    for name in kinds:
        torch.manual_seed(list(KINDS).index(name))
        config = ModelConfig(
            **{
                "architecture": "din",
                **{
                    f"{room}_fields": tuple(FieldConfig(field, v.rows, 4) for field, v in fields.items())
                    for room, fields in (
                        ("item", vocabulary.item),
                        ("user", vocabulary.user),
                        ("context", vocabulary.context),
                    )
                },
                "unit_hidden": (8, 4),
                "tower_hidden": (8, 4),
                "max_history": max_history,
                **KINDS[name],
            }
        )
        network = InterestNetwork(config)
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.add_(torch.randn_like(parameter) * 0.3)
        card = f"# {name}\n\nUntrained: fixed random weights for tests."
        metadata = {} if metrics is None else {"model": name, **metrics}
        save_checkpoint(folder / name, network.eval(), vocabulary, metadata, card)
    return folder
