"""Ragged batches. Nothing is ever padded.

G histories lie end to end with offsets, and so do the candidates scored against each: impressions of one
user at one time share one history. Pairs are ordered by (history, behavior, candidate), so the pairs of one
history form a T×C block.

Dimensions: G histories, N behaviors of all histories, M candidates of all histories, P pairs, D embedding
width, H hidden width of the activation unit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from din_core.model.batches.batch_arrays import BatchArrays, MultiRows, SetRows

Offsets = tuple[int, ...] | NDArray[np.int64]
"""(G + 1), on the host: what is history g's runs from offset g to offset g + 1."""


def to_device(index: Tensor | NDArray[Any], device: torch.device) -> Tensor:
    """An array of the host on a device, without waiting for it."""
    return torch.as_tensor(index).to(device, non_blocking=True)


@dataclass(frozen=True)
class Multi:
    """Several values of a field for each of G histories' users, or of S sets of values of items: rows end to end."""

    rows: Tensor
    """(n,) embedding rows"""
    offsets: Tensor
    """(G,) or (S,) where each one's values start"""

    def to(self, device: torch.device) -> Multi:
        """The same on a device, without waiting for it."""
        return Multi(to_device(self.rows, device), to_device(self.offsets, device))


Sets = tuple[Multi | None, ...]
"""One an item field: its sets where items may have several values, else None; () where no field is such."""


def sets_of(sets: SetRows) -> Sets:
    """The same as tensors, on the memory of the arrays."""
    return tuple(own and _multi(own) for own in sets)


def _multi(own: MultiRows) -> Multi:
    return Multi(torch.from_numpy(own.rows), torch.from_numpy(own.offsets))


