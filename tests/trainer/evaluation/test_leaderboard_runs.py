"""`leaderboard`: one table of all models, and nothing trained twice."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from din_core.store import ingest
from tests.trainer.planted_tables import planted_tables
from trainer.__main__ import main
from trainer.commands.shared import training_options
from trainer.evaluation.evaluate import evaluate
from trainer.evaluation.leaderboard_runs import as_markdown
from trainer.training.recipes import RECIPES

FAST = ("--epochs=2", "--batch-size=64", "--min-count=1", "--compile=off", "--device=cpu", "--max-history=20")
MODELS = ("base", "base-decay", "din")


def store_of(folder: Path, **options: int) -> str:
    url = f"sqlite:///{folder / 'store.db'}"
    ingest(planted_tables(folder / "tables", **options), url)
    return url


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A finished leaderboard of three models and two seeds, and its store. To be copied, not changed."""
    folder = tmp_path_factory.mktemp("leaderboard")
    url = store_of(folder, users=16)
    assert run(url, folder / "runs") == 0
    return folder / "runs", url


@pytest.fixture
def copied(finished: tuple[Path, str], tmp_path: Path) -> tuple[Path, str]:
    return shutil.copytree(finished[0], tmp_path / "runs"), finished[1]


def run(url: str, out: Path, *more: str, models: tuple[str, ...] = MODELS) -> int:
    return main(
        ["leaderboard", "--store", url, "--out", str(out), f"--models={','.join(models)}", "--seeds=0,1", *FAST, *more]
    )


