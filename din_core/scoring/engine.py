"""What computes the numbers of a checkpoint, on this machine or elsewhere: arrays in, arrays out. No torch.

Dimensions: M candidates, P pairs of a behavior and a candidate, n items, F item fields, D item embedding width.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from din_core.domain import DinLensError
from din_core.domain.results import Floats
from din_core.domain.translatable import Translatable
from din_core.model.batches.batch_arrays import BatchArrays, Rows, SetRows
from din_core.model.external.traits import ModuleTraits
from din_core.scoring.rescoring.rescorer import CountRescorer
from din_core.scoring.whole_catalogue.catalogue_scoring import CatalogueScoring


class BatchScores(NamedTuple):
    """What is computed of a batch."""

    logit: Floats
    """(M,)"""
    probability: Floats
    """(M,)"""
    weight: Floats
    """(P,), or (P, F) with one unit per item field"""


class CandidateRows(Protocol):
    """Every candidate of a catalogue as item field rows, ready to be scored against one history after another."""

    def scoring_of(self, batch: BatchArrays) -> CatalogueScoring:
        """Score against a batch of one history, its profile, and the context of its first candidate."""
        ...


class ScoringEngine(ABC):
    """Of one checkpoint. Safe to share between threads."""

    batch_workers: int
    """Batches that go on side by side."""

    @property
    def traits(self) -> ModuleTraits | None:
        """What was measured of a model that is not this project's; None of others, and where nothing was."""
        return None

    @property
    @abstractmethod
    def half_life(self) -> float | None:
        """Days, of pooling by time decay, as trained; None for a model without one."""

    @abstractmethod
    def scores(self, batch: BatchArrays) -> BatchScores:
        """Of a batch, in one forward pass."""

    @abstractmethod
    def count_rescorers(self, batch: BatchArrays, count: Floats, added: int) -> Iterator[CountRescorer]:
        """One for each candidate of a batch of one history, one after the other.

        `count` (T,) are repeats of each behavior; the last `added` of them are additions, with 0.
        """

    @abstractmethod
    def candidate_rows(self, rows: Rows, sets: SetRows) -> CandidateRows:
        """Of a catalogue: rows (n, F), of fields with several values indices of `sets`."""

    @abstractmethod
    def item_vectors(self, rows: Rows, sets: SetRows) -> Floats:
        """(n, D) embeddings of items, all fields end to end; rows (n, F).

        DinLensError for a model that shows none.
        """


def no_vectors(model: str, field: str | None) -> DinLensError:
    """That a model shows no embeddings: of one field, or at all."""
    return DinLensError(
        "{name} does not show embeddings of {what}, so there is no map of them; choose another model, or all fields"
        " of one whose module has a method embed",
        name=model,
        what=Translatable("items") if field is None else field,
    )
