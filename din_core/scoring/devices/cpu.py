"""Scoring on a CPU's cores: blocks that fit their caches, one thread each, by the compiled kernels where they are."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

from din_core.kernels.evaluation import accelerate_evaluation
from din_core.kernels.history_unit import HistoryUnit, history_unit
from din_core.model.network import InterestNetwork
from din_core.model.ragged import RaggedBatch
from din_core.scoring.devices.device import BlockScorer, Device
from din_core.scoring.fixed_context_tower import FixedContextTower
from din_core.scoring.projected_history import ProjectedHistory
from din_core.scoring.thread_pool import cores

BATCH_WORKERS = 2
BLOCK = 2016
"""Candidates that a core scores between two looks at whether to stop: a multiple of what the C kernel takes at once."""


class CpuDevice(Device):
    """The cores of this machine."""

    device = torch.device("cpu")
    batch_workers = BATCH_WORKERS
    estimates = True

    def __init__(self, threads: int | None = None, accelerated: bool = True) -> None:
        """`threads` for a catalogue, one a core where it is not given; not `accelerated` is in plain PyTorch."""
        self._threads, self._accelerated = threads, accelerated

    @property
    def catalogue_threads(self) -> int:  # type: ignore[override]
        """Blocks of a catalogue that are scored side by side."""
        return self._threads or cores()

    def place(self, network: InterestNetwork) -> InterestNetwork:
        """The network itself."""
        return network

    def request_network(self, placed: InterestNetwork) -> InterestNetwork:
        """Its activation units by the compiled kernels."""
        return accelerate_evaluation(placed) if self._accelerated else placed

    def stream(self) -> AbstractContextManager[None]:
        """There is none."""
        return nullcontext()

    def synchronize(self) -> None:
        """Nothing is under way."""

    def send(self, tensor: Tensor) -> Tensor:
        """The tensor itself."""
        return tensor

    def project(self, placed: InterestNetwork, batch: RaggedBatch) -> ProjectedHistory:
        """With the activation unit by the compiled kernel."""
        return ProjectedHistory(placed, batch, history_unit if self._accelerated else HistoryUnit)

    def tower(self, placed: InterestNetwork, others: Tensor) -> FixedContextTower:
        """With Dice and asinh by the compiled kernels."""
        return FixedContextTower(placed, others, self._accelerated)

    def block_size(self, network: InterestNetwork, behaviors: int) -> int:
        """The same for any history: the unit goes through it in tiles."""
        return BLOCK

    def block_scorer(
        self, history: ProjectedHistory, rows: Tensor, tower: FixedContextTower, block_size: int
    ) -> BlockScorer:
        """Without memory of its own."""
        return _CpuBlockScorer(history, rows, tower)


class _CpuBlockScorer:
    def __init__(self, history: ProjectedHistory, rows: Tensor, tower: FixedContextTower) -> None:
        self.history, self.rows, self.tower = history, rows, tower

    def __call__(self, block: Tensor) -> Tensor:
        return self.history.logits(self.rows[block], self.tower)

    def release(self) -> None:
        pass
