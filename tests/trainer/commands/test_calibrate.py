"""`train --calibration`, `calibrate` and what `evaluate` says of it, from the command line."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from din_core.model.checkpoint import load_checkpoint, save_checkpoint
from din_core.store import BulkTables, ingest
from tests.trainer.planted_tables import planted_tables
from trainer.__main__ import main
from trainer.commands.models.calibrate import render
from trainer.training.calibration.calibrate import map_logits, map_of
from trainer.training.calibration.logit_fit import IDENTITY, LogitMap

FAST = ("--epochs=2", "--batch-size=64", "--min-count=1", "--compile=off", "--device=cpu", "--embedding-decay=0")
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """A command that ends well, by its JSON."""

    def call(*words: object) -> dict[str, Any]:
        capsys.readouterr()
        assert main([*map(str, words), "--json"]) == 0
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return call


@pytest.fixture
def overconfident(untrained_world: tuple[str, BulkTables, Path], tmp_path: Path) -> tuple[str, Path]:
    """A store, and a checkpoint without a record whose probabilities are far too high and too sure."""
    url, _, folder = untrained_world
    checkpoint = load_checkpoint(folder / "din-0")
    map_logits(checkpoint.model, IDENTITY, LogitMap(6.0, 3.0))
    metrics = {"valid": {"auc": 0.5, "log_loss": 2.0}}
    save_checkpoint(tmp_path / "din", checkpoint.model, checkpoint.vocabulary, metrics, "# DIN\n", half_tables=True)
    return url, tmp_path / "din"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A store, and a checkpoint as `train` writes it."""
    folder = tmp_path_factory.mktemp("calibrate")
    url = f"sqlite:///{folder / 'store.db'}"
    ingest(planted_tables(folder / "tables", users=20), url)
    assert main(["train", "--store", url, "--model=din", "--out", str(folder / "din"), *FAST]) == 0
    return url, folder / "din"


def test_train_calibrates_and_records_both_states(trained: tuple[str, Path], run: Run) -> None:
    url, folder = trained
    metrics = json.loads((folder / "metrics.json").read_text("utf-8"))
    held = metrics["calibration"]
    assert (held["form"], metrics["options"]["calibration"], held["impressions"]) == ("affine", "affine", 240)
    assert held["after"]["log_loss"] < held["before"]["log_loss"]
    kept = next(entry for entry in metrics["curve"] if entry["step"] == metrics["best_step"])
    assert (kept["log_loss"], metrics["valid"]["log_loss"]) == pytest.approx(
        (held["before"]["log_loss"], held["after"]["log_loss"])
    )
    (row,) = run("evaluate", "--store", url, "--checkpoint", folder, "--split=valid", "--device=cpu")["checkpoints"]
    assert (row["log_loss"], row["ece"]) == pytest.approx((held["after"]["log_loss"], held["after"]["ece"]), abs=1e-5)
    assert row["calibration"]["uncalibrated_log_loss"] == pytest.approx(held["before"]["log_loss"], abs=1e-5)
    assert row["calibration"]["uncalibrated_ece"] == pytest.approx(held["before"]["ece"], abs=1e-4)
    card = (folder / "README.md").read_text("utf-8")
    figures = (f"{held[when]['log_loss']:.4f}" for when in ("before", "after"))
    assert f"| log loss | {' | '.join(figures)} | {held['base_rate_log_loss']:.4f} |" in card


def test_train_without_calibration_says_so(trained: tuple[str, Path], run: Run, tmp_path: Path) -> None:
    url, folder = trained
    result = run("train", "--store", url, "--model=din", "--out", tmp_path / "din", "--calibration=none", *FAST)
    held = result["calibration"]
    assert (held["form"], held["reason"], held["before"]) == ("none", "asked", held["after"])
    calibrated = map_of(json.loads((folder / "metrics.json").read_text("utf-8")))
    layers = [load_checkpoint(one).model.tower.last for one in (folder, tmp_path / "din")]
    assert layers[0].weight.numpy() == pytest.approx(calibrated.slope * layers[1].weight.numpy())
    assert float(layers[0].bias) == pytest.approx(calibrated.slope * float(layers[1].bias) + calibrated.bias)
    assert "Not calibrated: `--calibration none` was given." in (tmp_path / "din" / "README.md").read_text("utf-8")


