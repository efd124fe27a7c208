"""`serve-cluster` as its users start it, beside a store and the same checkpoints on this machine."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from din_core.scoring import Scorer, load_scorers
from din_core.scoring.cluster.served_engine import on_cluster
from din_core.scoring.cluster.settings import ClusterAddress
from din_core.store import BehaviorStore
from tests.small_world import small_store
from tests.tiny_checkpoints import write_checkpoints

ROOT = Path(__file__).parents[2]
START_SECONDS = 180


@dataclass(frozen=True)
class RunningCluster:
    """What a test asks, and what it can end."""

    store: BehaviorStore
    local: Mapping[str, Scorer]
    address: ClusterAddress
    process: subprocess.Popen[str]
    said: Path
    """All that it printed."""

    def scorer(self, name: str) -> Scorer:
        """Of a checkpoint, whose requests the cluster scores."""
        return on_cluster(self.local[name], self.address)

    def replicas(self, name: str) -> list[int]:
        """Process ids of those that serve a checkpoint."""
        title = f"ray::ServeReplica:{self.local[name].fingerprint}"
        return [pid for pid in descendants(self.process.pid) if process_title(pid).startswith(title)]


@contextmanager
def start(folder: Path, replicas: int) -> Iterator[RunningCluster]:
    """Until it is ready; at the end it must go by itself, and leave no process."""
    token, port = secrets.token_urlsafe(), _free_port()
    (folder / "token").write_text(token, "utf-8")
    with small_store(folder) as store:
        checkpoints = write_checkpoints(folder / "checkpoints", store.bulk(), kinds=("din", "dien"))
        words = ["serve-cluster", "--checkpoint", *map(str, sorted(checkpoints.iterdir())), "--replicas", str(replicas)]
        words += ["--port", str(port), "--token-file", str(folder / "token")]
        with (folder / "said").open("w") as said:
            process = subprocess.Popen(
                [sys.executable, "-m", "trainer", *words], cwd=ROOT, stdout=said, stderr=said, text=True
            )
        try:
            _wait_ready(process, folder / "said")
            address = ClusterAddress(f"http://127.0.0.1:{port}", token)
            yield RunningCluster(store, load_scorers(checkpoints), address, process, folder / "said")
        finally:
            left = _end(process)
        assert process.returncode == 0, (folder / "said").read_text()
        assert not left


def _wait_ready(process: subprocess.Popen[str], said: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while "ready: start the app with DIN_SCORER=" not in said.read_text():
        assert process.poll() is None and time.monotonic() < end, said.read_text()
        time.sleep(0.2)


def _end(process: subprocess.Popen[str]) -> list[int]:
    """By the signal that Ctrl-C sends; which of its processes are there still."""
    started = descendants(process.pid)
    process.send_signal(signal.SIGINT)
    try:
        process.wait(60)
    finally:
        end = time.monotonic() + 20
        while (left := [pid for pid in started if process_title(pid)]) and time.monotonic() < end:
            time.sleep(0.2)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        process.kill()
    return left


def descendants(parent: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            behind_name = path.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        children.setdefault(int(behind_name[1]), []).append(int(path.parent.name))
    found, waiting = [], [parent]
    while waiting:
        own = children.get(waiting.pop(), [])
        found += own
        waiting += own
    return found


def process_title(pid: int) -> str:
    """What `ps` shows; "" of a process that has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
