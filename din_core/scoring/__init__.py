"""(history, candidates, context) → Scores."""

from din_core.scoring.batching import BatchingScorer
from din_core.scoring.catalogue import Catalogue, CatalogueScoring
from din_core.scoring.device import Device
from din_core.scoring.opened import Opened, open_scenario
from din_core.scoring.ranking import RankedItem, Ranking
from din_core.scoring.scorer import Scorer, load_scorers

__all__ = [
    "BatchingScorer",
    "Catalogue",
    "CatalogueScoring",
    "Device",
    "Opened",
    "RankedItem",
    "Ranking",
    "Scorer",
    "load_scorers",
    "open_scenario",
]
