"""Whole runs side by side on a Ray cluster end as those of one process do, also where a worker is killed on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from din_core.store import ingest
from tests.cluster.running_cluster import ROOT, descendants, process_title
from tests.trainer.planted_tables import planted_tables
from trainer.__main__ import main

OPTIONS = ("--models", "base,din", "--seeds", "0", "--split", "valid", "--epochs", "6", "--batch-size", "64")
OPTIONS += ("--min-count", "1", "--learning-rate", "0.005", "--embedding-decay", "0", "--calibration", "none")
pytestmark = pytest.mark.timeout(280)  # as in test_training.py
WORKER = "ray::train_one"
SECONDS = 150


def command(url: str, out: Path, *words: str) -> subprocess.Popen[str]:
    arguments = ["leaderboard", "--store", url, "--out", str(out), *OPTIONS, *words]
    said = out.with_suffix(".said").open("w")
    return subprocess.Popen(
        [sys.executable, "-m", "trainer", *arguments], cwd=ROOT, stdout=said, stderr=said, text=True
    )


def measured(out: Path) -> dict[str, list[float]]:
    """Each model's figures of the table, without its minutes."""
    rows = json.loads((out / "leaderboard.json").read_text())["rows"]
    return {row["model"]: [row[name]["mean"] for name in ("auc", "gauc", "log_loss")] for row in rows}


def kill_a_worker(process: subprocess.Popen[str], said: Path) -> None:
    end = time.monotonic() + SECONDS
    while not (found := [pid for pid in descendants(process.pid) if process_title(pid).startswith(WORKER)]):
        assert process.poll() is None and time.monotonic() < end, said.read_text()
        time.sleep(0.05)
    os.kill(found[0], signal.SIGKILL)


def test_runs_of_a_cluster_of_which_one_lost_its_worker_are_those_of_one_process(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    ingest(planted_tables(tmp_path / "tables", users=60), url)
    alone, cluster = tmp_path / "alone", tmp_path / "cluster"
    process = command(url, cluster, "--ray", "local", "--jobs", "2")
    try:
        kill_a_worker(process, cluster.with_suffix(".said"))
        children = descendants(process.pid)
        assert main(["leaderboard", "--store", url, "--out", str(alone), *OPTIONS]) == 0
        assert process.wait(SECONDS) == 0, cluster.with_suffix(".said").read_text()
    finally:
        process.kill()
    assert not [pid for pid in children if process_title(pid).startswith("ray::")], "processes were left"
    said = cluster.with_suffix(".said").read_text()
    assert said.count("lost its worker (") == 1 and "; it goes on from its last saved state" in said
    wanted = measured(alone)
    assert list(wanted) == ["base", "din"]
    for model, figures in measured(cluster).items():
        assert figures == pytest.approx(wanted[model], rel=1e-6), model
