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

Offsets = tuple[int, ...] | NDArray[np.int64]
"""(G + 1), on the host: what is history g's runs from offset g to offset g + 1."""


def to_device(index: Tensor | NDArray[Any], device: torch.device) -> Tensor:
    """An array of the host on a device, without waiting for it."""
    return torch.as_tensor(index).to(device, non_blocking=True)


@dataclass(frozen=True)
class Multi:
    """A multi-valued field of G histories' users: value rows end to end with offsets."""

    rows: Tensor
    """(n,) embedding rows"""
    offsets: Tensor
    """(G,) where each user's values start"""


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
            profile=tuple(Multi(to_device(f.rows, device), to_device(f.offsets, device)) for f in self.profile),
            context=to_device(self.context, device),
            behavior_type=None if self.behavior_type is None else to_device(self.behavior_type, device),
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
