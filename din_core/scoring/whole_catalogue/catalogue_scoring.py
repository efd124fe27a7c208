"""One history against a catalogue, under way: partial results as they come, the likely candidates first. No torch.

Dimensions: C candidates, of which U differ in what the network reads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from din_core.domain.results import Floats

Positions = NDArray[np.int64]
Score = Callable[[Positions], Floats]
"""(n,) which of the U distinct candidates → (n,) logits; any thread may call it."""
Scored = tuple[Positions, Floats]
InOrder = Callable[[Callable[[Positions], Scored], Iterable[Positions], threading.Event], Iterator[Scored]]
"""Calls a function with each block, some at the same time, and gives what it returns in order, until told to stop."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the catalogue, scored."""

    positions: Positions
    """(n,) which candidates, counted from 0 in the catalogue's order"""
    logit: Floats
    """(n,)"""
    done: int
    """Candidates scored so far, these included."""
    total: int


class DistinctRows:
    """Which candidates are alike in what a network reads: those are scored once."""

    def __init__(self, positions: Positions, starts: Positions) -> None:
        """positions (C,) of all candidates, those alike next to each other; starts (U + 1,) where each of the U
        distinct ones begins among them."""
        self.positions, self.starts = positions, starts

    def __len__(self) -> int:
        return len(self.positions)

    def places(self, distinct: Positions) -> tuple[Positions, Positions]:
        """The positions of all candidates with these of the U distinct rows, and for each which of the rows."""
        lengths = self.starts[distinct + 1] - self.starts[distinct]
        which = np.repeat(np.arange(len(distinct)), lengths)
        within = np.arange(len(which)) - np.repeat(lengths.cumsum() - lengths, lengths)
        return self.positions[self.starts[distinct][which] + within], which


class BlockScoring(Protocol):
    """How one history is scored against a catalogue, in blocks."""

    block_size: int
    """Candidates that are scored at once."""
    dtype: np.dtype[np.floating]
    """Of logits."""
    estimates: bool
    """Whether the likely candidates can be found by a few of the history's behaviors."""

    def repeats(self) -> NDArray[np.bool_]:
        """(U,) which of the distinct candidates are in the history."""
        ...

    def score(self, block: Positions) -> Floats:
        """(n,) which of the U distinct candidates → (n,) logits; any thread may call it."""
        ...

    def estimate(self, block: Positions) -> Floats:
        """The same against a few of the behaviors."""
        ...

    def in_order(
        self, score: Callable[[Positions], Scored], blocks: Iterable[Positions], stop: threading.Event
    ) -> Iterator[Scored]:
        """`map`, some blocks at the same time; ends early once `stop` is set."""
        ...

    def release(self) -> None:
        """All is scored: let go of what was held for it."""
        ...


class CatalogueScoring:
    """One history against the catalogue, under way: iterate for the parts, and look at `top` whenever you like.

    Nothing is computed before the first part is asked for, and little more than was asked for. Iterating again goes
    on behind the last part. One thread iterates; any may cancel, or read `done`, `logit` and `top`.
    """

    def __init__(self, catalogue: DistinctRows, blocks: BlockScoring) -> None:
        self.catalogue, self.total, self.done = catalogue, len(catalogue), 0
        self.logit: Floats = np.full(self.total, -np.inf, blocks.dtype)
        """(C,) by position; −∞ until scored"""
        self._blocks = blocks
        repeats = blocks.repeats()
        self._waiting = self._cut(np.flatnonzero(repeats))
        self._rest = np.flatnonzero(~repeats)
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """End the iteration after at most one more part; for good."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled.is_set()

    def __iter__(self) -> Iterator[Part]:
        yield from self._parts()  # the history's own items: most of the best are among them
        if not self.cancelled and len(self._rest):
            self._waiting, self._rest = self._likely_first(self._rest), self._rest[:0]
        yield from self._parts()
        self._blocks.release()

    def _parts(self) -> Iterator[Part]:
        for block, logit in self._scored(self._blocks.score, self._waiting):
            if self.cancelled:
                return
            positions, which = self.catalogue.places(block)
            part = logit[which]
            self.logit[positions] = part
            self.done += len(positions)
            self._waiting = self._waiting[1:]
            yield Part(positions, part, self.done, self.total)

    def finish(self) -> Floats:
        """Score all that is left: (C,) logits, or fewer and −∞ where cancelled."""
        for _ in self:
            pass
        return self.logit

    def top(self, k: int) -> tuple[Positions, Floats]:
        """The at most k best so far, best first and ties by position: their positions and logits."""
        k = min(k, self.done)
        if k < 1:
            return np.empty(0, np.int64), self.logit[:0]
        least = np.partition(self.logit, self.total - k)[self.total - k]
        found = np.flatnonzero(self.logit >= least)
        found = found[np.argsort(-self.logit[found], kind="stable")][:k]
        return found, self.logit[found]

    def _likely_first(self, rows: Positions) -> list[Positions]:
        """Blocks of these distinct rows by their scores against the coreset; as they come without one."""
        if self._blocks.estimates:
            estimate, done = np.empty(len(rows), self.logit.dtype), 0
            for _, logit in self._scored(self._blocks.estimate, self._cut(rows)):
                estimate[done : done + len(logit)] = logit  # kept by themselves, they would hold the heap between them
                done += len(logit)
            if not self.cancelled:
                rows = rows[np.argsort(-estimate, kind="stable")]
        return self._cut(rows)

    def _scored(self, score: Score, blocks: Iterable[Positions]) -> Iterator[Scored]:
        return self._blocks.in_order(lambda block: (block, score(block)), blocks, self._cancelled)

    def _cut(self, rows: Positions) -> list[Positions]:
        size = self._blocks.block_size
        return [rows[start : start + size] for start in range(0, len(rows), size)]
