"""The commands of the READMEs, run: what they print is what is shown, but for numbers and times.

The block about your own data is run on the very tables that it shows. The others are run on a small planted world.
"""

from __future__ import annotations

import json
import re
import shutil
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

from tests.readme.shown_commands import all_commands, output_of, shape, text_of
from tests.readme.shown_tables import write_shown_tables
from trainer.__main__ import main
from trainer.commands.data import prepare
from trainer.evaluation import baselines

QUICK = ["--compile=off", "--device=cpu", "--epochs=2"]
"""Added to commands that train: the same output, without trials or a wait for a compiler."""


def typed(start: str, *more: str) -> int:
    """Run the first command of a README that starts like this, with more options; the exit code."""
    (first, *_) = [command for command in all_commands() if command.text.startswith(f"python -m trainer {start}")]
    return main([*first.words[3:], *more])


def without_time(line: str) -> str:
    """A line with the time it tells masked."""
    return re.sub(r"[\d.]+ s\b", "# s", line)


@pytest.fixture
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the shown tables in it."""
    monkeypatch.chdir(tmp_path)
    return write_shown_tables(tmp_path / "tables")


def test_your_own_tables_are_loaded_and_the_counts_are_those_shown(
    own_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed("ingest tables") == 0
    printed = capsys.readouterr().out.splitlines()
    assert [*map(without_time, printed)] == [*map(without_time, output_of("python -m trainer ingest tables"))]


def test_a_row_that_cannot_be_loaded_is_named_in_the_words_shown(
    own_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    impressions = own_data / "impressions.csv"
    head, last = impressions.read_text("utf-8").rstrip().rsplit("\n", 1)
    impressions.write_text(f"{head}\n{last.replace('tent-1', 'tent-9')}\n", "utf-8")
    assert typed("ingest tables") == 1
    error = capsys.readouterr().err
    assert error[error.index("error:") :].splitlines() == output_of("python -m trainer ingest tables", nth=1)


@pytest.fixture(scope="module")
def planted_world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with small planted tables in stores of the READMEs' names, and what `planted` and `ingest` printed."""
    folder = tmp_path_factory.mktemp("readme")
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as printed:
        patch.chdir(folder)
        assert typed("planted --out data/planted", "--users=150") == 0
        assert typed("ingest data/planted") == 0
        for name in ("shop", "cj"):
            shutil.copy("planted.db", f"{name}.db")
        assert typed("check --store sqlite:///shop.db") == 0
        assert typed("train --store sqlite:///shop.db --model din", *QUICK) == 0
        assert typed("train --store sqlite:///shop.db --model base", *QUICK) == 0
        for seed in (0, 1):
            for model in ("din", "base"):
                options = ["--store=sqlite:///cj.db", f"--model={model}", f"--seed={seed}"]
                assert main(["train", *options, f"--out=runs/{model}-{seed}", *QUICK]) == 0
    return folder, printed.getvalue()


