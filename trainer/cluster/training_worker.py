"""One process of a training run on a Ray cluster, and what all of them tell the command that started them.

This file imports Ray at its top, so nothing imports it but `training.py`, when it is asked to train.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import ray
from ray.train import UserCallback

from din_core.domain import DinLensError
from trainer.cluster.connection import check_shared
from trainer.cluster.losses import describe_losses
from trainer.training.fitting.fit import Step
from trainer.training.fitting.sharding.sharded_group import ShardedGroup
from trainer.training.fitting.worker_group import WorkerGroup
from trainer.training.train import TrainOptions, train, unfinished_folder

STEP_SECONDS = 0.5
"""Between two steps that are told."""


class TrainingEvents:
    """What workers told and nobody took yet: ("line", str), ("step", Step), ("refusal", str) and ("result", value).

    Lives as a Ray actor.
    """

    def __init__(self) -> None:
        self.waiting: list[tuple[str, Any]] = []
        self.is_refused = False

    def tell(self, kind: str, value: Any) -> None:
        """One thing more."""
        self.waiting.append((kind, value))
        self.is_refused = self.is_refused or kind == "refusal"

    def take(self) -> list[tuple[str, Any]]:
        """All that waits, in order."""
        taken, self.waiting = self.waiting, []
        return taken

    def refused(self) -> bool:
        """Whether a worker said that the run cannot be made."""
        return self.is_refused


class TellsLosses(UserCallback):  # type: ignore[misc]
    """Says which workers were lost; called by Ray Train's controller, which then starts all anew."""

    def __init__(self, events: Any) -> None:
        self.events = events

    def after_exception(self, run_context: Any, worker_exceptions: dict[int, Exception]) -> None:
        """One line."""
        if ray.get(self.events.refused.remote()):
            return
        ray.get(self.events.tell.remote("line", describe_losses(worker_exceptions)))


def run_worker(options: TrainOptions, shards_tables: bool, data: list[Any], events: Any) -> None:
    """Train on the `TrainingData` behind the first reference of `data`; the first worker, which writes the checkpoint,
    has the vocabulary behind the second, and tells steps and the result."""
    if ray.get(events.refused.remote()):
        return  # Ray starts workers anew whatever ended them
    group = ShardedGroup() if shards_tables else WorkerGroup()
    last = [0.0]

    def say(line: str) -> None:
        if group.rank == 0:
            ray.get(events.tell.remote("line", line))

    def on_step(step: Step) -> None:
        if group.rank == 0 and time.monotonic() - last[0] > STEP_SECONDS:
            last[0] = time.monotonic()
            events.tell.remote("step", step)

    try:
        check_shared(unfinished_folder(options.out))
        own = ray.get(data[0])
        if group.rank == 0:  # as long as the tables are, and of no use to others
            own = replace(own, vocabulary=ray.get(data[1]))
        result = train(options, say, on_step, group, own)
    except DinLensError as error:
        ray.get(events.tell.remote("refusal", str(error)))
        raise
    if group.rank == 0:
        ray.get(events.tell.remote("result", result))
