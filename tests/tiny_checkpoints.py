"""Small networks with fixed random weights, for tests that need checkpoints but no training."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from din_core.domain import FieldValue, values_of
from din_core.model.checkpoint import save_checkpoint
from din_core.model.config import BEHAVIOR_TYPE, FieldConfig, ModelConfig
from din_core.model.network import InterestNetwork
from din_core.model.vocabulary import FieldVocabulary, Vocabulary
from din_core.store import BulkTables


def vocabulary_of(tables: BulkTables) -> Vocabulary:
    """Every value that occurs."""

    def values(column: list[FieldValue]) -> FieldVocabulary:
        return FieldVocabulary(tuple(sorted({value for several in column for value in values_of(several)})))

    items = {name: values(list(tables.items[name])) for name in tables.items}
    users = {
        name: values([value for row in tables.users[name] for value in row])
        for name in tables.users
        if name != "user_id"
    }
    context = {name: values(list(tables.impression_context[name])) for name in tables.impression_context}
    several = frozenset(name for name in items if any(isinstance(value, tuple) for value in tables.items[name]))
    return Vocabulary(items, users, context, several=several)


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
MORE_KINDS: Mapping[str, Mapping[str, Any]] = {
    "tin": {"architecture": "tin", "normalisation": "scaled softmax"},
    "tin-gaps": {
        "architecture": "tin",
        "normalisation": "scaled softmax",
        "temporal_encoding": "gap",
        "gap_edges": (1.0, 7.0, 30.0),
    },
}
"""Those that no page's own world holds."""


def write_reading_checkpoint(folder: Path, tables: BulkTables, name: str = "din-reading") -> Path:
    """A DIN that reads types and gaps of behaviors, below `folder`; the tables' behaviors must have types."""
    vocabulary = replace(vocabulary_of(tables), behavior={BEHAVIOR_TYPE: FieldVocabulary(tables.behavior_types)})
    torch.manual_seed(1)
    _write(folder / name, vocabulary, {"gap_edges": (1.0, 7.0, 30.0)}, {})
    return folder / name


def write_checkpoints(
    folder: Path,
    tables: BulkTables,
    max_history: int = 400,
    kinds: Sequence[str] = ("din", "base"),
    metrics: Mapping[str, Any] | None = None,
) -> Path:
    """Write these of KINDS and MORE_KINDS below `folder`; the same weights every time."""
    vocabulary, known = vocabulary_of(tables), {**KINDS, **MORE_KINDS}
    for name in kinds:
        torch.manual_seed(list(known).index(name))
        metadata = {} if metrics is None else {"model": name, **metrics}
        _write(folder / name, vocabulary, {"max_history": max_history, **known[name]}, metadata)
    return folder


def _write(folder: Path, vocabulary: Vocabulary, options: Mapping[str, Any], metadata: Mapping[str, Any]) -> None:
    """A network of random weights, which follow from torch's seed."""
    config = ModelConfig(
        **{
            "architecture": "din",
            **{
                f"{room}_fields": tuple(
                    FieldConfig(field, v.rows, 4, room == "item" and field in vocabulary.several)
                    for field, v in fields.items()
                )
                for room, fields in (
                    ("item", vocabulary.item),
                    ("user", vocabulary.user),
                    ("context", vocabulary.context),
                    ("behavior", vocabulary.behavior),
                )
            },
            "unit_hidden": (8, 4),
            "tower_hidden": (8, 4),
            **options,
        }
    )
    network = InterestNetwork(config)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    card = f"# {folder.name}\n\nUntrained: fixed random weights for tests."
    save_checkpoint(folder, network.eval(), vocabulary, metadata, card)


def rename_items(checkpoint: Path, keep: Sequence[str] = ()) -> None:
    """Make the checkpoint in this folder one that was trained on other items, but for those to keep."""
    path = checkpoint / "vocabulary.json"
    vocabulary = json.loads(path.read_text("utf-8"))
    ids = vocabulary["item"]["item_id"]
    vocabulary["item"]["item_id"] = [one if one in keep else f"elsewhere-{one}" for one in ids]
    path.write_text(json.dumps(vocabulary), "utf-8")
