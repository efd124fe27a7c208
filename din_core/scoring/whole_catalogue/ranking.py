"""The whole catalogue ranked for one history by several models, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from din_core.domain import History, Item
from din_core.domain.results import Floats
from din_core.scoring.whole_catalogue.catalogue import Catalogue
from din_core.scoring.whole_catalogue.catalogue_scoring import CatalogueScoring

Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Place:
    """Where one model has an item."""

    probability: float
    rank: int
    """1 is the best of those scored so far; equal scores share a rank."""


@dataclass(frozen=True, slots=True)
class RankedItem:
    """One line of a ranking."""

    item: Item
    places: tuple[Place | None, ...]
    """One a model; None where it has not come to the item yet."""


class Ranking:
    """Catalogues of the same items, one a model, scored one after the other against one history.

    The first model is scored first. Start it once; any thread may look or stop it.
    """

    def __init__(self, catalogues: Sequence[Catalogue], history: History, context: Mapping[str, str | None]) -> None:
        self.items = catalogues[0].items
        self.total = len(self.items)
        self._scorings: tuple[CatalogueScoring, ...] = tuple(c.scoring(history, context) for c in catalogues)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="ranking", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after at most one more part a model; what is scored stays."""
        for scoring in self._scorings:
            scoring.cancel()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end, at most so long; whether it is there. Raises what scoring raised."""
        self._thread.join(seconds)
        if self._error is not None:
            raise self._error
        return self.ended

    @property
    def ended(self) -> bool:
        """Whether nothing more will be scored: all is done, or it was stopped."""
        return self._thread.ident is not None and not self._thread.is_alive()

    @property
    def failed(self) -> bool:
        """Whether scoring raised something, which `wait` raises."""
        return self._error is not None

    @property
    def stopped(self) -> bool:
        """Whether it was told to stop."""
        return any(scoring.cancelled for scoring in self._scorings)

    @property
    def done(self) -> tuple[int, ...]:
        """Items scored so far, by model."""
        return tuple(scoring.done for scoring in self._scorings)

    def best(self, most: int, among: NDArray[np.bool_] | None = None, by: int = 0) -> list[RankedItem]:
        """The best by one model of those scored so far, ties in the catalogue's order; `among` (C,) leaves others out.

        Ranks are among all items, whatever is left out.
        """
        logit = self._scorings[by].logit
        wanted = np.isfinite(logit) if among is None else np.isfinite(logit) & among
        found = np.flatnonzero(wanted)
        if len(found) > most > 0:
            least = np.partition(logit[found], len(found) - most)[len(found) - most]
            found = found[logit[found] >= least]
        found = found[np.argsort(-logit[found], kind="stable")][: max(most, 0)]
        return [self.of(int(position)) for position in found]

    def place_of(self, item_id: str) -> int | None:
        """An item's position in the catalogue; None where it is not there."""
        return next((place for place, item in enumerate(self.items) if item.item_id == item_id), None)

    def of(self, position: int) -> RankedItem:
        """One item of the catalogue."""
        return RankedItem(self.items[position], tuple(_place(s.logit, position) for s in self._scorings))

    def _run(self) -> None:
        try:
            for scoring in self._scorings:
                scoring.finish()
        except BaseException as error:  # told to whoever waits
            self._error = error


def _place(logit: Floats, position: int) -> Place | None:
    own = logit[position]
    if not np.isfinite(own):
        return None
    return Place(float(1 / (1 + np.exp(-float(own)))), 1 + int((logit > own).sum()))