@dataclass(frozen=True)
class RaggedBatch:
    """What a network reads. Item, profile and context values are embedding rows, not ids."""

    behavior: Tensor
    """(N, F) item field rows of each distinct behavior"""
    count: Tensor
    """(N,) float: repeats of each distinct behavior"""
    age: Tensor
    """(N,) float: days from the newest repeat of each behavior to the impression"""
    behavior_offsets: Offsets
    """(G + 1): history g holds behaviors [offset g, offset g+1)"""
    candidate: Tensor
    """(M, F) item field rows"""
    candidate_offsets: Offsets
    """(G + 1): the candidates scored against history g"""
    profile: tuple[Multi, ...]
    """one per user field"""
    context: Tensor
    """(M, X) context field rows"""
    behavior_type: Tensor | None = None
    """(N,) rows of the behaviors' types; None where the network reads none"""
    sets: Sets = ()
    """Of a field with several values, `behavior` and `candidate` hold the index of one of its sets; see `value_sets`"""

    @classmethod
    def of(cls, arrays: BatchArrays) -> RaggedBatch:
        """The same as tensors, on the memory of the arrays."""
        types = arrays.behavior_type
        return cls(
            behavior=torch.from_numpy(arrays.behavior),
            count=torch.from_numpy(arrays.count),
            age=torch.from_numpy(arrays.age),
            behavior_offsets=arrays.behavior_offsets,
            candidate=torch.from_numpy(arrays.candidate),
            candidate_offsets=arrays.candidate_offsets,
            profile=tuple(map(_multi, arrays.profile)),
            context=torch.from_numpy(arrays.context),
            behavior_type=None if types is None else torch.from_numpy(types),
            sets=sets_of(arrays.sets),
        )

    def segments(self) -> list[tuple[slice, slice]]:
        """For each history, its behaviors and its candidates."""
        behaviors, candidates = (np.asarray(o).tolist() for o in (self.behavior_offsets, self.candidate_offsets))
        spans = zip(pairwise(behaviors), pairwise(candidates), strict=True)
        return [(slice(*behaviors), slice(*candidates)) for behaviors, candidates in spans]

    def to(self, device: torch.device) -> RaggedBatch:
        """The same on a device, without waiting for it; offsets stay on the host."""
        if device == self.count.device:
            return self
        return replace(
            self,
            behavior=to_device(self.behavior, device),
            count=to_device(self.count, device),
            age=to_device(self.age, device),
            candidate=to_device(self.candidate, device),
            profile=tuple(field.to(device) for field in self.profile),
            context=to_device(self.context, device),
            behavior_type=None if self.behavior_type is None else to_device(self.behavior_type, device),
            sets=tuple(sets and sets.to(device) for sets in self.sets),
        )

    def with_behaviors(self, chosen: Tensor | slice, offsets: Offsets, count: Tensor | None = None) -> RaggedBatch:
        """The same with n of its behaviors, in that order and with these offsets; `count` (n,) where theirs differ."""
        return replace(
            self,
            behavior=self.behavior[chosen],
            count=self.count[chosen] if count is None else count,
            age=self.age[chosen],
            behavior_type=None if self.behavior_type is None else self.behavior_type[chosen],
            behavior_offsets=offsets,
        )

    def per_pair(self, value: Tensor) -> Tensor:
        """(N,) a value of each behavior → (P,) that of each pair's behavior."""
        candidates = self._lengths[1][self.history_of_behavior]
        return torch.repeat_interleave(value, candidates, output_size=self.pair_total)

    def pairs(self) -> tuple[Tensor, Tensor]:
        """(P,) behavior index and (P,) candidate index of each pair."""
        return self._pairs

    def pair_of(self, behavior: Tensor, candidate: Tensor) -> Tensor:
        """(n,) positions of behaviors and of candidates, each two of one history → (n,) positions of their pairs."""
        candidates = self._lengths[1]
        history, before = self.history_of_behavior, candidates.cumsum(0) - candidates  # (N,), (G,)
        per_behavior = candidates[history]
        first_pair = per_behavior.cumsum(0) - per_behavior  # (N,)
        return first_pair[behavior] + candidate - before[history[behavior]]

    @property
    def groups(self) -> int:
        """G."""
        return len(self.behavior_offsets) - 1

    @cached_property
    def _pair_starts(self) -> NDArray[np.int64]:
        """(G + 1,) where each history's pairs start, and P; which no device is asked for."""
        pairs = np.diff(self.behavior_offsets) * np.diff(self.candidate_offsets)
        return np.concatenate([[0], pairs.cumsum()])

    @property
    def pair_total(self) -> int:
        """P."""
        return int(self._pair_starts[-1])

    @cached_property
    def blocks(self) -> Tensor:
        """(3, G + 1) offsets of behaviors, of candidates and of pairs, on the CPU."""
        return torch.from_numpy(np.stack([self.behavior_offsets, self.candidate_offsets, self._pair_starts]))

    @cached_property
    def _lengths(self) -> tuple[Tensor, Tensor]:
        """(G,) behaviors and (G,) candidates of each history."""
        offsets = (np.asarray(offsets) for offsets in (self.behavior_offsets, self.candidate_offsets))
        behaviors, candidates = (to_device(np.diff(o), self.count.device) for o in offsets)
        return behaviors, candidates

    @cached_property
    def history_of_behavior(self) -> Tensor:
        """(N,) the history that each behavior belongs to."""
        return torch.repeat_interleave(self._lengths[0], output_size=int(self.behavior_offsets[-1]))

    @cached_property
    def history_of_candidate(self) -> Tensor:
        """(M,) the history that each candidate is scored against."""
        return torch.repeat_interleave(self._lengths[1], output_size=int(self.candidate_offsets[-1]))

    @cached_property
    def _pairs(self) -> tuple[Tensor, Tensor]:
        candidates = self._lengths[1]
        candidate_start = candidates.cumsum(0) - candidates
        history = self.history_of_behavior  # (N,)
        per_behavior = candidates[history]  # (N,)
        first_pair = per_behavior.cumsum(0) - per_behavior  # (N,)
        behavior = torch.repeat_interleave(per_behavior, output_size=self.pair_total)  # (P,)
        within = torch.arange(self.pair_total, device=behavior.device) - first_pair[behavior]
        return behavior, candidate_start[history[behavior]] + within


def with_candidates(batch: RaggedBatch, rows: Tensor) -> RaggedBatch:
    """A batch of one history with other candidates, item field rows (n, F)."""
    return replace(batch, candidate=rows, candidate_offsets=(0, len(rows)))