def board_of(out: Path) -> dict:
    return json.loads((out / "leaderboard.json").read_text())


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the runs that are trained from here on."""
    names: list[str] = []
    train = training_options.train

    def noted(options, **rest):  # type: ignore[no-untyped-def]
        names.append(options.out.name)
        return train(options, **rest)

    monkeypatch.setattr(training_options, "train", noted)
    return names


def test_every_model_has_a_row_in_the_recipes_order(finished: tuple[Path, str]) -> None:
    board = board_of(finished[0])
    assert [row["model"] for row in board["rows"]] == [name for name in RECIPES if name in MODELS]
    assert (board["split"], board["reference"]) == ("test", "base")
    assert board["impressions"] == 16 * 2 * 6
    for row in board["rows"]:
        assert row["seeds"] == [0, 1]
        assert row["epochs"] == 2
        assert row["seconds"] > 0
        assert len(row["auc"]["each"]) == 2


def test_a_row_is_what_evaluate_says_of_its_checkpoints(finished: tuple[Path, str]) -> None:
    out, url = finished
    row = board_of(out)["rows"][-1]
    evaluated = evaluate(url, [out / "din-0", out / "din-1"], "test", [out / "base-0", out / "base-1"], device="cpu")
    for name in ("auc", "gauc", "log_loss", "ece"):
        assert row[name]["mean"] == pytest.approx(evaluated["checkpoints_mean"][name])
        assert row[name]["sd"] == pytest.approx(evaluated["checkpoints_mean"][f"{name}_sd"])
        assert [row[name]["low"], row[name]["high"]] == pytest.approx(evaluated["checkpoints_mean"][f"{name}_interval"])
        assert row[name]["each"] == pytest.approx([one[name] for one in evaluated["checkpoints"]])
    if evaluated["rela_impr"]["auc"] is None:
        assert row["rela_impr"] is None
    else:
        assert row["rela_impr"]["mean"] == pytest.approx(evaluated["rela_impr"]["auc"])


def test_the_markdown_table_says_the_same(finished: tuple[Path, str]) -> None:
    lines = (finished[0] / "leaderboard.md").read_text().split("\n\n")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    assert rows[0] == ["model", "seeds", "AUC", "95 %", "GAUC", "log loss", "ECE", "RelaImpr", "minutes", "parameters"]
    for cells, row in zip(rows[1:], board_of(finished[0])["rows"], strict=True):
        assert cells[0] == row["title"]
        assert cells[1] == "2"
        assert cells[2] == f"{row['auc']['mean']:.4f} ± {row['auc']['sd']:.4f}"
        assert cells[5] == f"{row['log_loss']['mean']:.4f}"
        assert cells[9] == f"{row['parameters']:,}"


def test_the_base_rate_stands_beside_the_log_losses_and_who_is_worse_is_named(finished: tuple[Path, str]) -> None:
    out, url = finished
    board = board_of(out)
    found = evaluate(url, [out / "din-0"], "test", device="cpu")
    assert (board["base_rate"], board["base_rate_log_loss"]) == (found["base_rate"], found["base_rate_log_loss"])
    text = f"log loss of the base rate, {board['base_rate']:.1%} for all: {board['base_rate_log_loss']:.4f}."
    assert text in (out / "leaderboard.md").read_text("utf-8")
    last = board["rows"][-1]
    for mean, warned in ((0.1, False), (0.9, True)):
        rows = [{**row, "log_loss": {**row["log_loss"], "mean": mean}} for row in board["rows"][-1:]]
        printed = as_markdown({**board, "rows": rows})
        assert (f"so not to be shipped: {last['title']}." in printed) is warned
    older = {name: value for name, value in board.items() if not name.startswith("base_rate")}
    assert "base rate" not in as_markdown(older)


def test_runs_of_before_calibration_are_measured_and_named(
    copied: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    out, url = copied
    assert "before runs were calibrated" not in (out / "leaderboard.md").read_text("utf-8")
    path = out / "din-1" / "metrics.json"
    metrics = json.loads(path.read_text("utf-8"))
    del metrics["calibration"], metrics["options"]["calibration"]
    path.write_text(json.dumps(metrics), "utf-8")
    assert run(url, out, "--measure-only") == 0
    text = f"Trained before runs were calibrated: {board_of(out)['rows'][-1]['title']} (1 of 2 runs); "
    assert text in capsys.readouterr().out


def test_a_finished_run_of_another_calibration_is_not_mixed_in(
    copied: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    out, url = copied
    assert run(url, out, "--calibration=none") == 1
    assert "with calibration affine, not none" in capsys.readouterr().err


def test_a_second_table_has_what_training_measured_of_weights(finished: tuple[Path, str]) -> None:
    rows = {row["model"]: row["weights"] for row in board_of(finished[0])["rows"]}
    metrics = [json.loads((finished[0] / f"din-{seed}" / "metrics.json").read_text("utf-8")) for seed in (0, 1)]
    after = [one["orientation"]["units"][0]["after"] for one in metrics]
    assert rows["din"]["tau"]["each"] == [one["tau"] for one in after]
    assert (rows["din"]["split"], rows["din"]["missing"]) == ("valid", None)
    assert (rows["base"]["tau"], rows["base"]["missing"]) == (None, "alike")
    text = (finished[0] / "leaderboard.md").read_text("utf-8")
    assert f"| {rows['din']['tau']['mean']:.3f} ± {rows['din']['tau']['sd']:.3f} |" in text
    assert "- Average pooling: every behavior of a history weighs the same." in text


def test_only_measuring_takes_the_runs_that_are_finished(copied: tuple[Path, str], trained: list[str]) -> None:
    out, url = copied
    shutil.rmtree(out / "din-1")
    assert run(url, out, "--measure-only") == 0
    assert trained == []
    rows = {row["model"]: row for row in board_of(out)["rows"]}
    assert (rows["din"]["seeds"], rows["base"]["seeds"]) == ([0], [0, 1])
    assert rows["din"]["auc"]["sd"] is None
    shutil.rmtree(out)
    assert run(url, out, "--measure-only") == 1


def test_only_measuring_takes_runs_however_they_were_fitted_but_no_mean_of_different_ones(
    copied: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    out, url = copied
    for seed in (0, 1):
        path = out / f"din-{seed}" / "metrics.json"
        metrics = json.loads(path.read_text("utf-8"))
        metrics["options"]["learning_rate"] = 0.5
        path.write_text(json.dumps(metrics), "utf-8")
        if seed == 0:
            assert run(url, out, "--measure-only") == 1
            assert (
                "din-1 and din-0 were trained with different options, so they have no mean" in capsys.readouterr().err
            )
    assert run(url, out, "--measure-only") == 0
    assert {row["model"] for row in board_of(out)["rows"]} == set(MODELS)
    assert run(url, out) == 1
    assert "learning_rate 0.5, not" in capsys.readouterr().err


def test_a_second_call_trains_nothing(copied: tuple[Path, str], trained: list[str]) -> None:
    out, url = copied
    before = board_of(out)
    (out / "leaderboard.json").unlink()
    assert run(url, out) == 0
    assert trained == []
    assert {**board_of(out), "made_at": ""} == {**before, "made_at": ""}


def test_only_the_missing_run_is_trained_and_an_interrupted_one_goes_on(
    copied: tuple[Path, str], trained: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out, url = copied
    unbroken = (out / "din-1" / "model.safetensors").read_bytes()
    shutil.rmtree(out / "din-1")
    steps: list[int] = []

    def update(bar: Any, n: int) -> None:
        steps.append(bar.total)
        if len(steps) == bar.total * 3 // 4:
            raise KeyboardInterrupt

    monkeypatch.setattr(training_options.tqdm, "update", update)
    assert run(url, out) == 130
    first = len(steps)
    assert (out / ".din-1.unfinished").is_dir()
    assert run(url, out) == 0
    assert trained == ["din-1", "din-1"]
    assert len(steps) - first <= steps[0] / 2  # from the last evaluation
    assert (out / "din-1" / "model.safetensors").read_bytes() == unbroken
    assert not (out / ".din-1.unfinished").exists()


@pytest.mark.parametrize(
    ("option", "difference"),
    [
        ("--epochs=3", "epochs 2, not 3"),
        ("--learning-rate=0.5", "learning_rate chosen from the data, not 0.5"),
        ("--max-history=7", "max_history 20, not 7"),
        ("--dropout=0.1", "tower_dropout 0.3, not 0.1"),
        ("--min-count=2", "min_count 1, not 2"),
        ("--item-width=5", "item widths"),
        ("--item-fields=", "item fields item_id/category, not item_id"),
    ],
)
def test_other_options_are_named_and_nothing_is_touched(
    finished: tuple[Path, str], trained: list[str], capsys: pytest.CaptureFixture[str], option: str, difference: str
) -> None:
    out, url = finished
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    assert run(url, out, option) == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert f"base-0 holds a finished base with {difference}" in error
    assert "--restart" in error
    assert trained == []
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before


def test_other_data_is_named(finished: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables = planted_tables(tmp_path / "tables", users=16)
    shown = pd.read_csv(tables / "impressions.csv")
    shown.loc[0, "label"] = 1 - shown.loc[0, "label"]
    shown.to_csv(tables / "impressions.csv", index=False)
    url = f"sqlite:///{tmp_path / 'other.db'}"
    ingest(tables, url)
    assert run(url, finished[0]) == 1
    assert "base-0 holds a finished base with fingerprint" in capsys.readouterr().err


def test_restart_trains_anew_what_differs_and_only_that(copied: tuple[Path, str], trained: list[str]) -> None:
    out, url = copied
    assert run(url, out, "--epochs=1", "--restart", models=("base",)) == 0
    assert trained == ["base-0", "base-1"]
    assert run(url, out, "--epochs=1", "--restart", models=("base",)) == 0
    assert trained == ["base-0", "base-1"]
    assert board_of(out)["rows"][0]["epochs"] == 1


def test_a_failing_model_is_named_and_the_others_are_kept(
    copied: tuple[Path, str], trained: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out, url = copied
    train = training_options.train

    def failing(options, **rest):  # type: ignore[no-untyped-def]
        if options.model == "base-decay":
            raise MemoryError("no room")
        return train(options, **rest)

    monkeypatch.setattr(training_options, "train", failing)
    for name in ("base-decay-0", "base-decay-1", "din-1"):
        shutil.rmtree(out / name)
    assert run(url, out) == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert "2 of 6 runs failed (base-decay-0: MemoryError no room; base-decay-1: MemoryError no room)" in error
    assert trained == ["din-1"]
    assert [row["model"] for row in board_of(out)["rows"]] == ["base", "din"]


def test_runs_side_by_side_are_the_train_commands_that_make_the_same(
    copied: tuple[Path, str], trained: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out, url = copied
    before = board_of(out)["rows"][0]
    for name in ("base-0", "base-1"):
        shutil.rmtree(out / name)

    def in_this_process(
        commands: dict[str, list[str]], jobs: int, say: object, variables: dict[str, str]
    ) -> dict[str, str]:
        assert jobs == 2
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return {name: "failed" for name, argv in commands.items() if main(argv) != 0}

    monkeypatch.setattr("trainer.commands.models.leaderboard.run_in_parallel", in_this_process)
    assert run(url, out, "--jobs=2", models=("base",)) == 0
    assert trained == ["base-0", "base-1"]
    assert board_of(out)["rows"][0]["auc"] == before["auc"]


def test_a_table_without_the_reference_has_no_rela_impr(copied: tuple[Path, str]) -> None:
    out, url = copied
    assert run(url, out, models=("din",)) == 0
    board = board_of(out)
    assert board["rows"][0]["rela_impr"] is None
    assert as_markdown(board).splitlines()[2].split("|")[8].strip() == "-"


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--models=din,dine", "there is no model 'dine'; take some of base, "),
        ("--seeds=0,x", "invalid"),
        ("--jobs=0", "--jobs is 0, but must be 1 or more"),
    ],
)
def test_options_that_make_no_table_are_refused(
    finished: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, message: str
) -> None:
    try:
        code = main(["leaderboard", "--store", finished[1], "--out", str(tmp_path / "out"), option])
    except SystemExit as stopped:  # argparse
        code = stopped.code
    assert code
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_run_that_does_not_tell_its_training_is_named(
    copied: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    out, url = copied
    path = out / "din-1" / "metrics.json"
    path.write_text(json.dumps({"options": json.loads(path.read_text("utf-8"))["options"]}), "utf-8")
    assert run(url, out) == 1
    assert f"{out}/din-1/metrics.json holds no parameters, which the table needs" in capsys.readouterr().err
