"""Blocks of candidates on a device: sent, scored in the stream of whoever asks, and received."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable

import torch
from torch import Tensor

from din_core.scoring.device import Device
from din_core.scoring.short_tower import ShortTower
from din_core.scoring.tiles import ProjectedHistory

WORTH = 8
"""Blocks in all from which recordings are worth it: one a thread, before which a block runs once more."""
_RECORDING = threading.Lock()


class BlocksOnDevice:
    """Scores blocks of at most `size` candidates against one history. Safe to share between threads."""

    def __init__(self, history: ProjectedHistory, rows: Tensor, tower: ShortTower, on: Device, size: int) -> None:
        """rows (U, F) item field rows of all candidates, on the device."""
        self.history, self.rows, self.tower, self.on, self.size = history, rows, tower, on, size
        self.records = on.captures and history.fixed and len(rows) > WORTH * size
        self._own = threading.local()

    @torch.inference_mode()
    def __call__(self, block: Tensor) -> Tensor:
        """(n,) which of the rows, on the host → (n,) logits there."""
        with self.on.stream():
            if not self.records:
                return self._logits(self.on.send(block)).cpu()
            # all that is recorded has one size: the first candidate fills what is left
            whole = torch.cat([block, block[:1].expand(self.size - len(block))])
            return self._recorded()(self.on.send(whole)).cpu()[: len(block)]

    def _logits(self, block: Tensor) -> Tensor:
        return self.history.logits(self.rows[block], self.tower)

    def forget(self) -> None:
        """Give back the memory that recordings hold; who asks again records again."""
        self._own = threading.local()

    def _recorded(self) -> Callable[[Tensor], Tensor]:
        """The calling thread's recording, which reads and writes places of its own; without one where that failed."""
        found: Callable[[Tensor], Tensor] | None = getattr(self._own, "recorded", None)
        if found is None:
            try:
                found = Recorded(self._logits, self.size, self.on.device)
            except RuntimeError as error:
                warnings.warn(f"scoring without recorded launches, which did not work: {error}", stacklevel=2)
                found = self._logits
            self._own.recorded = found
        return found


class Recorded:
    """A function of one tensor of row numbers, as a CUDA graph: its launches recorded once, replayed as one."""

    def __init__(self, function: Callable[[Tensor], Tensor], size: int, device: torch.device) -> None:
        """Records in a stream that nobody else launches into: what others did there would be recorded too."""
        with _RECORDING, torch.cuda.device(device):
            apart = torch.cuda.Stream(priority=-1)  # type: ignore[no-untyped-call]
            with torch.cuda.stream(apart):
                self._input = torch.zeros(size, dtype=torch.int64, device=device)
                function(self._input)  # what a first run allocates, chooses and compiles is not to be part of it
                self._graph = torch.cuda.CUDAGraph()
                with torch.cuda.graph(self._graph, stream=apart, capture_error_mode="thread_local"):
                    self._output = function(self._input)
            apart.synchronize()

    def __call__(self, value: Tensor) -> Tensor:
        """In the current stream; the output holds until the next call."""
        self._input.copy_(value, non_blocking=True)
        self._graph.replay()
        return self._output
