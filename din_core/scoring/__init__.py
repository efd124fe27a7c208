"""(history, candidates, context) → Scores. Importing it needs no torch: see `scorer.py`."""

from din_core.scoring.batching import BatchingScorer
from din_core.scoring.loading import load_scorers, none_usable
from din_core.scoring.number_ranges import NumberRanges, number_ranges
from din_core.scoring.rescorers import rescorer_for, rescorers_for
from din_core.scoring.rescoring.rescorer import Rescorer
from din_core.scoring.scorer import Scorer
from din_core.scoring.whole_catalogue.catalogue import Catalogue
from din_core.scoring.whole_catalogue.catalogue_scoring import CatalogueScoring
from din_core.scoring.whole_catalogue.ranking import RankedItem, Ranking

__all__ = [
    "BatchingScorer",
    "Catalogue",
    "CatalogueScoring",
    "NumberRanges",
    "RankedItem",
    "Ranking",
    "Rescorer",
    "Scorer",
    "load_scorers",
    "none_usable",
    "number_ranges",
    "rescorer_for",
    "rescorers_for",
]
