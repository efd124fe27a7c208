"""`leaderboard`: what it hands to the processes that train side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from trainer.__main__ import main
from trainer.commands.models import leaderboard

URL = "postgresql://din:hunter2@localhost/shop"


@pytest.fixture(autouse=True)
def _only_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    def train(runs: Any, split: str, out: Path, train_all: Any, **_: Any) -> dict[str, Any]:
        return dict(train_all(runs))

    monkeypatch.setattr(leaderboard, "leaderboard", train)
    monkeypatch.setattr(leaderboard, "render", str)


def test_the_stores_password_stands_on_no_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handed: list[tuple[Any, ...]] = []

    def run(*arguments: Any) -> dict[str, str]:
        handed.append(arguments)
        return {}

    monkeypatch.setattr(leaderboard, "run_in_parallel", run)
    command = ["leaderboard", f"--store={URL}", f"--out={tmp_path}", "--models=base,din", "--seeds=0", "--jobs=2"]
    assert main(command) == 0
    ((commands, _, _, variables),) = handed
    assert list(commands) == ["base-0", "din-0"]
    assert "hunter2" not in str(commands)
    assert list(variables.values()) == [URL]


def test_what_an_unexpected_failure_quotes_is_told_without_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(run: Any) -> None:
        raise RuntimeError(f"no way to {run.store}")

    monkeypatch.setattr(leaderboard, "train_with_bar", fail)
    assert main(["leaderboard", f"--store={URL}", f"--out={tmp_path}", "--models=din", "--seeds=0"]) == 0
    told = "".join(capsys.readouterr())
    assert "RuntimeError no way to postgresql://din:***@localhost/shop" in told
    assert "hunter2" not in told
