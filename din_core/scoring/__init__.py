"""(history, candidates, context) → Scores."""

from din_core.scoring.scorer import Scorer, load_scorers

__all__ = ["Scorer", "load_scorers"]
