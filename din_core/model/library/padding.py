"""Padding where a library has it take part: one more behavior of each history, which counts as often as it would.

Padding is row 1 of every item field, whose value is `PADDING_VALUE`. Nothing else in this project is padded.

Dimensions: G histories, N behaviors, P pairs ordered by (history, behavior, candidate).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from din_core.model.library.options import Padding
from din_core.model.ragged import RaggedBatch, to_device

PADDING_VALUE, PADDING_ROW = "__PAD__", 1
"""How a vocabulary has it, where padding takes part."""


@dataclass(frozen=True)
class PaddedBatch:
    """A batch with its padding, and which of its pairs are of real behaviors."""

    batch: RaggedBatch
    real: Tensor | None
    """(P,) the places of the real pairs among those of `batch`; None where there is no padding"""

    def of_behaviors(self, weight: Tensor) -> Tensor:
        """(P', ...) of all pairs → (P, ...) those of real behaviors."""
        return weight if self.real is None else weight.index_select(0, self.real)


def padding_count(occurrences: Tensor, padding: Padding, max_history: int) -> Tensor:
    """(n,) occurrences of each history → (n,) how often padding counts in it."""
    if padding == "counted":
        return (max_history - occurrences).clamp(min=0)
    return (occurrences == 0).to(occurrences.dtype) if padding == "where empty" else torch.zeros_like(occurrences)


def with_padding(batch: RaggedBatch, padding: Padding, max_history: int) -> PaddedBatch:
    """The batch with one behavior of padding behind those of each history that has any."""
    lengths = np.diff(batch.behavior_offsets)
    padded = np.full(len(lengths), padding == "counted") | ((padding == "where empty") & (lengths == 0))
    if not padded.any():
        return PaddedBatch(batch, None)
    before = np.concatenate([[0], padded.cumsum()])  # paddings before each history
    offsets = np.asarray(batch.behavior_offsets) + before
    device, n = batch.count.device, int(offsets[-1])
    place = to_device(np.arange(len(batch.count)) + np.repeat(before[:-1], lengths), device)
    own = to_device(np.flatnonzero(padded), device)
    occurrences = batch.count.new_zeros(len(lengths)).index_add(0, batch.history_of_behavior, batch.count)
    counted = padding_count(occurrences, padding, max_history).index_select(0, own)
    count = batch.count.new_zeros(n).index_copy(0, place, batch.count)
    whole = replace(
        batch,
        behavior=_paddings(batch, n).index_copy(0, place, batch.behavior),
        count=count.index_copy(0, to_device(offsets[1:][padded] - 1, device), counted),
        age=batch.age.new_zeros(n).index_copy(0, place, batch.age),
        behavior_offsets=offsets,
        behavior_type=None,
    )
    return PaddedBatch(whole, to_device(_real_pairs(lengths, np.diff(batch.candidate_offsets), padded), device))


def _real_pairs(behaviors: NDArray[np.int64], candidates: NDArray[np.int64], padded: NDArray[np.bool_]) -> Any:
    """(P,): padding is the last behavior of its history, so its pairs are the last of it."""
    pairs = behaviors * candidates
    paddings = np.concatenate([[0], (padded * candidates).cumsum()])[:-1]  # pairs of padding before each history's
    return np.arange(pairs.sum()) + np.repeat(paddings, pairs)


def with_one_padding(batch: RaggedBatch) -> RaggedBatch:
    """A batch of one history with one padding behind its behaviors, which counts once."""
    return replace(
        batch,
        behavior=torch.cat([batch.behavior, _paddings(batch, 1)]),
        count=torch.cat([batch.count, batch.count.new_ones(1)]),
        age=torch.cat([batch.age, batch.age.new_zeros(1)]),
        behavior_offsets=(0, len(batch.behavior) + 1),
        behavior_type=None,
    )


def _paddings(batch: RaggedBatch, n: int) -> Tensor:
    """(n, F) rows."""
    return batch.behavior.new_full((n, batch.behavior.shape[1]), PADDING_ROW)
