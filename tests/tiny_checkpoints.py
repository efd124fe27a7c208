"""Small networks with fixed random weights, for tests that need checkpoints but no training."""

from __future__ import annotations

from pathlib import Path

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


def write_checkpoints(folder: Path, tables: BulkTables, max_history: int = 400) -> Path:
    """Write `din` and `base` below `folder`; the same weights every time."""
    vocabulary = vocabulary_of(tables)
    for seed, architecture in enumerate(("din", "base")):
        torch.manual_seed(seed)
        config = ModelConfig(
            architecture,
            *(
                tuple(FieldConfig(name, v.rows, 4) for name, v in fields.items())
                for fields in (vocabulary.item, vocabulary.user, vocabulary.context)
            ),
            unit_hidden=(8, 4),
            tower_hidden=(8, 4),
            max_history=max_history,
        )
        network = InterestNetwork(config)
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.add_(torch.randn_like(parameter) * 0.3)
        card = f"# {architecture}\n\nUntrained: fixed random weights for tests."
        save_checkpoint(folder / architecture, network.eval(), vocabulary, {}, card)
    return folder
