"""Ragged batches as arrays: what `ragged.py` holds as tensors, for those who compute nothing of it. No torch.

Dimensions as in `ragged.py`: G histories, N behaviors, M candidates, F item fields, X context fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from din_core.domain.results import Floats

Rows = NDArray[np.int64]


class MultiRows(NamedTuple):
    """Several values of a field, end to end: see `ragged.Multi`."""

    rows: Rows
    """(n,) embedding rows"""
    offsets: Rows
    """(G,) or (S,) where each one's values start"""

    @classmethod
    def of(cls, values: Sequence[Iterable[int]]) -> MultiRows:
        """Of the values of each."""
        lists = [list(own) for own in values]
        starts = list(accumulate(map(len, lists), initial=0))[:-1]
        flat = list(chain.from_iterable(lists))
        return cls(np.array(flat, np.int64), np.array(starts, np.int64))

    def chosen(self, index: Rows) -> MultiRows:
        """Those of these places, in their order."""
        ends = np.append(self.offsets[1:], len(self.rows))
        return MultiRows.of([self.rows[self.offsets[n] : ends[n]].tolist() for n in index])


SetRows = tuple[MultiRows | None, ...]
"""One an item field: its sets where items may have several values, else None; () where no field is such."""


@dataclass(frozen=True)
class BatchArrays:
    """What a network reads. Item, profile and context values are embedding rows, not ids."""

    behavior: Rows
    """(N, F)"""
    count: Floats
    """(N,) single precision: repeats of each distinct behavior"""
    age: Floats
    """(N,) single precision: days from the newest repeat of each behavior to the impression"""
    behavior_offsets: Rows
    """(G + 1)"""
    candidate: Rows
    """(M, F)"""
    candidate_offsets: Rows
    """(G + 1)"""
    profile: tuple[MultiRows, ...]
    """one per user field"""
    context: Rows
    """(M, X)"""
    behavior_type: Rows | None = None
    """(N,); None where the network reads none"""
    sets: SetRows = ()
    """Of a field with several values, `behavior` and `candidate` hold the index of one of its sets"""

    def one_candidate(self, place: int) -> BatchArrays:
        """A batch of one history with one of its candidates alone."""
        own = slice(place, place + 1)
        return replace(
            self, candidate=self.candidate[own], candidate_offsets=np.array([0, 1]), context=self.context[own]
        )

    @property
    def pair_total(self) -> int:
        """P: behaviors times candidates, of all histories."""
        return int(np.diff(self.behavior_offsets) @ np.diff(self.candidate_offsets))
