"""Blocks of candidates on a device: sent, scored in the stream of whoever asks, and received."""

from __future__ import annotations

import threading
from collections.abc import Callable

import torch
from torch import Tensor

from din_core.scoring.device import Device
from din_core.scoring.short_tower import ShortTower
from din_core.scoring.tiles import ProjectedHistory

WORTH = 8
"""Blocks in all from which a recording, which runs the first block once more in each stream, is worth it."""
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

    def _recorded(self) -> Callable[[Tensor], Tensor]:
        """The calling thread's recording: it reads and writes places of its own."""
        found: Recorded | None = getattr(self._own, "recorded", None)
        if found is None:
            first = torch.zeros(self.size, dtype=torch.int64, device=self.on.device)
            found = self._own.recorded = Recorded(self._logits, first)
        return found


class Recorded:
    """A function of one tensor of a fixed size, as a CUDA graph: its launches recorded once, replayed as one."""

    def __init__(self, function: Callable[[Tensor], Tensor], example: Tensor) -> None:
        """Records in the current stream."""
        self._input = example.clone()
        with _RECORDING:
            function(self._input)  # what a first run allocates, chooses and compiles is not to be part of it
            self._graph = torch.cuda.CUDAGraph()
            stream = torch.cuda.current_stream(example.device)
            with torch.cuda.graph(self._graph, stream=stream, capture_error_mode="thread_local"):
                self._output = function(self._input)

    def __call__(self, value: Tensor) -> Tensor:
        """The output holds until the next call."""
        self._input.copy_(value, non_blocking=True)
        self._graph.replay()
        return self._output
