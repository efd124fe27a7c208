"""Small tables, and untrained checkpoints beside a store, that tests of several rooms share."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import torch

from din_core.model.checkpoint import save_checkpoint
from din_core.model.network import InterestNetwork
from din_core.store import BulkTables, ingest
from tests.trainer.planted_tables import planted_tables
from trainer.datasets.four_tables import Tables
from trainer.evaluation import evaluate
from trainer.training.fields.training_vocabulary import build_vocabulary
from trainer.training.train import TrainOptions, build_config


@pytest.fixture
def tables() -> Tables:
    """Users a and b, b unknown but for its purchases; item 4 is nobody's, item 3 only b's."""
    return Tables(
        items=pd.DataFrame({"item_id": list("1234"), "title": ["One", "Two", "Three", None]}),
        users=pd.DataFrame({"user_id": ["a", "b"], "age": ["65+", None], "income": [None, None]}),
        behaviors=pd.DataFrame(
            {
                "user_id": list("aabb"),
                "item_id": list("1132"),
                "timestamp": [5, 9, 2, 4],
                "quantity": [1, 2, 1, 1],
            }
        ),
        impressions=pd.DataFrame(
            {
                "user_id": list("aab"),
                "item_id": list("232"),
                "timestamp": [10, 7, 10],
                "label": [1, 0, 1],
                "split": ["test", "train", "test"],
            }
        ),
    )


@pytest.fixture(scope="module")
def untrained_world(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, BulkTables, Path]:
    """A store, its tables, and a folder of untrained checkpoints MODEL-SEED."""
    folder = tmp_path_factory.mktemp("evaluate")
    url = f"sqlite:///{folder / 'store.db'}"
    ingest(planted_tables(folder / "tables", users=12), url)
    bulk = evaluate.read_bulk(url)
    vocabulary = build_vocabulary(bulk, min_count=1)
    for model in ("base", "base-decay", "din"):
        for seed in (0, 1):
            torch.manual_seed(seed)
            network = InterestNetwork(build_config(vocabulary, TrainOptions("", model, Path()))).eval()
            save_checkpoint(folder / f"{model}-{seed}", network, vocabulary, {}, "")
    return url, bulk, folder


@pytest.fixture
def history_readings(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """`folds` of each reading of the histories from here on."""
    readings: list[bool] = []
    build = evaluate.build_samples

    def noted(*arguments):  # type: ignore[no-untyped-def]
        readings.append(arguments[-1])
        return build(*arguments)

    monkeypatch.setattr(evaluate, "build_samples", noted)
    return readings