def test_tiny_validation_data_calibrates_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    ingest(planted_tables(tmp_path / "tables", users=8, weeks=8), url)
    assert main(["train", "--store", url, "--model=base", "--out", str(tmp_path / "base"), *FAST]) == 0
    printed = capsys.readouterr()
    for text in (printed.out, printed.err):
        found = re.search(r"ot calibrated: 96 validation impressions, (\d+) of them positive, are too few", text)
        assert found and 10 < int(found[1]) < 86


def test_validation_of_one_label_calibrates_nothing(tmp_path: Path, run: Run) -> None:
    tables = planted_tables(tmp_path / "tables", users=12)
    shown = pd.read_csv(tables / "impressions.csv")
    shown[(shown.split != "valid") | (shown.label == 0)].to_csv(tables / "impressions.csv", index=False)
    url = f"sqlite:///{tmp_path / 'store.db'}"
    ingest(tables, url)
    held = run("train", "--store", url, "--model=base", "--out", tmp_path / "base", *FAST)["calibration"]
    assert (held["reason"], held["base_rate_log_loss"]) == ("one label", None)
    card = (tmp_path / "base" / "README.md").read_text("utf-8")
    assert "validation impressions have one label." in card and "do not ship" not in card


def test_an_older_checkpoint_is_calibrated_in_its_place(overconfident: tuple[str, Path], run: Run) -> None:
    url, folder = overconfident
    before = load_checkpoint(folder)
    size = (folder / "model.safetensors").stat().st_size
    result = run("calibrate", "--store", url, "--checkpoint", folder, "--device=cpu")
    after, held = load_checkpoint(folder), result["calibration"]
    assert held["after"]["log_loss"] < held["base_rate_log_loss"] + 0.01 < held["before"]["log_loss"] - 1
    assert result["fingerprint_before"] == before.fingerprint != after.fingerprint == result["fingerprint"]
    assert (after.metrics["calibration"], after.metrics["options"]) == (held, {"calibration": "affine"})
    assert after.metrics["valid"] == {"auc": 0.5, "log_loss": held["after"]["log_loss"]}
    assert after.card.startswith("# DIN\n\n<!-- calibration -->\n## Calibration\n")
    assert (folder / "model.safetensors").stat().st_size == size  # item embeddings stay in half precision
    for name in ("config.json", "vocabulary.json"):
        assert (folder / name).is_file()
    assert [path.name for path in folder.parent.iterdir()] == ["din"]


def test_calibrating_again_changes_nothing_and_another_form_replaces_it(
    overconfident: tuple[str, Path], run: Run
) -> None:
    url, folder = overconfident
    command = ("calibrate", "--store", url, "--checkpoint", folder, "--device=cpu")
    first, again = run(*command), run(*command)
    assert first["fingerprint"] == again["fingerprint_before"] == again["fingerprint"]
    assert (again["calibration"]["slope"], again["calibration"]["bias"]) == (
        first["calibration"]["slope"],
        first["calibration"]["bias"],
    )
    other = run(*command, "--calibration=temperature")
    for found in (again, other):
        assert found["calibration"]["before"]["log_loss"] == pytest.approx(first["calibration"]["before"]["log_loss"])
    result = run(*command, "--calibration=none")
    assert "taken back up to rounding" in render(result)
    back = result["calibration"]
    assert back["after"]["log_loss"] == pytest.approx(first["calibration"]["before"]["log_loss"])
    assert load_checkpoint(folder).card.count("## Calibration") == 1


