"""Commands in processes of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from trainer.side_by_side import run_side_by_side


def test_a_failing_command_leaves_its_last_words_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the package is found from anywhere, and paths are the caller's
    said: list[str] = []
    commands = {
        "first": ["ingest", "nothing-here", f"--store=sqlite:///{tmp_path / 'x.db'}"],
        "second": ["ingest", "--help"],
    }
    failures = run_side_by_side(commands, 1, said.append)
    assert list(failures) == ["first"]
    assert "nothing-here" in failures["first"]
    assert not failures["first"].startswith("error")
    assert said[0] == "first: training"
    assert "second: done" in said
