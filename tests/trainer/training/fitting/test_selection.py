"""The measure that chooses a state: GAUC, else AUC, else log loss; and what training says of it and of the data."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from din_core.metrics import gauc
from din_core.store import ingest
from tests.trainer.planted_tables import DAY, planted_tables
from trainer.__main__ import main
from trainer.training.fitting.run import Run
from trainer.training.fitting.selection import (
    chance_error,
    describe_measure,
    is_best,
    measure_logits,
    selection_measure,
)

FAST = ("--epochs=1", "--batch-size=64", "--min-count=1", "--compile=off", "--device=cpu", "--max-history=20")


@pytest.mark.parametrize(
    ("user", "label", "measure"),
    [
        ([*range(400), *range(400)], [1] * 400 + [0] * 400, "calibrated_log_loss"),
        ([*range(1200), *range(1200)], [1] * 1200 + [0] * 1200, "gauc"),
        ([1, 1, 2], [0, 0, 1], "auc"),
        ([1, 1, 2], [1, 1, 1], "log_loss"),
        ([1, 1, 2], [0, 0, 0], "log_loss"),
    ],
)
def test_the_measure_is_the_first_that_has_a_value(user: list[int], label: list[int], measure: str) -> None:
    users, labels = np.array(user), np.array(label, np.float32)
    assert selection_measure(users, labels) == measure
    found = measure_logits(users, labels, np.linspace(-0.5, 0.5, len(users)))
    order = ["gauc", "auc", "log_loss"]
    first = order.index("gauc" if measure == "calibrated_log_loss" else measure)
    assert [found[name] is None for name in order] == [order.index(name) < first for name in order]
    assert ("calibrated_log_loss" in found) == (measure == "calibrated_log_loss")


def test_the_chance_in_gauc_is_that_of_shuffled_scores() -> None:
    rng = np.random.default_rng(0)
    user = np.repeat(np.arange(40), rng.integers(2, 12, 40))
    label = (rng.random(len(user)) < 0.4).astype(np.float32)
    drawn = [gauc(user, label, rng.random(len(user))).value for _ in range(4000)]
    assert chance_error(user, label) == pytest.approx(np.std(drawn), rel=0.05)
    assert chance_error(np.array([1, 1]), np.array([0.0, 1.0])) == pytest.approx(0.5)  # right or wrong


@pytest.mark.parametrize(
    ("users", "words"),
    [
        (1, "(1 user has impressions of both labels: by chance alone it varies by ± 0.500); give more validation"),
        (29, "(29 users have impressions of both labels: by chance alone it varies by ± 0.093); give more validation"),
        (30, "(30 users have impressions of both labels: by chance alone it varies by ± 0.091)"),
    ],
)
def test_a_gauc_over_few_users_is_told_to_say_little(users: int, words: str) -> None:
    user, label = np.repeat(np.arange(users + 1), 2), np.tile([0.0, 1.0], users + 1)
    label[-1] = 0  # the last user has one label
    measure = selection_measure(user, label)
    said = describe_measure(measure, user, label)
    assert said.startswith("chosen by validation calibrated log loss: of the states that GAUC, over few users, cannot ")
    assert words in said and said.endswith(words) == (users == 30)


def test_more_gauc_but_less_log_loss_is_better() -> None:
    low, high = {"gauc": 0.6, "log_loss": 0.4}, {"gauc": 0.7, "log_loss": 0.5}
    assert is_best("gauc", high, [low]) and not is_best("gauc", low, [high])
    assert is_best("log_loss", low, [high]) and not is_best("log_loss", high, [low])
    assert not is_best("gauc", low, [low]) and is_best("gauc", low, [])


Change = Callable[[pd.DataFrame], None]


def store_of(folder: Path, change: Change, behaviors: Change = lambda frame: None) -> str:
    tables = planted_tables(folder / "tables", users=8, weeks=8)
    for name, edit in (("impressions", change), ("behaviors", behaviors)):
        frame = pd.read_csv(tables / f"{name}.csv")
        edit(frame)
        frame.to_csv(tables / f"{name}.csv", index=False)
    ingest(tables, f"sqlite:///{folder / 'store.db'}")
    return f"sqlite:///{folder / 'store.db'}"


def by_user(frame: pd.DataFrame) -> None:
    frame.loc[frame.split == "valid", "label"] = (frame.user_id < "u4").astype(int)


def all_ones(frame: pd.DataFrame) -> None:
    frame.loc[frame.split == "valid", "label"] = 1


@pytest.mark.parametrize(
    ("change", "measure", "why"),
    [
        (by_user, "AUC", "no user has validation impressions of both labels, so GAUC has no value"),
        (all_ones, "log loss", "all validation impressions have one label, so neither GAUC nor AUC has a value"),
    ],
)
def test_training_falls_back_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Change, measure: str, why: str
) -> None:
    url, out = store_of(tmp_path, change), tmp_path / "din"
    assert main(["train", "--store", url, "--out", str(out), *FAST]) == 0
    printed, text = capsys.readouterr()
    assert f"chosen by validation {measure}: {why}" in text
    assert "valid impressions" in text and "Check the data: " in text
    assert "<- kept" in printed
    card = (out / "README.md").read_text("utf-8")
    assert f"| Chosen by | validation {measure} " in card and f"({why}) at step" in card
    metrics = json.loads((out / "metrics.json").read_text("utf-8"))
    assert metrics["chosen_by"] == measure.lower().replace(" ", "_")
    assert metrics["valid"]["gauc"] is None


def late(frame: pd.DataFrame) -> None:
    frame["timestamp"] += 400 * DAY


def train_ones(frame: pd.DataFrame) -> None:
    frame.loc[frame.split == "train", "label"] = 1


def no_validation(frame: pd.DataFrame) -> None:
    frame.loc[frame.split == "valid", "split"] = "train"


@pytest.mark.parametrize(
    ("impressions", "behaviors", "message"),
    [
        (lambda frame: None, late, "train impressions have an empty history: no behavior of their users is earlier"),
        (train_ones, lambda frame: None, "train impressions have the label 1, so there is nothing to tell apart"),
        (no_validation, lambda frame: None, "there are 0 valid impressions, and training needs some"),
    ],
)
def test_no_model_is_trained_on_data_that_teaches_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], impressions: Change, behaviors: Change, message: str
) -> None:
    url = store_of(tmp_path, impressions, behaviors)
    assert main(["train", "--store", url, "--out", str(tmp_path / "din"), *FAST]) == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("error: no model can be trained on this store: ") and message in error
    assert not (tmp_path / "din").exists()


def test_a_loss_that_is_no_number_ends_training_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = store_of(tmp_path, lambda frame: None)
    monkeypatch.setattr(Run, "_learn", lambda *_: torch.tensor(float("nan")))
    assert main(["train", "--store", url, "--out", str(tmp_path / "din"), *FAST, "--learning-rate=9"]) == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("error: the training loss is ") and "--learning-rate below 9, and --restart" in error
    assert not (tmp_path / "din").exists()
