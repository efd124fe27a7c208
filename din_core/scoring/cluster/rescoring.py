"""Changed histories rescored by a cluster: the history is sent with each question, and answers are arrays. No torch.

Dimensions: T behaviors, S changed histories, P players, D item embedding width.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from din_core.domain.results import Floats
from din_core.model.batches.batch_arrays import BatchArrays
from din_core.model.config import ModelConfig
from din_core.scoring.cluster.arrays import (
    ADDED,
    BATCH,
    MOST_NUMBERS,
    AnyArray,
    array_bytes,
    finite,
    read_text,
    wire_arrays,
)
from din_core.scoring.cluster.checkpoint_server import CheckpointServer
from din_core.scoring.rescoring.rescorer import WHOLE, CountRescorer, LeaveOneOutLogits

ORDERED_NUMBERS = 2**18
"""Changed histories times behaviors of one request to a model to which order matters: a core takes most of a second."""


class ServedCountRescorer(CountRescorer):
    """As the cluster's own rescorer: the same arrays, in double precision.

    What is nearly always asked of a history (all and none of it, leave-one-out, the paths, the budget) comes in one
    answer, as soon as any of it is asked.
    """

    has_line = True

    def __init__(
        self,
        server: CheckpointServer,
        config: ModelConfig,
        batch: BatchArrays,
        count: Floats,
        added: int,
    ) -> None:
        """`batch` is of one history and one candidate; its last `added` behaviors are additions."""
        super().__init__(count)
        self._server = server
        self._always = {BATCH: np.frombuffer(array_bytes(wire_arrays(batch)), np.uint8), ADDED: np.array([added])}
        self.has_path = config.architecture == "dien"
        self._whole = self.has_path or config.reads_ranks

    @property
    def row_budget(self) -> int:  # type: ignore[override]
        """As the cluster's rescorer has it."""
        return self._opening[1]

    @property
    def paths(self) -> tuple[str, ...]:
        """Names of the tower's inputs that a behavior can move."""
        return self._opening[2]

    @property
    def _full_and_empty(self) -> tuple[float, float]:
        return self._opening[0].full, self._opening[0].empty

    def leave_one_out_logits(self) -> LeaveOneOutLogits:
        """See CountRescorer."""
        return self._opening[0]

    @cached_property
    def _opening(self) -> tuple[LeaveOneOutLogits, int, tuple[str, ...]]:
        t = len(self.count)

        def read(found: Mapping[str, AnyArray]) -> tuple[LeaveOneOutLogits, int, tuple[str, ...]]:
            logits = LeaveOneOutLogits(
                finite(found, "without", (t,)), *(float(finite(found, name, (1,))[0]) for name in ("full", "empty"))
            )
            paths = found.get("paths", np.zeros(0, np.uint8))
            return logits, int(finite(found, "row_budget", (1,))[0]), read_text(paths)

        return self._server.ask(self._always, read, "opening")

    def logits(self, kept: Floats, players: Floats | None = None) -> Floats:
        """See CountRescorer; as many requests as their limits ask for."""
        changed = np.atleast_2d(kept)
        if self._whole:
            _check_whole(changed, players)
        brings = {} if players is None else {"players": np.asarray(players, np.float64)}
        numbers = ORDERED_NUMBERS if self._whole else MOST_NUMBERS
        most = max(1, min(self.row_budget, numbers // max(1, changed.shape[1], len(self.count))))
        parts = [self._part(changed[start : start + most], brings) for start in range(0, len(changed), most)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _part(self, kept: Floats, brings: Mapping[str, AnyArray]) -> Floats:
        arrays = {**self._always, **brings, "kept": _small(kept)}
        return self._server.ask(arrays, lambda found: finite(found, "logit", (len(kept),)), "logits")

    def logits_with_inputs(self, chosen: Sequence[Mapping[str, bool]]) -> Floats:
        """See CountRescorer."""
        rows = [[bool(choice.get(name)) for name in self.paths] for choice in chosen]
        arrays = {**self._always, "chosen": np.array(rows, np.uint8).reshape(len(rows), len(self.paths))}
        return self._server.ask(arrays, lambda found: finite(found, "logit", (len(chosen),)), "inputs")

    def line(self, at: Floats) -> tuple[Floats, Floats]:
        """See CountRescorer."""
        s, t = len(at), len(self.count)

        def read(found: Mapping[str, AnyArray]) -> tuple[Floats, Floats]:
            return finite(found, "logit", (s,)), finite(found, "slope", (s, t))

        return self._server.ask({**self._always, "at": np.asarray(at, np.float64)}, read, "line")

    def path(self) -> tuple[Floats, Floats]:
        """See CountRescorer."""
        if not self.has_path:
            return super().path()
        t = len(self.count)

        def read(found: Mapping[str, AnyArray]) -> tuple[Floats, Floats]:
            states = found.get("states", np.zeros((0, 0)))
            return finite(found, "attention", (t,)), finite(found, "states", (t + 1, states.shape[-1]))

        return self._server.ask(self._always, read, "path")


def _small(kept: Floats) -> AnyArray:
    """Counts in a byte each, where they are."""
    small = kept.astype(np.uint8) if kept.size and 0 <= kept.min() <= kept.max() <= 255 else None
    return small if small is not None and np.array_equal(small, kept) else np.asarray(kept, np.float64)


def _check_whole(kept: Floats, players: Floats | None) -> None:
    here = kept if players is None else kept @ players
    if not np.isin(here, (0, 1)).all():
        raise ValueError(WHOLE)
