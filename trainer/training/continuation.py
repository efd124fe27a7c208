"""Going on from a checkpoint on newer data: new values get embedding rows, old rows keep their weights at the start.

A new row starts as a copy of row 0, the unknown value's, which is what the checkpoint read in its place: so that
before the first step the network says of every impression what the checkpoint says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from din_core.domain import CheckpointError
from din_core.model.checkpoint import Checkpoint, load_checkpoint
from din_core.model.config import FieldConfig, ModelConfig
from din_core.model.network import InterestNetwork
from din_core.model.vocabulary import ITEM_ID, FieldValues, FieldVocabulary, Vocabulary
from trainer.training.fitting.prediction import predict
from trainer.training.fitting.selection import measure_logits
from trainer.training.model_fields import ModelFields
from trainer.training.samples import Samples

CONTINUED = "continued"
"""In metrics.json."""
MEASURES = ("auc", "gauc", "log_loss")


@dataclass(frozen=True)
class Continuation:
    """A checkpoint from which training goes on."""

    checkpoint: Checkpoint
    start: Mapping[str, Tensor]
    """Its weights by name, as they were."""

    @property
    def fields(self) -> ModelFields:
        """Those that it reads; what it reads as categories stays such."""
        known = self.checkpoint.vocabulary
        groups = (known.item, known.user, known.context)
        categories = [name for group in groups for name, own in group.items() if isinstance(own, FieldVocabulary)]
        items, users, contexts = (tuple(name for name in group if name != ITEM_ID) for group in groups)
        numbers = tuple(name for group in groups for name in group if name not in categories)
        plain = tuple(name for name in categories if name != ITEM_ID)
        return ModelFields(items, users, contexts, behaviors=tuple(known.behavior), numeric=numbers, categorical=plain)

    def vocabulary(self, found: Vocabulary) -> Vocabulary:
        """Its own values, each with the row that it had, and behind them what `found` knows beside."""
        own = self.checkpoint.vocabulary
        kinds = ((own.item, found.item), (own.user, found.user), (own.context, found.context))
        item, user, context = ({name: _widened(old[name], new[name]) for name in old} for old, new in kinds)
        behavior = {name: FieldVocabulary(_values(old, found.behavior[name])) for name, old in own.behavior.items()}
        return Vocabulary(item, user, context, behavior, own.several)

    def config(self, vocabulary: Vocabulary) -> ModelConfig:
        """The same network with as many rows as the vocabulary has."""

        def wider(fields: tuple[FieldConfig, ...], known: Mapping[str, FieldValues]) -> tuple[FieldConfig, ...]:
            return tuple(replace(field, rows=known[field.name].rows) for field in fields)

        config = self.checkpoint.config
        return replace(
            config,
            item_fields=wider(config.item_fields, vocabulary.item),
            user_fields=wider(config.user_fields, vocabulary.user),
            context_fields=wider(config.context_fields, vocabulary.context),
            behavior_fields=wider(config.behavior_fields, vocabulary.behavior),
        )

    @torch.no_grad()
    def copy_into(self, network: InterestNetwork) -> None:
        """Its weights; new rows are copies of row 0. What everybody's counts are is left to the new data."""
        for name, tensor in network.state_dict().items():
            old = self.start[name].to(tensor.device)
            if old.shape == tensor.shape:
                tensor.copy_(old)
            elif name != "counts.everybody":
                tensor[: len(old)] = old
                tensor[len(old) :] = old[0]

    def record(
        self, network: InterestNetwork, valid: Samples, before: Mapping[str, Any], after: Mapping[str, Any]
    ) -> dict[str, Any]:
        """What changed: figures of the same validation impressions, new rows and how far old weights moved."""
        state = {name: tensor.detach().cpu() for name, tensor in network.state_dict().items()}
        tables = {field.name: f"item.tables.{place}.weight" for place, field in enumerate(network.config.item_fields)}
        others = [name for name in dict(network.named_parameters()) if name not in tables.values()]
        same = [name for name in others if state[name].shape == self.start[name].shape]
        return {
            "from": str(self.checkpoint.folder),
            "fingerprint": self.checkpoint.fingerprint,
            "impressions": valid.impressions,
            "before": {name: before[name] for name in MEASURES},
            "after": {name: after[name] for name in MEASURES},
            "fields": {field: self._moved(state[name], self.start[name]) for field, name in tables.items()},
            "others": {
                "moved": _distance([state[name] for name in same], [self.start[name] for name in same]),
            },
        }

    @staticmethod
    def _moved(new: Tensor, old: Tensor) -> dict[str, Any]:
        """Of one embedding table: rows, and the median and largest distance of old rows, as a part of their length."""
        kept = new[: len(old)].double()
        length = old.double().norm(dim=1)
        part = ((kept - old.double()).norm(dim=1) / length.clamp(min=1e-12))[length > 0]
        middle, most = (float(np.median(part)), float(part.max())) if len(part) else (0.0, 0.0)
        return {"old_rows": len(old), "new_rows": len(new) - len(old), "moved_median": middle, "moved_most": most}


