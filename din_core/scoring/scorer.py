"""One checkpoint, ready to score. Nothing about a user is kept between calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from din_core.domain import CheckpointError, History, Item, Scores, User
from din_core.model.checkpoint import CONFIG, Checkpoint, load_checkpoint
from din_core.model.config import ModelConfig
from din_core.model.ragged import Multi, RaggedBatch
from din_core.model.vocabulary import Vocabulary

DAY = 86_400
OPENING_PAIR = ("din", "base")
"""The pair that opens the app, where it is there."""


class Scorer:
    """Scores candidates against one history. Safe to share between threads: scoring changes nothing."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.name = checkpoint.config.title

    @property
    def fingerprint(self) -> str:
        """The checkpoint's short hash."""
        return self.checkpoint.fingerprint

    @property
    def config(self) -> ModelConfig:
        """The checkpoint's architecture."""
        return self.checkpoint.config

    @property
    def card(self) -> str:
        """The model card, Markdown."""
        return self.checkpoint.card

    @property
    def metrics(self) -> Mapping[str, Any]:
        """What `metrics.json` holds."""
        return self.checkpoint.metrics

    @torch.inference_mode()
    def score(
        self,
        history: History,
        candidates: Sequence[Item],
        context: Mapping[str, str | None] | Sequence[Mapping[str, str | None]],
    ) -> Scores:
        """Score C candidates in one forward pass, all shown in the same context or each in its own.

        Values that the vocabulary does not know, and context fields that are not given, are scored as unknown.
        """
        most = self.config.max_history
        behaviors = history.folded(most) if self.config.folds else history.plain(most)
        c, t = len(candidates), len(behaviors)
        contexts = [context] * c if isinstance(context, Mapping) else list(context)
        if len(contexts) != c:
            raise ValueError(f"{len(contexts)} contexts for {c} candidates; give one, or one for each")
        vocabulary = self.checkpoint.vocabulary
        batch = RaggedBatch(
            behavior=_item_rows(vocabulary, [b.item for b in behaviors]),
            count=torch.tensor([b.count for b in behaviors], dtype=torch.float32),
            age=torch.tensor([(history.as_of - b.last_timestamp) / DAY for b in behaviors], dtype=torch.float32),
            behavior_offsets=(0, t),
            candidate=_item_rows(vocabulary, candidates),
            candidate_offsets=(0, c),
            profile=_profile(vocabulary, history.user),
            context=torch.tensor(
                [[v.row(shown.get(name)) for name, v in vocabulary.context.items()] for shown in contexts],
                dtype=torch.int64,
            ).reshape(c, len(vocabulary.context)),
        )
        output = self.checkpoint.model(batch)
        kinds = len(vocabulary.item) if self.config.unit_per_field else 1
        weights = output.weight.view(t, c, kinds).permute(2, 1, 0).contiguous().numpy()  # (1 or F, C, T)
        return Scores(
            model=self.name,
            fingerprint=self.fingerprint,
            pooling=self.config.pooling,
            normalisation=self.config.normalisation,
            candidates=tuple(candidates),
            behaviors=behaviors,
            probability=output.logit.sigmoid().numpy(),
            logit=output.logit.numpy(),
            weight=weights[0],
            field_weight=dict(zip(vocabulary.item, weights, strict=True)) if self.config.unit_per_field else None,
        )


def _item_rows(vocabulary: Vocabulary, items: Sequence[Item]) -> torch.Tensor:
    """(n, F) embedding rows; the field `item_id` is the item itself."""
    columns = [
        v.rows_of(item.item_id if name == "item_id" else item.fields.get(name) for item in items)
        for name, v in vocabulary.item.items()
    ]
    return torch.tensor(columns, dtype=torch.int64).T.reshape(len(items), len(columns))


def _profile(vocabulary: Vocabulary, user: User) -> tuple[Multi, ...]:
    start = torch.zeros(1, dtype=torch.int64)
    known = ([row for row in v.rows_of(user.fields.get(name, ())) if row] for name, v in vocabulary.user.items())
    return tuple(Multi(torch.tensor(rows, dtype=torch.int64), start) for rows in known)


def load_scorers(folder: Path) -> dict[str, Scorer]:
    """Every checkpoint in the folders below `folder`, by folder name: `din` and `base` first, then by name."""
    found = sorted(path.parent for path in folder.glob(f"[!.]*/{CONFIG}"))
    if not found:
        raise CheckpointError(
            f"{folder} holds 0 checkpoints; write one below it with `python -m trainer train --out {folder}/din`"
        )
    scorers = {path.name: Scorer(load_checkpoint(path)) for path in found}
    first = [name for name in OPENING_PAIR if name in scorers]
    return {name: scorers[name] for name in dict.fromkeys([*first, *scorers])}
