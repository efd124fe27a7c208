"""(history, candidates, context) → Scores."""

from din_core.scoring.opened import Opened, open_scenario
from din_core.scoring.scorer import Scorer, load_scorers

__all__ = ["Opened", "Scorer", "load_scorers", "open_scenario"]
