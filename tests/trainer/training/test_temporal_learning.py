"""TIN learns what rank and item decide together, which nothing without order can; its card says what it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from din_core.metrics import auc
from din_core.model.checkpoint import load_checkpoint
from din_core.model.network import InterestNetwork
from din_core.store import BulkTables
from tests.trainer.planted_tables import planted_tables
from trainer.__main__ import main
from trainer.training.fields.training_vocabulary import build_vocabulary
from trainer.training.fitting.fit import fit
from trainer.training.fitting.options import FitOptions
from trainer.training.fitting.prediction import predict
from trainer.training.model_fields import ModelFields
from trainer.training.samples import build_samples
from trainer.training.train import TrainOptions, build_config

ITEMS, USERS, DAY, PAST = 8, 600, 86_400, 3
SPLITS = ("train", "valid")
FAST = ("--epochs", "1", "--batch-size", "64", "--min-count", "1", "--device", "cpu")


def newest_again() -> BulkTables:
    """Everybody saw three items, 16, 4 and 1 days ago, and takes the newest of them again, but not the oldest."""
    rng = np.random.default_rng(0)
    seen = np.array([rng.permutation(ITEMS)[:PAST] for _ in range(USERS)])  # oldest first
    user, now = np.repeat(np.arange(USERS), 2), 100 * DAY
    early = user < USERS * 2 // 3
    return BulkTables(
        items=pd.DataFrame({"item_id": [f"i{n}" for n in range(ITEMS)]}, dtype=object),
        users=pd.DataFrame({"user_id": [f"u{n}" for n in range(USERS)]}, dtype=object),
        behavior_user=np.repeat(np.arange(USERS), PAST),
        behavior_item=seen.ravel(),
        behavior_time=np.tile(now - DAY * 4 ** np.arange(PAST - 1, -1, -1), USERS),
        behavior_types=(),
        behavior_type=None,
        impression_user=user,
        impression_item=seen[:, [-1, 0]].ravel(),
        impression_time=np.where(early, now, now + 1),
        impression_label=np.tile([1, 0], USERS).astype(np.int8),
        impression_split=np.where(early, *SPLITS),
        impression_context=pd.DataFrame(index=range(2 * USERS)),
    )


def fitted(tables: BulkTables, model: str, **changes: object) -> float:
    """AUC on validation data."""
    options = TrainOptions("", model, Path(), tower_dropout=0.0, changes={"tower_hidden": (16, 8), **changes})
    vocabulary = build_vocabulary(tables, 1, ModelFields((), (), ()))
    torch.manual_seed(0)
    network = InterestNetwork(build_config(vocabulary, options))
    config = network.config
    train, valid = (build_samples(tables, vocabulary, split, config.max_history, config.folds) for split in SPLITS)
    fit(network, train, valid, FitOptions(epochs=16, batch_size=64, learning_rate=2e-2, evaluations_per_epoch=1))
    return auc(valid.label.numpy(), predict(network, valid))


@pytest.mark.parametrize("model", ["tin", "tin-gaps"])
def test_time_and_item_together_are_learned(model: str) -> None:
    assert fitted(newest_again(), model) > 0.75


def test_without_a_temporal_encoding_they_are_not() -> None:
    assert fitted(newest_again(), "tin", temporal_encoding="none") < 0.6


@pytest.mark.parametrize(
    ("model", "encoded"),
    [("tin", "with an embedding of each behavior's rank, the newest 1, added"), ("tin-gaps", "range of its time gap")],
)
def test_a_trained_checkpoint_says_what_it_encodes(model: str, encoded: str, tmp_path: Path) -> None:
    tables = planted_tables(tmp_path / "tables", users=20)
    url, out = f"sqlite:///{tmp_path / 'store.db'}", tmp_path / "runs" / model
    assert main(["ingest", str(tables), "--store", url]) == 0
    assert main(["train", "--store", url, "--model", model, "--out", str(out), *FAST]) == 0
    card = load_checkpoint(out).card
    assert encoded in card
    assert "what is summed of a behavior is its product with the candidate, element by element (TIN" in card
    assert "An attention weight is what the model multiplies the product of a behavior and the candidate by" in card
    assert ("| Time gaps | 22 ranges" in card) == (model == "tin-gaps")


def test_gaps_for_a_tin_of_ranks_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables = planted_tables(tmp_path / "tables", users=8)
    url = f"sqlite:///{tmp_path / 'store.db'}"
    assert main(["ingest", str(tables), "--store", url]) == 0
    out = str(tmp_path / "tin")
    assert main(["train", "--store", url, "--model", "tin", "--unit-reads", "gap", "--out", out, *FAST]) != 0
    assert "temporal_encoding is 'rank', but gap_edges holds 21 days" in capsys.readouterr().err
