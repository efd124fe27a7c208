"""What an exported file is fed: names, shapes and arrays of one history and its candidates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from din_core.model.config import ModelConfig
from din_core.model.ragged import Multi, RaggedBatch
from din_core.model.value_sets import members
from trainer.export.one_history import HistoryInputs

BEHAVIORS, CANDIDATES, VALUES = "behaviors", "candidates", "values"
"""Dimensions that are free: T, C, and the values that an item or a user may have of a field."""


@dataclass(frozen=True, slots=True)
class InputSpec:
    """One input of the file."""

    name: str
    dtype: str
    """int64 or float32"""
    shape: tuple[str, ...]
    """Free dimensions by name"""
    field: str | None
    """The field whose rows it holds; None for counts and ages."""
    group: str
    """Of the vocabulary: item, user, context or behavior; else what it is."""


def input_specs(config: ModelConfig) -> list[InputSpec]:
    """What the file of a network reads, in order; what the network does not read is no input."""
    found = []
    for side, dimension in (("behavior", BEHAVIORS), ("candidate", CANDIDATES)):
        for own in config.item_fields:
            shape = (dimension, f"{VALUES} of {own.name}") if own.several else (dimension,)
            found.append(InputSpec(f"{side}.{own.name}", "int64", shape, own.name, "item"))
        if side == "behavior":
            found.append(InputSpec("count", "float32", (BEHAVIORS,), None, "count"))
            if config.reads_gaps or config.pooling == "time decay":
                found.append(InputSpec("age", "float32", (BEHAVIORS,), None, "age"))
            names = [own.name for own in config.behavior_fields]
            found += [InputSpec(f"behavior.{name}", "int64", (BEHAVIORS,), name, "behavior") for name in names]
    for own in config.user_fields:
        found.append(InputSpec(f"user.{own.name}", "int64", (f"{VALUES} of user {own.name}",), own.name, "user"))
    for own in config.context_fields:
        found.append(InputSpec(f"context.{own.name}", "int64", (CANDIDATES,), own.name, "context"))
    return found


def structured(config: ModelConfig, values: Mapping[str, Tensor]) -> HistoryInputs:
    """The inputs by name as a network on one history takes them; zeros in the place of what it does not read."""
    item, kinds = [own.name for own in config.item_fields], [own.name for own in config.behavior_fields]
    count = values["count"]
    return HistoryInputs(
        behavior=tuple(values[f"behavior.{name}"] for name in item),
        counts=count,
        age=values.get("age", torch.zeros_like(count)),
        behavior_type=tuple(values[f"behavior.{name}"] for name in kinds),
        candidate=tuple(values[f"candidate.{name}"] for name in item),
        user=tuple(values[f"user.{own.name}"] for own in config.user_fields),
        context=tuple(values[f"context.{own.name}"] for own in config.context_fields),
    )


def feeds(config: ModelConfig, batch: RaggedBatch) -> dict[str, NDArray[np.generic]]:
    """A batch of one history, as `Scorer.batch` makes it, by the names of `input_specs`."""
    found: dict[str, Tensor] = {"count": batch.count.float(), "age": batch.age.float()}
    for side, rows in (("behavior", batch.behavior), ("candidate", batch.candidate)):
        for f, own in enumerate(config.item_fields):
            sets = batch.sets[f] if batch.sets else None
            found[f"{side}.{own.name}"] = rows[:, f] if sets is None else filled_sets(rows[:, f], sets)
    for own, user in zip(config.user_fields, batch.profile, strict=True):
        found[f"user.{own.name}"] = user.rows
    for x, own in enumerate(config.context_fields):
        found[f"context.{own.name}"] = batch.context[:, x]
    if batch.behavior_type is not None:
        found |= {f"behavior.{own.name}": batch.behavior_type for own in config.behavior_fields}
    return {spec.name: found[spec.name].numpy() for spec in input_specs(config)}


def filled_sets(index: Tensor, sets: Multi) -> Tensor:
    """(n,) indices of sets → (n, V) their rows, filled up with 0."""
    which, row = members(index, sets)
    lengths = torch.bincount(which, minlength=len(index))
    filled = index.new_zeros(len(index), max(1, int(lengths.max()) if len(lengths) else 1))
    place = torch.arange(len(which)) - (lengths.cumsum(0) - lengths)[which]
    filled[which, place] = row
    return filled