def test_what_faithfulness_measured_of_other_weights_goes_and_else_stays(
    overconfident: tuple[str, Path], capsys: pytest.CaptureFixture[str], run: Run
) -> None:
    url, folder = overconfident
    command = ["calibrate", "--store", url, "--checkpoint", str(folder), "--device=cpu"]
    text = "<!-- faithfulness -->\nmeasured\n<!-- /faithfulness -->\n"
    for removed in (True, False):
        (folder / "faithfulness.json").write_text("{}", "utf-8")
        card = folder / "README.md"
        card.write_text(f"{card.read_text('utf-8')}\n{text}", "utf-8")
        capsys.readouterr()
        assert main(command) == 0
        printed = capsys.readouterr().out
        assert ("What `faithfulness` had measured was of the weights before, and is removed" in printed) is removed
        assert ("links and cases made with" in printed) is removed
        assert ("the weights are as they were" in printed) is not removed
        assert (folder / "faithfulness.json").is_file() is not removed
        assert ("measured" in card.read_text("utf-8")) is not removed


def test_a_store_of_other_data_is_named(
    trained: tuple[str, Path], untrained_world: tuple[str, BulkTables, Path], run: Run, tmp_path: Path
) -> None:
    folder = shutil.copytree(trained[1], tmp_path / "din")
    own = run("calibrate", "--store", trained[0], "--checkpoint", folder, "--device=cpu")
    assert (own["own_data"], own["fingerprint"]) == (True, own["fingerprint_before"])
    other = run("calibrate", "--store", untrained_world[0], "--checkpoint", folder, "--device=cpu")
    assert other["own_data"] is False
    assert load_checkpoint(folder).metrics["valid"]["log_loss"] is None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--checkpoint=nowhere"), "nowhere holds no model.safetensors"),
        (("--checkpoint=."), "which is no part of a checkpoint"),
    ],
)
def test_what_is_no_checkpoint_is_refused(
    trained: tuple[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: str,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("precious")
    assert main(["calibrate", "--store", trained[0], words]) == 1
    assert message in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_store_without_validation_impressions_is_refused_and_the_checkpoint_stays(
    overconfident: tuple[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, folder = overconfident
    tables = planted_tables(tmp_path / "tables", users=12)
    shown = pd.read_csv(tables / "impressions.csv")
    shown[shown.split != "valid"].to_csv(tables / "impressions.csv", index=False)
    url = f"sqlite:///{tmp_path / 'other.db'}"
    ingest(tables, url)
    before = load_checkpoint(folder).fingerprint
    assert main(["calibrate", "--store", url, "--checkpoint", str(folder)]) == 1
    assert "0 impressions of split 'valid'" in capsys.readouterr().err
    assert load_checkpoint(folder).fingerprint == before


def test_evaluate_says_which_model_is_worse_than_the_base_rate(
    overconfident: tuple[str, Path], capsys: pytest.CaptureFixture[str], run: Run
) -> None:
    url, folder = overconfident
    command = ["evaluate", "--store", url, "--checkpoint", str(folder), "--device=cpu", "--split=valid"]
    result = run(*command)
    base = result["base_rate_log_loss"]
    assert result["checkpoints"][0]["calibration"] is None
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert f"log loss of the base rate, {result['base_rate']:.1%} for every impression: {base:.4f}" in printed
    assert "din was not calibrated: `python -m trainer calibrate` does it" in printed
    assert f"din is worse than the base rate: its log loss is {result['checkpoints'][0]['log_loss']:.4f}" in printed


def test_a_model_that_has_learned_is_not_called_worse(
    trained: tuple[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    url, folder = trained
    assert main(["evaluate", "--store", url, "--checkpoint", str(folder), "--device=cpu", "--split=valid"]) == 0
    printed = capsys.readouterr().out
    assert "din calibrated on validation, logit × " in printed
    assert "worse" not in printed
