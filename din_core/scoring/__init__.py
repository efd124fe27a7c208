"""(history, candidates, context) → Scores."""

from din_core.scoring.batching import BatchingScorer
from din_core.scoring.catalogue import Catalogue, CatalogueScoring
from din_core.scoring.device import Device
from din_core.scoring.ranking import RankedItem, Ranking
from din_core.scoring.rescoring import Rescorer, rescorer_for
from din_core.scoring.scorer import Scorer, load_scorers

__all__ = [
    "BatchingScorer",
    "Catalogue",
    "CatalogueScoring",
    "Device",
    "RankedItem",
    "Ranking",
    "Rescorer",
    "Scorer",
    "load_scorers",
    "rescorer_for",
]
