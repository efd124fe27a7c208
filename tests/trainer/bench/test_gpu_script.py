"""The script of all that is to be measured on a GPU: its commands are ones that there are, and it goes on."""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
from pathlib import Path

import pytest

from trainer.__main__ import command_module

SCRIPT = Path("trainer/bench/gpu.sh")
FAKE = """#!/bin/sh
echo "$@" >> {calls}
exit {status}
"""


def run(folder: Path, parts: str, status: int = 0) -> tuple[int, str, list[list[str]]]:
    """Exit status, output, and the arguments of each call of Python, which does nothing but end with `status`."""
    calls, python = folder / "calls", folder / "python"
    calls.write_text("")
    python.write_text(FAKE.format(calls=shlex.quote(str(calls)), status=status))
    python.chmod(0o755)
    variables = {"OUT": str(folder / "out"), "PARTS": parts, "PYTHON": str(python), "STORE": "sqlite:///cj.db"}
    done = subprocess.run(
        ["bash", str(SCRIPT)],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, [line.split() for line in calls.read_text().splitlines()]


def parsed(call: list[str]) -> argparse.Namespace:
    """By the verb's own parser."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    command_module(call[0]).configure(parser)
    return parser.parse_args(call[1:])


def test_every_command_is_one_that_there_is(tmp_path: Path) -> None:
    code, _, calls = run(tmp_path, "correctness training scoring models")
    assert code == 0
    trainer = [call[2:] for call in calls if call[:2] == ["-m", "trainer"]]
    assert {call[0] for call in trainer} == {"planted", "ingest", "train", "evaluate", "bench"}
    for call in trainer:
        parsed(call)
    assert [call for call in trainer if call[0] == "evaluate" and "cpu" in call]


def test_a_finished_part_is_not_run_again_and_a_failed_one_is(tmp_path: Path) -> None:
    code, said, _ = run(tmp_path, "training scoring", status=1)
    assert code == 1 and "training failed" in said
    assert run(tmp_path, "training")[0] == 0
    code, said, calls = run(tmp_path, "training scoring")
    assert (code, said, len(calls)) == (0, "scoring\n", 1)


@pytest.mark.parametrize("parts", ["nonsense", "facts nonsense"])
def test_a_part_that_there_is_not_is_named(tmp_path: Path, parts: str) -> None:
    code, said, _ = run(tmp_path, parts)
    assert code == 1 and "there is no part nonsense" in said