def _distance(new: list[Tensor], old: list[Tensor]) -> float:
    """The distance of all, as a part of their length."""
    apart = sum(float((a.double() - b.double()).square().sum()) for a, b in zip(new, old, strict=True))
    length = sum(float(b.double().square().sum()) for b in old)
    return float(np.sqrt(apart / length)) if length else 0.0


def _widened(old: FieldValues, new: FieldValues) -> FieldValues:
    """Edges of numbers stay; values get rows behind the old ones."""
    if isinstance(old, FieldVocabulary) and isinstance(new, FieldVocabulary):
        return FieldVocabulary(_values(old, new))
    return old


def _values(old: FieldVocabulary, new: FieldVocabulary) -> tuple[str, ...]:
    return (*old.values, *(value for value in new.values if not old.row(value)))


def continue_from(folder: Path, model: str) -> Continuation:
    """The checkpoint; CheckpointError where training cannot go on from it, or it is another model than is named."""
    checkpoint = load_checkpoint(folder)
    if checkpoint.config.vectors != "none":
        raise CheckpointError(
            "{folder} reads pretrained vectors, whose table is of the items that it was trained with; train a model "
            "anew",
            folder=str(folder),
        )
    if checkpoint.config.library is not None:
        raise CheckpointError(
            "{folder} was trained by another library, and is here to be scored; train a model anew", folder=str(folder)
        )
    if checkpoint.config.external:
        raise CheckpointError(
            "{folder} holds a model that is not DIN Lens's, and is here to be scored; train it where it was trained",
            folder=str(folder),
        )
    recorded = checkpoint.metrics.get("model", model)
    if recorded != model:
        raise CheckpointError(
            "{folder} holds the model {recorded}, not {model}; give --model {recorded}",
            folder=str(folder),
            recorded=recorded,
            model=model,
        )
    start = {name: tensor.detach().clone() for name, tensor in checkpoint.model.state_dict().items()}
    return Continuation(checkpoint, start)


def measure(network: InterestNetwork, valid: Samples) -> dict[str, Any]:
    """auc, gauc and log_loss on validation impressions."""
    user = np.repeat(valid.user, np.diff(valid.candidate_offsets))
    return dict(measure_logits(user, valid.label.cpu().numpy(), predict(network, valid)))


def describe_continuation(record: Mapping[str, Any]) -> list[str]:
    """Lines for people: figures before and after, then rows and movements."""
    came = f"continued from {record['from']} ({record['fingerprint']})"
    lines = [f"{came}; on the same {record['impressions']:,} validation impressions:"]
    for name in MEASURES:
        before, after = record["before"][name], record["after"][name]
        if before is not None and after is not None:
            lines.append(f"  {name.replace('_', ' ')} {before:.4f} -> {after:.4f} ({after - before:+.4f})")
    for field, own in record["fields"].items():
        lines.append(
            f"  {field}: {own['new_rows']:,} new rows beside {own['old_rows']:,}; old rows moved by "
            f"{own['moved_median']:.1%} of their length (median), {own['moved_most']:.1%} at most"
        )
    lines.append(f"  all other weights moved by {record['others']['moved']:.1%} of their length")
    return lines
