"""Calibrating a checkpoint that was written before, on the validation impressions of a store."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from din_core.model.checkpoint import FAITHFULNESS, check_replaceable, fingerprint, load_checkpoint, rewrite_checkpoint
from din_core.store import open_store
from trainer.evaluation.faithfulness.model_card_section import with_section
from trainer.training.calibration import sentences
from trainer.training.calibration.calibrate import RECORD, calibrate, map_of
from trainer.training.calibration.logit_fit import Form
from trainer.training.data_facts import data_facts
from trainer.training.freed_memory import keep_freed_memory
from trainer.training.model_card import replace_section
from trainer.training.samples import build_samples
from trainer.training.train import pick_device


def calibrate_checkpoint(store: str, folder: Path, form: Form = "affine", device: str = "auto") -> dict[str, Any]:
    """Calibrate the checkpoint in `folder` anew, in its place, whole or not at all; the record and both fingerprints.

    A calibration that it has is replaced: what is fitted are the logits from before it. "none" takes it back.
    """
    keep_freed_memory()
    at = pick_device(device)
    check_replaceable(folder)
    checkpoint = load_checkpoint(folder)
    config, before = checkpoint.config, checkpoint.metrics
    opened = open_store(store)
    try:
        bulk, summary = opened.bulk(), opened.summary()
    finally:
        opened.close()
    valid = build_samples(bulk, checkpoint.vocabulary, "valid", config.max_history, config.folds).to(at)
    held = calibrate(checkpoint.model.to(at), valid, form, map_of(before))
    own_data = (before.get("data") or {}).get("fingerprint") in (None, data_facts(bulk, summary)["fingerprint"])
    metrics = _with_calibration(before, held, form, own_data)
    card = replace_section(checkpoint.card, sentences.BEGIN, sentences.END, sentences.section(metrics))
    changed = map_of(metrics) != map_of(before)
    unmeasured = changed and (folder / FAITHFULNESS).is_file()
    rewrite_checkpoint(checkpoint, metrics, with_section(card, "") if changed else card)
    return {
        "checkpoint": str(folder),
        "fingerprint_before": checkpoint.fingerprint,
        "fingerprint": fingerprint(folder),
        "own_data": own_data,
        "faithfulness_removed": unmeasured,
        RECORD: held,
    }


def _with_calibration(before: Mapping[str, Any], held: Mapping[str, Any], form: Form, own_data: bool) -> dict[str, Any]:
    """The metrics with this record; the validation log loss is that of the calibrated model, where it is known."""
    metrics = {**before, "options": {**(before.get("options") or {}), RECORD: form}, RECORD: held}
    if before.get("valid") and map_of(metrics) != map_of(before):
        metrics["valid"] = {**before["valid"], "log_loss": held["after"]["log_loss"] if own_data else None}
    return metrics
