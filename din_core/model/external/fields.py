"""What a module of one's own is told when it is built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from din_core.model.config import ModelConfig


@dataclass(frozen=True, slots=True)
class ModuleFields:
    """By name, in the order of a batch's columns, how many codes each field has; 0 is one of them."""

    item: Mapping[str, int]
    """Shared by candidate and behaviors; the first is `item_id`, the item itself."""
    user: Mapping[str, int]
    context: Mapping[str, int]
    behavior_types: int
    """Codes of the behaviors' types; 0 where the model reads none."""
    max_history: int
    """The most behaviors that a history has."""

    @classmethod
    def of(cls, config: ModelConfig) -> ModuleFields:
        """Those of a checkpoint."""
        item, user, context = (
            {field.name: field.rows for field in fields}
            for fields in (config.item_fields, config.user_fields, config.context_fields)
        )
        types = config.behavior_fields[0].rows if config.behavior_fields else 0
        return cls(item, user, context, types, config.max_history)
