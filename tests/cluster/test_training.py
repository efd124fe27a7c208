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


@pytest.fixture(scope="module")
def alone(url: str, folder: Path) -> Trained:
    return ended(command(url, folder / "alone"), folder / "alone")


def with_a_loss(url: str, out: Path, *words: str) -> Trained:
    """By two workers, one of which is killed as soon as a state was saved."""
    process = command(url, out, "--ray", "local", "--workers", "2", *words)
    end = time.monotonic() + SECONDS
    while not (unfinished_folder(out) / STATE).is_file():
        assert process.poll() is None and time.monotonic() < end, out.with_suffix(".said").read_text()
        time.sleep(0.05)
    os.kill(next(pid for pid in descendants(process.pid) if process_title(pid).startswith(WORKER)), signal.SIGKILL)
    return ended(process, out)


@pytest.fixture(scope="module")
def by_two(url: str, folder: Path) -> Trained:
    return with_a_loss(url, folder / "two")


@pytest.fixture(scope="module")
def by_shards(url: str, folder: Path) -> Trained:
    return with_a_loss(url, folder / "shards", "--shard-tables")


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
    url: str, alone: Trained, by_two: Trained, by_shards: Trained
) -> None:
    low, high = valid_gauc(url, alone)
    found = [trained.metrics["valid"]["gauc"] for trained in (by_two, by_shards)]
    print(f"GAUC {alone.metrics['valid']['gauc']:.4f} ({low:.4f} to {high:.4f}), {found[0]:.4f}, {found[1]:.4f}")
    assert low <= min(found) and max(found) <= high


def test_shards_end_as_one_whole_checkpoint_and_say_what_each_worker_held(url: str, by_shards: Trained) -> None:
    rows = by_shards.metrics["parameters"]
    assert by_shards.metrics["sharded"] == ["item_id"]
    assert "each worker holds rows of item_id (521 of 1,041), and copies of all else" in by_shards.said
    assert sum(own.numel() for own in load_checkpoint(by_shards.checkpoint).model.parameters()) == rows
    assert sorted(path.name for path in by_shards.checkpoint.parent.glob(".*")) == []


def test_the_card_says_how_many_workers(alone: Trained, by_two: Trained) -> None:
    assert "| Device | 2 workers, each CPU (1 thread, " in (by_two.checkpoint / "README.md").read_text()
    assert by_two.metrics["workers"] == 2 and "workers" not in alone.metrics


def test_the_worker_that_was_killed_is_replaced_and_said(by_two: Trained, by_shards: Trained) -> None:
    for trained in (by_two, by_shards):
        assert trained.said.count("lost worker ") == 1
        assert "; another takes its place, and all go on from the last saved state" in trained.said


def test_what_one_worker_refuses_ends_all_of_them_with_its_sentence(url: str, folder: Path) -> None:
    out = folder / "refused"
    save_state(unfinished_folder(out), {"options": {"seed": 5}}, RunState({"loss": torch.zeros(1)}, {}))
    process = command(url, out, "--ray", "local", "--workers", "2")
    assert process.wait(SECONDS) == 1
    said = out.with_suffix(".said").read_text()
    assert f"error: {unfinished_folder(out)} holds an unfinished run with " in said.splitlines()[-1]
    assert "lost worker" not in said
