"""Rescoring and ranking by a model that is not this project's: each history is really made, and scored by the model.

Nothing is taken for granted of it. Dimensions: T behaviors, S changed histories, P players.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from din_core.domain.results import Floats
from din_core.model.external.network import BEHAVIORS
from din_core.model.network import InterestNetwork
from din_core.model.ragged import Multi, RaggedBatch
from din_core.scoring.rescoring.rescorer import WHOLE, CountRescorer
from din_core.scoring.rescoring.tower_rescoring import RescoringInputs

ROWS_AT_ONCE = 1024
"""Changed histories that are made at once; the network gives the model fewer where they are long."""
SERVED_BUDGET = 2**9
"""Changed histories that an exact method may ask a server for."""


class ModuleRescorer(CountRescorer):
    """Leaves behaviors out of the batch that the model reads; those after them move up."""

    row_budget = 2**11

    def __init__(self, inputs: RescoringInputs, batch: RaggedBatch) -> None:
        """`batch` is the scenario's own: one history, additions at its end, and one candidate."""
        super().__init__(inputs.count)
        self.inputs = inputs
        self._batch = batch
        if inputs.network.config.served is not None:
            self.row_budget = SERVED_BUDGET

    @torch.no_grad()
    def logits(self, kept: Floats, players: Floats | None = None) -> Floats:
        """See CountRescorer; a behavior is there or is not, and equal histories are scored once.

        With additions a history may be longer than the model reads: then its oldest behaviors are cut off, as they are
        of any history.
        """
        changed = torch.as_tensor(np.atleast_2d(kept), dtype=torch.float64)
        if players is not None:
            changed = changed @ torch.as_tensor(players, dtype=torch.float64)
        there = changed > 0.5
        if not torch.equal(there.double(), changed):
            raise ValueError(WHOLE)
        newest_first = there.flip(1).cumsum(1).flip(1)
        there &= newest_first <= self.inputs.network.config.max_history
        if not there.shape[1]:  # all histories are the empty one
            return np.repeat(self._logits_of(there[:1]), len(there))
        distinct, place = torch.unique(there, dim=0, return_inverse=True)
        return np.asarray(self._logits_of(distinct)[place.numpy()])

    def _logits_of(self, distinct: Tensor) -> Floats:
        """(S, T) bool → (S,)."""
        parts = [self.inputs.network(self._changed(some)).logit for some in torch.split(distinct, ROWS_AT_ONCE)]
        return np.asarray(torch.cat(parts).double()) if parts else np.zeros(0)

    def _changed(self, kept: Tensor) -> RaggedBatch:
        """kept (S, T) bool → S histories, each with the one candidate."""
        s, batch = len(kept), self._batch
        return replace(
            batch.with_behaviors(kept.nonzero()[:, 1], (0, *kept.sum(1).cumsum(0).tolist())),
            candidate=batch.candidate.expand(s, -1),
            candidate_offsets=tuple(range(s + 1)),
            context=batch.context.expand(s, -1),
            profile=tuple(_repeated(field, s) for field in batch.profile),
        )


@dataclass(frozen=True)
class ModuleBlockScorer:
    """A catalogue's candidates against one history, through the model itself. Safe to share between threads."""

    network: InterestNetwork
    batch: RaggedBatch
    """One history and one candidate, whose context all have; on the network's device."""
    rows: Tensor
    """(U, F) item field rows, there too"""

    @property
    def block_size(self) -> int:
        """Candidates that the model is given at once."""
        return max(1, BEHAVIORS // max(1, len(self.batch.behavior)))

    @torch.inference_mode()
    def __call__(self, block: Tensor) -> Tensor:
        """(n,) which of the rows → (n,) logits, both on the host."""
        n = len(block)
        shown = replace(
            self.batch,
            candidate=self.rows[block],
            candidate_offsets=(0, n),
            context=self.batch.context.expand(n, -1),
        )
        logit: Tensor = self.network(shown).logit
        return logit.cpu()

    def release(self) -> None:
        """Nothing is kept."""


def _repeated(field: Multi, times: int) -> Multi:
    """The values of one user, for so many histories."""
    return Multi(field.rows.repeat(times), torch.arange(times) * len(field.rows))