@pytest.fixture
def world(planted_world: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The planted world as the working directory."""
    monkeypatch.chdir(planted_world[0])
    return planted_world[0]


def test_planted_prints_what_is_shown(planted_world: tuple[Path, str]) -> None:
    shown = output_of("python -m trainer planted")
    assert [*map(shape, planted_world[1].split("\n")[: len(shown)])] == [*map(shape, shown)]


def test_training_and_evaluating_your_own_data_are_the_commands_shown(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert {path.name for path in (world / "checkpoints").iterdir()} >= {"din", "base"}
    assert typed("evaluate --store sqlite:///shop.db", "--device=cpu") == 0
    assert "RelaImpr over the base: AUC " in capsys.readouterr().out


def test_calibrating_again_what_training_calibrated_changes_no_weight(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed("calibrate", "--device=cpu") == 0
    assert "checkpoints/din: the weights are as they were, so the fingerprint stays " in capsys.readouterr().out


def test_evaluate_leaves_the_columns_of_predictions_that_are_named(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed("evaluate --store sqlite:///cj.db") == 0
    assert json.loads(capsys.readouterr().out)["split"] == "test"
    columns = ["user_id", "item_id", "timestamp", "label", "probability"]
    assert list(pd.read_parquet(world / "din.parquet").columns) == columns


def test_orient_tells_of_a_checkpoint_whether_it_was_turned_round(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (world / "runs" / "din-0" / "model.safetensors").read_bytes()
    assert typed("orient --store sqlite:///cj.db") == 0
    (printed,) = capsys.readouterr().out.splitlines()
    (shown,) = [line for line in output_of("python -m trainer orient") if line.startswith("din-0: ")]
    assert shape(printed) == shape(shown)
    assert (world / "runs" / "din-0" / "model.safetensors").read_bytes() == before  # training had chosen its sign


def rows_below(readme_heading: str) -> list[str]:
    """The lines of the first table below a heading of the trainer's README, and the sentence after it."""
    below = text_of("trainer/README.md").split(f"{readme_heading}\n", 1)[1]
    table = re.search(r"(?:^\|.*\n)+\n.+", below, re.M)
    assert table is not None
    return table[0].splitlines()


def test_the_leaderboard_is_printed_as_the_table_shown(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed("leaderboard --store sqlite:///cj.db --out runs --measure-only", "--models=base,din", *QUICK) == 0
    # A base model at chance, as a small world may have it, leaves no RelaImpr to tell.
    printed = [shape(line).replace("| - |", "| #% |") for line in capsys.readouterr().out.splitlines()]
    shown = [shape(line) for line in rows_below("## Quality")]
    wanted = r"\| (model|Average pooling|DIN) \||\|-"
    named = [line for line in shown if not line.startswith("|") or re.match(wanted, line)]
    assert printed[: len(named)] == named
    weights = [shape(line) for line in rows_below("### Weights on the leaderboard")]
    assert [printed[len(named) + 1], printed[-3]] == [weights[0], weights[-1]]


def test_the_baselines_are_printed_as_the_table_shown(
    world: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(baselines, "TREES", 10)
    assert typed("baselines") == 0
    printed = capsys.readouterr().out.splitlines()
    assert [*map(shape, printed)] == [*map(shape, output_of("python -m trainer baselines"))]


def test_check_prints_a_verdict_a_question(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed("check --store sqlite:///cj.db") == 0
    first, *_ = capsys.readouterr().out.splitlines()
    shown, *_ = output_of("python -m trainer check --store")
    assert shape(first).split(maxsplit=1)[1] == shape(shown).split(maxsplit=1)[1]


def test_faithfulness_writes_what_is_said_into_the_checkpoint(world: Path) -> None:
    few = ["--sample=5", "--adversarial=1", "--device=cpu"]
    assert typed("faithfulness --store sqlite:///cj.db --checkpoint checkpoints/din", *few) == 0
    assert (world / "checkpoints" / "din" / "faithfulness.json").is_file()
    assert "<!-- faithfulness -->" in (world / "checkpoints" / "din" / "README.md").read_text("utf-8")


def test_cases_are_left_in_the_folder_that_is_named(world: Path) -> None:
    assert typed("cases", "--effects=5", "--device=cpu") == 0
    assert (world / "checkpoints" / "cases").is_dir()


def test_what_prepare_prints_is_what_is_shown() -> None:
    counts = {"train": 391937, "valid": 41772, "test": 95128}
    result = {
        "out": "data/cj",
        "items": 68067,
        "users": 2469,
        "behaviors": 1446192,
        "impressions": counts,
        "positive_rate": dict.fromkeys(counts, 0.279),
        "popularity_auc": 0.518,
        "popularity_auc_uniform_negatives": 0.89,
        "seconds": 18.1,
        "seed": 2017,
    }
    printed = prepare.render(result).splitlines()
    assert [*map(shape, printed)] == [*map(shape, output_of("python -m trainer prepare"))]
