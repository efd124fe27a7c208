"""What scoring asks of a device: everything that differs between devices is behind this interface."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import Protocol

import torch
from torch import Tensor

from din_core.model.network import InterestNetwork
from din_core.model.ragged import RaggedBatch
from din_core.scoring.fixed_context_tower import FixedContextTower
from din_core.scoring.projected_history import ProjectedHistory


class BlockScorer(Protocol):
    """Scores blocks of a catalogue's candidates against one history. Safe to share between threads."""

    def __call__(self, block: Tensor) -> Tensor:
        """(n,) which of the rows, on the host → (n,) logits there."""

    def release(self) -> None:
        """Give back the memory that is kept for further blocks; who asks again gets it again."""


class Device(ABC):
    """A device, and how it scores. Safe to share between threads."""

    device: torch.device
    batch_workers: int
    """Batches of requests that run side by side"""
    catalogue_threads: int
    """Blocks of a catalogue that are scored side by side"""
    estimates: bool
    """Whether finding a catalogue's likely candidates first, by a few behaviors, pays"""

    def __deepcopy__(self, memo: object) -> Device:
        """Itself: what is copied stays where it is."""
        return self

    @abstractmethod
    def place(self, network: InterestNetwork) -> InterestNetwork:
        """The network in the device's memory, in evaluation mode; on a CPU the network itself."""

    @abstractmethod
    def request_network(self, placed: InterestNetwork) -> InterestNetwork:
        """A placed network on the same parameters, made fast for batches of requests."""

    @abstractmethod
    def stream(self) -> AbstractContextManager[None]:
        """What the calling thread computes within goes to its stream, beside those of other threads."""

    @abstractmethod
    def synchronize(self) -> None:
        """Wait until what the calling thread's stream makes is there for other streams."""

    @abstractmethod
    def send(self, tensor: Tensor) -> Tensor:
        """To the device; nobody waits."""

    @abstractmethod
    def project(self, placed: InterestNetwork, batch: RaggedBatch) -> ProjectedHistory:
        """The one history of a batch, which is on the device, ready for any candidates."""

    @abstractmethod
    def tower(self, placed: InterestNetwork, others: Tensor) -> FixedContextTower:
        """The tower for profile and context embeddings (1, U + X)."""

    @abstractmethod
    def block_size(self, network: InterestNetwork, behaviors: int) -> int:
        """Candidates of a catalogue that are scored at once against so many behaviors."""

    @abstractmethod
    def block_scorer(
        self, history: ProjectedHistory, rows: Tensor, tower: FixedContextTower, block_size: int
    ) -> BlockScorer:
        """For blocks of at most `block_size` of the candidates, item field rows (U, F) on the device."""
