"""Checkpoints that were trained before the sign of their weights was chosen: choosing it afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from din_core.model.checkpoint import (
    FAITHFULNESS,
    Checkpoint,
    check_replaceable,
    fingerprint,
    load_checkpoint,
    rewrite_checkpoint,
)
from din_core.store import BulkTables, masked_url
from trainer.evaluation.evaluate import read_bulk
from trainer.evaluation.faithfulness.model_card_section import without_section
from trainer.training.orientation import orient, with_paragraph
from trainer.training.orientation.sign import fixed_sign
from trainer.training.samples import build_samples, check_fields, impressions_of

Say = Callable[[str], None]
SPLIT = "valid"


def orient_checkpoints(store: str, folders: Sequence[Path], say: Say = lambda _: None) -> list[dict[str, Any]]:
    """Give the weights of each checkpoint the sign with which they agree with effects; one entry a checkpoint.

    A checkpoint is written only where a unit is flipped: it then has another fingerprint, the same scores, and nothing
    that was measured of its former weights. All are read and checked before the first is written.
    """
    checkpoints = [load_checkpoint(folder) for folder in dict.fromkeys(folders)]
    say(f"reading {masked_url(store)}")
    bulk = read_bulk(store)
    impressions_of(bulk, SPLIT)
    for checkpoint in checkpoints:
        check_replaceable(checkpoint.folder)
        check_fields(bulk, checkpoint.vocabulary)
    return [_oriented(checkpoint, bulk, say) for checkpoint in checkpoints]


def _oriented(checkpoint: Checkpoint, bulk: BulkTables, say: Say) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "checkpoint": str(checkpoint.folder),
        "title": checkpoint.config.title,
        "fingerprint": checkpoint.fingerprint,
        "former_fingerprint": None,
        "dropped": [],
    }
    reason = fixed_sign(checkpoint.config)
    if reason is not None:
        return {**entry, "fixed": reason}
    say(f"{checkpoint.folder.name}: measuring effects")
    config = checkpoint.config
    record = orient(
        checkpoint.model, build_samples(bulk, checkpoint.vocabulary, SPLIT, config.max_history, config.folds)
    )
    flips = any(unit["flipped"] for unit in record["units"])
    return {**entry, **(_rewritten(checkpoint, record) if flips else {}), **record}


def _rewritten(checkpoint: Checkpoint, record: dict[str, Any]) -> dict[str, Any]:
    """Write a checkpoint whose units were flipped; what differs in its entry."""
    dropped = [FAITHFULNESS] if (checkpoint.folder / FAITHFULNESS).exists() else []
    card = with_paragraph(without_section(checkpoint.card), record)
    rewrite_checkpoint(checkpoint, {**checkpoint.metrics, "orientation": record}, card)
    return {
        "fingerprint": fingerprint(checkpoint.folder),
        "former_fingerprint": checkpoint.fingerprint,
        "dropped": dropped,
    }
