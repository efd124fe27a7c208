"""The processes that take a run's steps: one, or the `WorkerGroup` of several."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from din_core.model.network import InterestNetwork
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

    def joined(self, logit: NDArray[np.float64]) -> NDArray[np.float64]:
        """(M,) logits of all that is evaluated, from those of `validation`; the first process alone has them all."""
        return logit

    def same(self, make: Callable[[], Value]) -> Value:
        """What the first process makes, in each of them."""
        return make()


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
