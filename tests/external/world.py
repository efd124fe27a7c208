"""The small world's store with checkpoints of models that are not this project's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from din_core.model.checkpoint import load_checkpoint
from din_core.model.config import FieldConfig, ModelConfig
from din_core.model.external.fields import ModuleFields
from din_core.model.external.installed import build_module
from din_core.model.external.options import ModuleOptions
from din_core.model.external.writing import save_module
from din_core.scoring import Scorer
from din_core.store import BehaviorStore
from tests.tiny_checkpoints import vocabulary_of

MAX_HISTORY = 12


@dataclass(frozen=True)
class OwnWorld:
    """A store, and the folder of its checkpoints."""

    store: BehaviorStore
    checkpoints: Path

    @property
    def values(self) -> dict[str, Any]:
        """Of all fields that the store has, as a checkpoint is written with."""
        groups = vocabulary_of(self.store.bulk()).to_dict()
        return {name: groups[name] for name in ("item", "user", "context")}

    def module(self, name: str, arguments: Mapping[str, Any] | None = None) -> nn.Module:
        """A new one of random weights, the same every time."""
        torch.manual_seed(3)
        return build_module(ModuleOptions(name, arguments or {}), self.fields).eval()

    @property
    def fields(self) -> ModuleFields:
        """What a module is told when it is built."""
        groups = {
            f"{group}_fields": tuple(FieldConfig(name, len(values) + 1, 1) for name, values in fields.items())
            for group, fields in self.values.items()
        }
        return ModuleFields.of(ModelConfig("module", **groups, max_history=MAX_HISTORY, module=ModuleOptions("bst")))

    def save(self, name: str = "bst", folder: str = "", **options: Any) -> Path:
        """A checkpoint of the module, in the folder of its name."""
        place = self.checkpoints / (folder or name)
        module = self.module(name, options.get("arguments"))
        save_module(place, module, name, **self.values, max_history=MAX_HISTORY, **options)
        return place

    def scorer(self, name: str = "bst") -> Scorer:
        """Of a checkpoint written and read again."""
        return Scorer(load_checkpoint(self.save(name)))
