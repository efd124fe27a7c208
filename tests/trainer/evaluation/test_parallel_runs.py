"""Commands in processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from trainer.commands.shared.training_options import STORE_VARIABLE
from trainer.evaluation.parallel_runs import run_in_parallel


def test_a_failing_command_leaves_its_last_words_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the package is found from anywhere, and paths are the caller's
    lines: list[str] = []
    commands = {
        "first": ["ingest", "nothing-here", f"--store=sqlite:///{tmp_path / 'x.db'}"],
        "second": ["ingest", "--help"],
    }
    failures = run_in_parallel(commands, 1, lines.append)
    assert list(failures) == ["first"]
    assert "nothing-here" in failures["first"]
    assert not failures["first"].startswith("error")
    assert lines[0] == "first: training"
    assert "second: done" in lines


def test_variables_reach_a_command_that_is_not_told_them_on_its_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    popen = subprocess.Popen

    def noted(command: list[str], **rest: Any) -> subprocess.Popen[str]:
        started.append(command)
        return popen(command, **rest)

    monkeypatch.setattr(subprocess, "Popen", noted)
    url = f"sqlite:///{tmp_path / 'secret.db'}"
    failures = run_in_parallel({"one": ["train", f"--out={tmp_path / 'one'}"]}, 1, variables={STORE_VARIABLE: url})
    assert "secret.db" in failures["one"]
    assert "secret.db" not in " ".join(map(str, started[0]))


def test_being_terminated_ends_the_processes_and_starts_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[str]] = []
    popen = subprocess.Popen

    def sleeper(command: list[str], **rest: Any) -> subprocess.Popen[str]:
        started.append(popen(["sleep", "600"], **rest))
        if len(started) == 2:
            threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM)).start()
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", sleeper)
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit):
        run_in_parallel({str(n): ["train"] for n in range(5)}, 2)
    assert [process.returncode for process in started] == [-signal.SIGTERM] * 2
    assert signal.getsignal(signal.SIGTERM) is before
