"""Two workers of a Ray cluster train as one process does, with copies of tables and with shards, also where one of them
is killed on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from din_core.model.checkpoint import load_checkpoint
from din_core.store import ingest, open_store
from tests.cluster.running_cluster import ROOT, descendants, process_title
from tests.trainer.planted_tables import planted_tables
from trainer.evaluation.evaluate import Split
from trainer.training.fitting.resume import STATE, RunState, save_state
from trainer.training.train import unfinished_folder

OPTIONS = ("--epochs", "12", "--batch-size", "64", "--min-count", "1", "--learning-rate", "0.005")
OPTIONS += ("--embedding-decay", "0", "--dropout", "0.1", "--calibration", "none")
pytestmark = pytest.mark.timeout(280)  # on a machine that has much else to do; `make test-cluster` ends at 300 itself
WORKER = "ray::RayTrainWorker"
TWO = ("--ray", "local", "--workers", "2")
SECONDS = 150
NOISE = 0.15
"""Labels turned round: without any, each run finds all there is to find."""


@dataclass(frozen=True)
class Trained:
    """A checkpoint, and what the command that made it said."""

    checkpoint: Path
    said: str

    @property
    def metrics(self) -> dict:
        return json.loads((self.checkpoint / "metrics.json").read_text())


def command(url: str, out: Path, *words: str) -> subprocess.Popen[str]:
    arguments = ["train", "--store", url, "--out", str(out), *OPTIONS, *words]
    said = out.with_suffix(".said").open("w")
    return subprocess.Popen(
        [sys.executable, "-m", "trainer", *arguments], cwd=ROOT, stdout=said, stderr=said, text=True
    )


def ended(process: subprocess.Popen[str], out: Path) -> Trained:
    started = descendants(process.pid)
    try:
        code = process.wait(SECONDS)
    finally:
        process.kill()
    said = out.with_suffix(".said").read_text()
    assert code == 0, said
    assert not [pid for pid in started if process_title(pid).startswith("ray::")], "processes were left"
    return Trained(out, said)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("training")


@pytest.fixture(scope="module")
def url(folder: Path) -> str:
    found = f"sqlite:///{folder / 'store.db'}"
    tables = with_rare_items(planted_tables(folder / "tables", users=200))
    impressions = pd.read_csv(tables / "impressions.csv")
    flipped = np.random.default_rng(0).random(len(impressions)) < NOISE
    impressions["label"] ^= flipped.astype(int)
    impressions.to_csv(tables / "impressions.csv", index=False)
    ingest(tables, found)
    return found


def with_rare_items(tables: Path) -> Path:
    """The same with a behavior for each of 1,000 items more, so that the item table is one that is sharded."""
    items, behaviors = (pd.read_csv(tables / f"{name}.csv") for name in ("items", "behaviors"))
    rare = items.iloc[np.arange(1_000) % len(items)].assign(item_id=[f"rare{i}" for i in range(1_000)])
    seen = behaviors.iloc[:: len(behaviors) // 1_000][:1_000].assign(item_id=rare.item_id.values, timestamp=0)
    pd.concat([items, rare]).to_csv(tables / "items.csv", index=False)
    pd.concat([behaviors, seen]).to_csv(tables / "behaviors.csv", index=False)
    return tables


@dataclass(frozen=True)
class AllTrained:
    """What each way of training ended with."""

    alone: Trained
    copies: Trained
    shards: Trained


@pytest.fixture(scope="module")
def trained(url: str, folder: Path) -> AllTrained:
    """One process, and two workers with each kind of tables, of which one is killed as soon as a state was saved; all
    at the same time, as much of it is waiting."""
    ways = {"alone": (), "copies": TWO, "shards": (*TWO, "--shard-tables")}
    started = {name: command(url, folder / name, *words) for name, words in ways.items()}
    kill_a_worker_each({folder / name: started[name] for name in ("copies", "shards")})
    return AllTrained(**{name: ended(process, folder / name) for name, process in started.items()})


def kill_a_worker_each(processes: dict[Path, subprocess.Popen[str]]) -> None:
    """One of each run, as soon as it has saved a state."""
    end, waiting = time.monotonic() + SECONDS, set(processes)
    while waiting:
        for out in [out for out in waiting if (unfinished_folder(out) / STATE).is_file()]:
            workers = (pid for pid in descendants(processes[out].pid) if process_title(pid).startswith(WORKER))
            os.kill(next(workers), signal.SIGKILL)
            waiting.remove(out)
        for out in waiting:
            assert processes[out].poll() is None and time.monotonic() < end, out.with_suffix(".said").read_text()
        time.sleep(0.05)


def valid_gauc(url: str, trained: Trained) -> tuple[float, float]:
    """The ends of the 95 % interval of a checkpoint's GAUC on validation impressions."""
    store = open_store(url)
    try:
        split = Split(store.bulk(), "valid")
    finally:
        store.close()
    found = split.rows.measure([split.predict(load_checkpoint(trained.checkpoint)).probability]).estimate("gauc")
    assert found is not None and found.low is not None and found.high is not None
    return found.low, found.high


def test_two_workers_of_which_one_was_killed_reach_the_metric_of_one_process_within_its_interval(
    url: str, trained: AllTrained
) -> None:
    low, high = valid_gauc(url, trained.alone)
    alone, copies, shards = (own.metrics["valid"]["gauc"] for own in (trained.alone, trained.copies, trained.shards))
    print(f"GAUC {alone:.4f} ({low:.4f} to {high:.4f}), copies {copies:.4f}, shards {shards:.4f}")
    assert low <= min(copies, shards) and max(copies, shards) <= high


def test_shards_end_as_one_whole_checkpoint_and_what_each_worker_held_is_said(trained: AllTrained) -> None:
    checkpoint, metrics = trained.shards.checkpoint, trained.shards.metrics
    assert metrics["sharded"] == ["item_id"]
    assert "each worker holds rows of item_id (521 of 1,041), and copies of all else" in trained.shards.said
    assert sum(own.numel() for own in load_checkpoint(checkpoint).model.parameters()) == metrics["parameters"]
    assert not unfinished_folder(checkpoint).exists()


def test_the_card_says_how_many_workers(trained: AllTrained) -> None:
    cards = [(own.checkpoint / "README.md").read_text() for own in (trained.copies, trained.shards)]
    assert "| Device | 2 workers, each CPU (1 thread, " in cards[0]
    assert "| Device | 2 workers with sharded tables, each CPU (1 thread, " in cards[1]
    assert trained.copies.metrics["workers"] == 2 and "workers" not in trained.alone.metrics


def test_the_worker_that_was_killed_is_replaced_and_said(trained: AllTrained) -> None:
    for own in (trained.copies, trained.shards):
        assert own.said.count("lost worker ") == 1
        assert "; another takes its place, and all go on from the last saved state" in own.said


def test_what_one_worker_refuses_ends_all_of_them_with_its_sentence(url: str, folder: Path) -> None:
    out = folder / "refused"
    save_state(unfinished_folder(out), {"options": {"seed": 5}}, RunState({"loss": torch.zeros(1)}, {}))
    process = command(url, out, *TWO)
    assert process.wait(SECONDS) == 1
    said = out.with_suffix(".said").read_text()
    assert f"error: {unfinished_folder(out)} holds an unfinished run with " in said.splitlines()[-1]
    assert "lost worker" not in said
