"""Every item of a list as a candidate for one checkpoint. No torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from din_core.domain import History, Item
from din_core.scoring.request_encoder import item_rows
from din_core.scoring.scorer import Scorer
from din_core.scoring.whole_catalogue.catalogue_scoring import CatalogueScoring


class Catalogue:
    """Every item of a list as a candidate for one checkpoint."""

    def __init__(self, scorer: Scorer, items: Sequence[Item]) -> None:
        """Looks up all rows at once: build one for a checkpoint and an item list, and keep it."""
        self.scorer, self.items = scorer, tuple(items)
        self.rows = scorer.engine.candidate_rows(*item_rows(scorer.checkpoint.vocabulary, self.items))

    def scoring(self, history: History, context: Mapping[str, str | None]) -> CatalogueScoring:
        """Score all items, shown in one context, against a history."""
        anything = Item("")  # a batch has a candidate; its context is the one that is read
        return self.rows.scoring_of(self.scorer.arrays([[self.scorer.prepare(history, [anything], context)]]))
