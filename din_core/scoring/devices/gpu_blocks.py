"""Blocks of candidates on a GPU: sent, scored in the stream of whoever asks, and received."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable

import torch
from torch import Tensor

from din_core.scoring.devices.device import Device
from din_core.scoring.fixed_context_tower import FixedContextTower
from din_core.scoring.projected_history import ProjectedHistory

BLOCKS_WORTH_CAPTURING = 8
"""Blocks in all from which graphs are worth it: one a thread, before which a block runs once more."""
_CAPTURING = threading.Lock()


class GpuBlockScorer:
    """Scores blocks of at most `size` candidates against one history. Safe to share between threads."""

    def __init__(
        self,
        history: ProjectedHistory,
        rows: Tensor,
        tower: FixedContextTower,
        device: Device,
        size: int,
        captures: bool,
    ) -> None:
        """rows (U, F) item field rows of all candidates, on the device; `captures` where graphs can be had."""
        self.history, self.rows, self.tower, self.device, self.size = history, rows, tower, device, size
        self.captures = captures and history.capturable and len(rows) > BLOCKS_WORTH_CAPTURING * size
        self._own = threading.local()

    @torch.inference_mode()
    def __call__(self, block: Tensor) -> Tensor:
        """(n,) which of the rows, on the host → (n,) logits there."""
        with self.device.stream():
            if not self.captures:
                return self._logits(self.device.send(block)).cpu()
            # all that is captured has one size: the first candidate fills what is left
            whole = torch.cat([block, block[:1].expand(self.size - len(block))])
            return self._graph()(self.device.send(whole)).cpu()[: len(block)]

    def _logits(self, block: Tensor) -> Tensor:
        return self.history.logits(self.rows[block], self.tower)

    def release(self) -> None:
        """Give back the memory that graphs hold; who asks again captures again."""
        self._own = threading.local()

    def _graph(self) -> Callable[[Tensor], Tensor]:
        """The calling thread's graph, which reads and writes places of its own; without one where that failed."""
        found: Callable[[Tensor], Tensor] | None = getattr(self._own, "graph", None)
        if found is None:
            try:
                found = CapturedGraph(self._logits, self.size, self.device.device)
            except RuntimeError as error:
                warnings.warn(f"scoring without a CUDA graph, capturing which did not work: {error}", stacklevel=2)
                found = self._logits
            self._own.graph = found
        return found


class CapturedGraph:
    """A function of one tensor of row numbers, as a CUDA graph: its launches captured once, replayed as one."""

    def __init__(self, function: Callable[[Tensor], Tensor], size: int, device: torch.device) -> None:
        """Captures in a stream that nobody else launches into: what others did there would be captured too."""
        with _CAPTURING, torch.cuda.device(device):
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
