"""Where scoring computes: on the cores, or on another device."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import torch
from torch import Tensor

from din_core.domain import DinLensError
from din_core.model.attention import ActivationUnit
from din_core.model.network import InterestNetwork
from din_core.model.ragged import resident
from din_core.scoring.blocks import in_blocks
from din_core.scoring.means import Form, Means, Tiles
from din_core.scoring.whole import UnitOfPairs

CPU_WORKERS = 2
"""Batches of requests that run side by side on the cores."""


class Device:
    """A device, and by what means it scores. Safe to share between threads."""

    def __init__(self, device: str | torch.device = "cpu", form: Form | None = None) -> None:
        """By all means but half precision where no `form` is given; DinLensError where there is no such device."""
        self.device = _checked(device)
        self.form: Form = form or (Tiles() if self.device.type == "cpu" else Means())
        self._own = threading.local()
        self._lock, self._turn = threading.Lock(), count()
        self._streams: list[torch.cuda.Stream] = []

    def __deepcopy__(self, memo: object) -> Device:
        """Itself: what is copied stays where it is."""
        return self

    @property
    def workers(self) -> int:
        """Batches of requests that run side by side."""
        return self.form.streams if isinstance(self.form, Means) else CPU_WORKERS

    @property
    def captures(self) -> bool:
        """Whether launches are recorded."""
        return self.device.type == "cuda" and isinstance(self.form, Means) and self.form.captured

    @contextmanager
    def stream(self) -> Iterator[None]:
        """All that the calling thread computes within goes to its stream; threads take turns at `streams` of them."""
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
                    self._streams = [torch.cuda.Stream(self.device) for _ in range(self.workers)]  # type: ignore[no-untyped-call]
                found = self._own.stream = self._streams[next(self._turn) % len(self._streams)]
        return found

    def settle(self) -> None:
        """Wait until what the calling thread's stream makes is there for other streams."""
        if self.device.type == "cuda":
            torch.cuda.current_stream(self.device).synchronize()

    def send(self, tensor: Tensor) -> Tensor:
        """To the device; nobody waits."""
        return resident(tensor, self.device)

    def hold(self, network: InterestNetwork) -> InterestNetwork:
        """The network in the device's memory, in evaluation mode; on a CPU the network itself."""
        return network if self.device.type == "cpu" else copy.deepcopy(network).to(self.device).eval()

    def for_requests(self, network: InterestNetwork) -> InterestNetwork:
        """A network that the device holds, on the same weights, with its activation units for batches of requests."""
        if not isinstance(self.form, Means):
            return in_blocks(network)
        shared = {id(tensor): tensor for tensor in [*network.parameters(), *network.buffers()]}
        units = {id(u): UnitOfPairs(u, self.form) for u in network.modules() if isinstance(u, ActivationUnit)}
        self.settle()
        return copy.deepcopy(network, {**shared, **units})


def _checked(device: str | torch.device) -> torch.device:
    try:
        found = torch.device(device)
    except RuntimeError as error:
        raise DinLensError("device {device} is not one of cpu, cuda, cuda:N", device=repr(str(device))) from error
    if isinstance(device, str) and found.type not in ("cpu", "cuda"):
        raise DinLensError("device {device} is not one of cpu, cuda, cuda:N", device=repr(device))
    here = torch.cuda.device_count()
    if found.type == "cuda" and (found.index or 0) >= here:
        raise DinLensError(
            "device {device} was asked for, but {here} CUDA devices are here; name another, or cpu",
            device=repr(str(device)),
            here=here,
        )
    return found


CPU = Device()
