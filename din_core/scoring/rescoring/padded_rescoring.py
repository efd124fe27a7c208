"""Rescoring where padding takes part: what a history has one behavior less of, it has one padding more of.

Dimensions as in `tower_rescoring.py`: T behaviors, S changed histories, I intensities, K = D + I.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from din_core.domain.results import Floats
from din_core.model.config import ModelConfig
from din_core.model.library.padding import padding_count
from din_core.scoring.rescoring.rescorer import CountRescorer
from din_core.scoring.rescoring.tower_rescoring import ROWS, PooledHistories, RescoringInputs, SumRescorer


class PaddedRescorer(SumRescorer):
    """A library's DIN in which padding is weighed as a behavior is, or stands for an empty history."""

    def __init__(self, inputs: RescoringInputs, k: Tensor, mass: Tensor, normalised: bool, config: ModelConfig) -> None:
        """k (T + 1, D) and mass (T + 1, I): as `SumRescorer` takes them, those of one padding last."""
        super().__init__(inputs, k[:-1], mass[:-1], normalised)
        assert config.library is not None
        self._kind, self._max_history = config.library.padding, config.max_history
        self._padding = torch.cat([mass[-1].repeat_interleave(self._widths) * k[-1], mass[-1]])  # (K,)
        self._unweighed = torch.cat([k[-1], torch.ones_like(mass[-1])])  # (K,) of a weight of 1

    def line(self, at: Floats) -> tuple[Floats, Floats]:
        """The straight line of v from what padding alone gives; a behavior's share is what it brings in the place of
        padding."""
        count = torch.as_tensor(self.count)
        start, end = self._sums(torch.stack([torch.zeros_like(count), count]))
        with torch.enable_grad():
            state = (start + torch.as_tensor(at)[:, None] * (end - start)).to(self.inputs.q.dtype).requires_grad_()
            logit = self.inputs.logits(self._split(state))
            (slope,) = torch.autograd.grad(logit.sum(), state)
        return np.asarray(logit.detach().double()), np.asarray(slope.double() @ self._shares(count).T)

    def _shares(self, count: Tensor) -> Tensor:
        """(T, K): they add up to the full history's sums less the empty one's."""
        if not self._normalised:
            return count[:, None] * (self.terms - self._padding)
        whole = self._spread(self._unnormalised(count[None]))
        weight = count[:, None] * self._spread(self.terms) / whole
        return count[:, None] * self.terms / whole - weight * self._unweighed

    def _pooled(self, kept: Tensor, players: Tensor | None) -> Iterator[PooledHistories]:
        for some in torch.split(kept, ROWS):
            yield self._split(self._sums(some if players is None else some @ players))

    leave_one_out_logits = CountRescorer.leave_one_out_logits  # padding comes in the place of what is gone

    def _sums(self, kept: Tensor) -> Tensor:
        """kept (S, T) → (S, K)."""
        sums = self._unnormalised(kept)
        if not self._normalised:
            return sums
        total = self._spread(sums)
        return sums / torch.where(total > 0, total, 1)

    def _unnormalised(self, kept: Tensor) -> Tensor:
        padding = padding_count(kept.sum(1), self._kind, self._max_history)
        return kept @ self.terms + padding[:, None] * self._padding
