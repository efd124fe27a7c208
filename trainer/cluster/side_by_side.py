"""Whole training runs side by side on a Ray cluster, one core each; what a lost worker had begun goes on elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

from trainer.cluster.connection import check_installed, check_shared, connect, import_ray
from trainer.cluster.losses import reason_of
from trainer.cluster.options import MOST_FAILURES, check_device, running_address
from trainer.evaluation.failed_runs import failure_of
from trainer.training.limits import check_writable
from trainer.training.train import TrainOptions, train

POLL_SECONDS = 1.0
"""After which it is looked whether the cluster has other cores."""


def train_side_by_side(
    runs: Sequence[TrainOptions], address: str, jobs: int | None, say: Callable[[str], None]
) -> dict[str, str]:
    """Train each run by one process of the cluster at an address, or of a new one of this machine (LOCAL).

    At most `jobs` at a time, as many as there are cores where it is None; a new cluster has so many cores, or two.
    Every machine reads the runs' store by its URL, which goes to it with its password, and sees their folders at the
    same paths. Returns the failures, a run's folder's name -> why; the others are trained. DinLensError where Ray is
    not installed or no cluster answers.
    """
    for run in runs:
        check_device(run.device)
    check_installed()
    for run in runs:
        check_writable(run.out)
    ray, running = import_ray(), running_address(address)
    with redirect_stdout(sys.stderr):  # Ray tells there what goes on
        connect(ray, running, (jobs or 2) if running is None else 1, fewer="--jobs")
        try:
            return _RunsInTurn(ray, [with_whole_paths(run) for run in runs], jobs, say).failures()
        finally:
            ray.shutdown()


def with_whole_paths(run: TrainOptions) -> TrainOptions:
    """The same for a process that works in another folder."""
    return replace(run, out=run.out.resolve(), store=whole_url(run.store))


def whole_url(url: str) -> str:
    """A store's URL, an SQLite file's with its whole path."""
    head, slashes, path = url.partition(":///")
    if not head.startswith("sqlite") or not slashes or path in ("", ":memory:"):
        return url
    return f"{head}:///{Path(path).resolve()}"


def train_one(run: TrainOptions) -> str | None:
    """Why it failed; None where its checkpoint is written. What another process had begun goes on."""
    if run.out.exists():  # by a process that was lost before it could say so
        return None
    return failure_of(lambda: _train_shared(run), run.store)


def _train_shared(run: TrainOptions) -> None:
    check_shared(run.out.parent)
    train(run)


class _RunsInTurn:
    """As many at a time as the cluster has cores."""

    def __init__(self, ray: Any, runs: Sequence[TrainOptions], jobs: int | None, say: Callable[[str], None]) -> None:
        self.ray, self.jobs, self.say = ray, jobs, say
        self.waiting, self.running = list(runs), dict[Any, TrainOptions]()
        self.lost = dict.fromkeys((run.out.name for run in runs), 0)
        # A process of its own for each run: what one leaves behind slows none that comes after it.
        self.task = ray.remote(num_cpus=1, max_calls=1, max_retries=0)(train_one)

    def failures(self) -> dict[str, str]:
        """Once all have ended."""
        found: dict[str, str] = {}
        while self.waiting or self.running:
            self._start()
            ended, _ = self.ray.wait(list(self.running), timeout=POLL_SECONDS)
            for reference in ended:
                run = self.running.pop(reference)
                why = self._outcome(reference, run)
                if why is not None:
                    found[run.out.name] = why
        return found

    def _start(self) -> None:
        cores = max(1, int(self.ray.cluster_resources().get("CPU", 0)))
        while self.waiting and len(self.running) < min(cores, self.jobs or cores):
            run = self.waiting.pop(0)
            self.say(f"{run.out.name}: training")
            self.running[self.task.remote(run)] = run

    def _outcome(self, reference: Any, run: TrainOptions) -> str | None:
        """Why it failed; None where it is done, or begun again as its worker was lost."""
        name = run.out.name
        try:
            why: str | None = self.ray.get(reference)
        except self.ray.exceptions.RayError as error:
            self.lost[name] += 1
            if self.lost[name] <= MOST_FAILURES:
                self.say(f"{name}: lost its worker ({reason_of(error)}); it goes on from its last saved state")
                self.waiting.insert(0, run)
                return None
            why = f"lost its worker {self.lost[name]} times, the last time by {reason_of(error)}"
        self.say(f"{name}: {why or 'done'}")
        return why
