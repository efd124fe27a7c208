"""Tables of (user, item, time) in, their scores, weights and effects out: streamed, and without labels."""

from din_core.tables.score_table import ScoreReport, score_table
from din_core.tables.scored_rows import ScoreOptions

__all__ = ["ScoreOptions", "ScoreReport", "score_table"]
