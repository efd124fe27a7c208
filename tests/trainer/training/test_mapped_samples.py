"""Training on arrays that lie on disk is training on the same numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from din_core.model.checkpoint import load_checkpoint
from din_core.store import ingest, open_store
from din_core.store.growing_array import GrowingArray
from tests.trainer.planted_tables import planted_tables
from trainer.evaluation.evaluate import evaluate
from trainer.training.fields import training_vocabulary
from trainer.training.fields.training_vocabulary import build_vocabulary
from trainer.training.fitting.options import FitOptions
from trainer.training.samples import build_samples
from trainer.training.train import TrainOptions, train

EACH = ("behavior_user", "behavior_item", "behavior_time", "impression_user", "impression_time", "impression_split")


@pytest.fixture
def url(tmp_path: Path) -> str:
    ingest(planted_tables(tmp_path / "tables"), f"sqlite:///{tmp_path / 'store.db'}")
    return f"sqlite:///{tmp_path / 'store.db'}"


def on_disk(patch: pytest.MonkeyPatch) -> None:
    """Everything from the first byte on, and samples built a few groups at a time."""
    patch.setattr(GrowingArray, "most_bytes", 0)
    patch.setattr(training_vocabulary, "STRETCH", 100)


def test_tables_and_samples_on_disk_hold_what_those_in_memory_do(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(url)
    before = store.bulk()
    on_disk(monkeypatch)
    after = store.bulk()
    store.close()
    for name in EACH:
        assert isinstance(getattr(after, name), np.memmap)
        assert np.array_equal(getattr(after, name), getattr(before, name))
    vocabulary = build_vocabulary(after, min_count=1)
    assert vocabulary == build_vocabulary(before, min_count=1)
    for folds in (True, False):
        one, other = (build_samples(tables, vocabulary, "train", 50, folds) for tables in (before, after))
        assert one.fingerprint() == other.fingerprint()
        groups = np.arange(one.groups)[::-1].copy()
        made = one.batch(groups)[0], other.batch(groups)[0]
        for name in ("behavior", "count", "age", "candidate", "context"):
            assert torch.equal(getattr(made[0], name), getattr(made[1], name))


def test_the_same_seed_trains_the_same_model_to_the_bit(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trained(name: str) -> Path:
        options = TrainOptions(url, "din", tmp_path / name, device="cpu", min_count=1, fit=FitOptions(epochs=1))
        train(options)
        return tmp_path / name

    def measured(folder: Path) -> dict[str, object]:
        figures = evaluate(url, [folder], "test", device="cpu")["checkpoints"][0]
        return {name: value for name, value in figures.items() if name != "checkpoint"}

    in_memory = trained("memory")
    expected = measured(in_memory)
    on_disk(monkeypatch)
    mapped = trained("mapped")
    assert (mapped / "model.safetensors").read_bytes() == (in_memory / "model.safetensors").read_bytes()
    assert load_checkpoint(mapped).metrics["data"] == load_checkpoint(in_memory).metrics["data"]
    assert measured(mapped) == expected
