"""`leaderboard`: what it hands to the processes that train side by side, on this machine or on a cluster."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from din_core.domain import DinLensError
from trainer.__main__ import main
from trainer.cluster import connection, side_by_side
from trainer.cluster.options import MOST_FAILURES
from trainer.commands.models import leaderboard
from trainer.training.train import TrainOptions

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


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--ray=local", "--jobs=0"], "--jobs is 0, but must be 1 or more; give another value"),
        (["--ray=local", "--device=cuda"], "--ray trains on CPUs, but --device is cuda; leave out one of them"),
        (["--ray=local"], "Ray is not installed; install it with `pip install -r requirements-ray.txt`"),
    ],
)
def test_what_a_cluster_does_not_do_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], reason: str
) -> None:
    monkeypatch.setattr(connection, "find_spec", lambda _: None)
    assert main(["leaderboard", f"--out={tmp_path / 'out'}", "--models=din", "--seeds=0", *words]) == 1
    assert capsys.readouterr().err == f"error: {reason}\n"
    assert not list(tmp_path.iterdir())


class OneCore:
    """In the place of Ray: each task is done when it is waited for, and some are lost."""

    class exceptions:
        RayError = ConnectionError

    def __init__(self, lost: int) -> None:
        self.lost, self.most = lost, 0

    def remote(self, **_: Any) -> Any:
        return lambda work: SimpleNamespace(remote=lambda run: partial(work, run))

    def cluster_resources(self) -> dict[str, float]:
        return {"CPU": 1.0}

    def wait(self, references: list[Any], timeout: float) -> tuple[list[Any], list[Any]]:
        self.most = max(self.most, len(references))
        return references[:1], references[1:]

    def get(self, reference: Any) -> Any:
        if self.lost:
            self.lost -= 1
            raise ConnectionError("the node died")
        return reference()


def trained_in_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: int) -> tuple[dict[str, str], list[str]]:
    def train(run: TrainOptions) -> None:
        if run.model == "din":
            raise DinLensError("no such thing")

    monkeypatch.setattr(side_by_side, "train", train)
    lines: list[str] = []
    cluster = OneCore(lost)
    runs = [TrainOptions("sqlite:///x.db", name, tmp_path / name) for name in ("base", "din")]
    found = side_by_side._RunsInTurn(cluster, runs, None, lines.append).failures()
    assert cluster.most == 1
    return found, lines


def test_a_run_whose_worker_is_lost_goes_on_and_one_that_fails_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures, lines = trained_in_turn(tmp_path, monkeypatch, lost=1)
    assert failures == {"din": "no such thing"}
    assert lines == [
        "base: training",
        "base: lost its worker (the node died); it goes on from its last saved state",
        "base: training",
        "base: done",
        "din: training",
        "din: no such thing",
    ]


def test_a_run_that_loses_every_worker_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failures, _ = trained_in_turn(tmp_path, monkeypatch, lost=MOST_FAILURES + 1)
    assert failures["base"] == f"lost its worker {MOST_FAILURES + 1} times, the last time by the node died"


def test_workers_are_told_whole_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert side_by_side.whole_url("sqlite:///din.db") == f"sqlite:///{tmp_path / 'din.db'}"
    assert side_by_side.whole_url(URL) == URL
