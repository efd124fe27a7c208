"""What a module of one's own reads: each candidate with its history, filled up to the longest.

Dimensions: B candidates, each a row; T behaviors of the longest history, 1 at least; F item fields, X context fields,
V values of a user's field.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from din_core.model.ragged import Multi, RaggedBatch


@dataclass(frozen=True)
class ModuleBatch:
    """Values are codes: `values[i]` of a field has code i + 1, and 0 is what is unknown or missing."""

    candidate: Tensor
    """(B, F) codes of the candidate's item fields; the first is the item itself"""
    behaviors: Tensor
    """(B, T, F) codes of the same fields, oldest first; 0 behind the end of a history"""
    mask: Tensor
    """(B, T) bool: whether a behavior is there. A history may be empty: then none is."""
    age: Tensor
    """(B, T) days from each behavior to the impression; 0 behind the end"""
    profile: tuple[Tensor, ...]
    """one a user field, (B, V) codes of the known values; 0 behind the last"""
    context: Tensor
    """(B, X) codes"""
    behavior_type: Tensor | None = None
    """(B, T) codes of the behaviors' types; None for a model that reads none"""

    def __len__(self) -> int:
        return len(self.candidate)

    @property
    def lengths(self) -> Tensor:
        """(B,) how many behaviors are there."""
        return self.mask.sum(1)


@dataclass(frozen=True)
class Padding:
    """Where a ragged batch's histories stand in a padded one."""

    starts: Tensor
    """(M,) the first behavior of each candidate's history"""
    lengths: Tensor
    """(M,)"""

    @property
    def longest(self) -> int:
        """T, of all candidates; 1 at least."""
        return max(1, int(self.lengths.max())) if len(self.lengths) else 1

    @classmethod
    def of(cls, batch: RaggedBatch) -> Padding:
        """Of each candidate of the batch."""
        offsets = torch.as_tensor(np.asarray(batch.behavior_offsets), device=batch.count.device)
        of_candidate = batch.history_of_candidate
        return cls(offsets[:-1][of_candidate], offsets.diff()[of_candidate])


def module_batch(batch: RaggedBatch, padding: Padding, rows: slice) -> ModuleBatch:
    """Some of a ragged batch's candidates, each with its history."""
    starts, lengths = padding.starts[rows], padding.lengths[rows]
    steps = torch.arange(max(1, int(lengths.max())) if len(lengths) else 1, device=lengths.device)
    mask = steps < lengths[:, None]  # (B, T)
    place = torch.where(mask, starts[:, None] + steps, len(batch.behavior))  # the last row is that of nothing
    types = batch.behavior_type
    groups = batch.history_of_candidate[rows]
    return ModuleBatch(
        candidate=batch.candidate[rows],
        behaviors=_with_nothing(batch.behavior)[place],
        mask=mask,
        age=_with_nothing(batch.age)[place],
        profile=tuple(_padded(field, batch.groups)[groups] for field in batch.profile),
        context=batch.context[rows],
        behavior_type=None if types is None else _with_nothing(types)[place],
    )


def _with_nothing(column: Tensor) -> Tensor:
    """With one more row, of zeros."""
    return torch.cat([column, column.new_zeros(1, *column.shape[1:])])


def _padded(field: Multi, groups: int) -> Tensor:
    """(G, V) the values of each history's user."""
    ends = torch.cat([field.offsets[1:], field.offsets.new_tensor([len(field.rows)])]) if groups else field.offsets
    lengths = ends - field.offsets
    steps = torch.arange(max(1, int(lengths.max())) if groups else 1, device=field.rows.device)
    place = torch.where(steps < lengths[:, None], field.offsets[:, None] + steps, len(field.rows))
    return _with_nothing(field.rows)[place]
