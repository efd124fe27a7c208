"""Scoring on a GPU: blocks of pairs as large as its memory likes them, by the techniques of the paper's serving section
(Zhou et al., KDD 2018, section 6.7), of which request batching is `batching.py`, on any device.

None of it has run on a GPU yet.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count

import torch
from torch import Tensor, nn

from din_core.kernels.replacement import with_replaced
from din_core.model.attention import ActivationUnit
from din_core.model.network import InterestNetwork
from din_core.model.ragged import RaggedBatch, to_device
from din_core.scoring.devices.device import BlockScorer, Device
from din_core.scoring.devices.gpu_blocks import GpuBlockScorer
from din_core.scoring.devices.gpu_unit import GpuHistoryUnit, GpuPairUnit
from din_core.scoring.fixed_context_tower import FixedContextTower
from din_core.scoring.projected_history import ProjectedHistory

BLOCK_BYTES = 1 << 28
"""What the hidden channels of a block may take, where as many blocks as streams are under way; what lies between them
takes about as much again."""
LEAST_BLOCK, LARGEST_BLOCK = 1 << 8, 1 << 16
"""Candidates of a block: a multiple of the first."""


@dataclass(frozen=True, slots=True)
class GpuOptions:
    """Each technique is a switch, so that its gain can be measured alone."""

    compiled: bool = True
    """Fused memory access: one pass for what stands between two matrix products, by torch.compile"""
    captured: bool = True
    """Launches for a block of a catalogue are captured, once a history and thread, and replayed as one CUDA graph"""
    streams: int = 2
    """Concurrent kernels: so many blocks, or batches of requests, are under way at the same time"""
    half: bool = False
    """bfloat16 for the products of a catalogue's pairs: near-equal scores may change places"""


class GpuDevice(Device):
    """One GPU. The same operations run on a CPU, for tests."""

    estimates = False

    def __init__(self, device: torch.device, options: GpuOptions | None = None) -> None:
        """By all techniques but half precision where no `options` are given."""
        self.device, self.options = device, options or GpuOptions()
        self.batch_workers = self.catalogue_threads = self.options.streams
        self._own = threading.local()
        self._lock, self._turn = threading.Lock(), count()
        self._streams: list[torch.cuda.Stream] = []

    @property
    def captures(self) -> bool:
        """Whether launches are captured."""
        return self.device.type == "cuda" and self.options.captured

    @contextmanager
    def stream(self) -> Iterator[None]:
        """Threads take turns at `streams` of them."""
        if self.device.type != "cuda":
            yield
            return
        with torch.cuda.device(self.device), torch.cuda.stream(self._stream()):
            yield

    def _stream(self) -> torch.cuda.Stream:
        found: torch.cuda.Stream | None = getattr(self._own, "stream", None)
        if found is None:
            with self._lock:
                if not self._streams:
                    self._streams = [torch.cuda.Stream(self.device) for _ in range(self.batch_workers)]  # type: ignore[no-untyped-call]
                found = self._own.stream = self._streams[next(self._turn) % len(self._streams)]
        return found

    def synchronize(self) -> None:
        """Wait until what the calling thread's stream makes is there for other streams."""
        if self.device.type == "cuda":
            torch.cuda.current_stream(self.device).synchronize()

    def send(self, tensor: Tensor) -> Tensor:
        """From pinned memory."""
        return to_device(tensor, self.device)

    def place(self, network: InterestNetwork) -> InterestNetwork:
        """A copy in the device's memory."""
        return copy.deepcopy(network).to(self.device).eval()

    def request_network(self, placed: InterestNetwork) -> InterestNetwork:
        """Its activation units in few operations over all pairs of a batch."""
        self.synchronize()
        return with_replaced(placed, self._replacement)

    def _replacement(self, module: nn.Module) -> nn.Module | None:
        return GpuPairUnit(module, self.options.compiled) if isinstance(module, ActivationUnit) else None

    def project(self, placed: InterestNetwork, batch: RaggedBatch) -> ProjectedHistory:
        """With the activation unit in few operations over all pairs of a block."""
        unit = partial(GpuHistoryUnit, compiled=self.options.compiled, half=self.options.half)
        return ProjectedHistory(placed, batch, unit)

    def tower(self, placed: InterestNetwork, others: Tensor) -> FixedContextTower:
        """In PyTorch."""
        return FixedContextTower(placed, others, accelerated=False)

    def block_size(self, network: InterestNetwork, behaviors: int) -> int:
        """What fills the device, but not its memory."""
        pair_bytes = 4 * sum(network.config.unit_layers)
        size = BLOCK_BYTES // (pair_bytes * max(1, behaviors)) // LEAST_BLOCK * LEAST_BLOCK
        return min(LARGEST_BLOCK, max(LEAST_BLOCK, size))

    def block_scorer(
        self, history: ProjectedHistory, rows: Tensor, tower: FixedContextTower, block_size: int
    ) -> BlockScorer:
        """By captured launches where those are the same for any candidates."""
        return GpuBlockScorer(history, rows, tower, self, block_size, self.captures)
