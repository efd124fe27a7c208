"""(history, candidates, context) → Scores."""

from din_core.scoring.batching import BatchingScorer
from din_core.scoring.catalogue import Catalogue, CatalogueScoring
from din_core.scoring.devices import Device, open_device
from din_core.scoring.number_ranges import NumberRanges, number_ranges
from din_core.scoring.ranking import RankedItem, Ranking
from din_core.scoring.rescorers import rescorer_for, rescorers_for
from din_core.scoring.rescoring.rescorer import Rescorer
from din_core.scoring.scorer import Scorer, load_scorers, none_usable

__all__ = [
    "BatchingScorer",
    "Catalogue",
    "CatalogueScoring",
    "Device",
    "NumberRanges",
    "RankedItem",
    "Ranking",
    "Rescorer",
    "Scorer",
    "load_scorers",
    "none_usable",
    "number_ranges",
    "open_device",
    "rescorer_for",
    "rescorers_for",
]
