"""The processes that take a run's steps: one, or the `WorkerGroup` of several."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from din_core.model.config import ModelConfig
from din_core.model.network import InterestNetwork
from trainer.training.fitting.prediction import predict
from trainer.training.fitting.resume import RunState, StoredShards, load_state, save_state
from trainer.training.samples import Ints, Samples

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class BatchPart:
    """What one process learns from of a batch."""

    groups: Ints
    share: float
    """Of the batch's impressions; 0 where the batch has too few groups for all: then `groups` holds one that another
    process learns from, so that each has something to compute"""
    impressions: int
    """Of the whole batch"""


class SoleWorker:
    """The only process of a run."""

    rank, size = 0, 1
    title = ""
    """What stands before the device that each computes on."""

    def sharded(self, config: ModelConfig) -> Mapping[str, int]:
        """The item fields of whose tables each process holds some rows alone, and the weights of each whole table."""
        return {}

    def network(self, config: ModelConfig, seed: int) -> InterestNetwork:
        """A network as training begins, of what this process holds."""
        torch.manual_seed(seed)
        return InterestNetwork(config)

    def computing(
        self, model: InterestNetwork, speed_up: Callable[[InterestNetwork], InterestNetwork]
    ) -> InterestNetwork:
        """What computes steps on the parameters of `model`: it, or what `speed_up` makes of it."""
        return speed_up(model)

    def part(self, samples: Samples, groups: Ints) -> BatchPart:
        """What this process learns from of a batch of these groups."""
        return BatchPart(groups, 1.0, int(_sizes(samples, groups)[1].sum()))

    def validation(self, samples: Samples) -> Samples:
        """The samples that this process evaluates."""
        return samples

    def start_equal(self, model: InterestNetwork) -> None:
        """Make the network that of the first process."""

    def seed_step(self, seed: int, step: int) -> None:
        """Set the generator that dropout draws from."""

    def combine(self, model: InterestNetwork, loss: Tensor, share: float) -> Tensor:
        """Make gradients and running statistics those of all parts; () the loss of all. Each is scaled by its share."""
        return loss

    def logits(self, model: InterestNetwork, samples: Samples, batch_size: int) -> NDArray[np.float64]:
        """(M,) logits of this process's samples; leaves the model in evaluation mode."""
        return predict(model, samples, batch_size)

    def joined(self, logit: NDArray[np.float64]) -> NDArray[np.float64]:
        """(M,) logits of all that is evaluated, from those of `validation`; the first process alone has them all."""
        return logit

    def same(self, make: Callable[[], Value]) -> Value:
        """What the first process makes, in each of them."""
        return make()

    def saves_now(self, step: int, evaluated: bool, overdue: bool) -> bool:
        """Whether a state is saved after a step: where it was evaluated, or the last state is too old."""
        return evaluated or overdue

    def save(self, folder: Path, identity: Mapping[str, Any], state: RunState) -> None:
        """Replace the saved state of all in one step."""
        save_state(folder, identity, state)

    def load(self, folder: Path, identity: Mapping[str, Any], shards: StoredShards) -> RunState | None:
        """What this process holds of the saved state; None where there is none, CheckpointError where it is another
        run's. The tensors of `shards` are cut."""
        return load_state(folder, identity)

    def whole(self, model: InterestNetwork, folder: Path) -> InterestNetwork:
        """A trained network in the first process, with all of its tables; `folder` may hold them."""
        return model


SOLE = SoleWorker()


def cut(samples: Samples, groups: Ints, parts: int) -> list[Ints]:
    """The groups in so many consecutive runs of about equal work; some are empty where there are fewer groups."""
    behaviors, candidates = _sizes(samples, groups)
    done = np.cumsum(candidates * (behaviors + TOWER_PAIRS))
    ends = np.searchsorted(done, done[-1] * np.arange(1, parts) / parts) + 1
    return np.split(groups, ends)


TOWER_PAIRS = 8
"""Behaviors of a candidate whose weights cost about as much as the tower: 9,300 products each, 76,000 in the tower."""


def _sizes(samples: Samples, groups: Ints) -> tuple[Ints, Ints]:
    """Behaviors and candidates of each of the groups."""
    behaviors, candidates = (
        offsets[groups + 1] - offsets[groups] for offsets in (samples.behavior_offsets, samples.candidate_offsets)
    )
    return behaviors, candidates
