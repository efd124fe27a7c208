"""What *Inspect* says below a model's weights where they were measured, and do not tell what moves its score."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from din_core.domain import CheckpointError
from din_core.domain.trust import FAITHFULNESS_FILE, Faithfulness
from din_core.metrics.faithfulness_file import read_faithfulness
from din_core.pages.language.translate import T, t
from din_core.pages.trust.figures import read_figures
from din_core.pages.trust.replies import replies, sizes_tell_more
from din_core.pages.trust.texts import of_words, pairs
from din_core.pages.trust.verdict import is_no_guide

if TYPE_CHECKING:
    from din_core.scoring import Scorer

NO_GUIDE_HERE = T(
    "Measured on {sample}, the weights of {model} do not tell what moves its score up or down: of 100 pairs of "
    "behaviors, about {n} have more weight on the one that raises it more; by chance it would be 50. Go by the "
    "effects."
)


def weights_caution(scorer: Scorer, model: str) -> str:
    """The sentence, with the figure of this very checkpoint; empty where there is none, or its weights tell more."""
    figures = read_figures(None, measured_here(scorer), scorer)
    if not is_no_guide(figures, sizes_tell_more(figures, replies(figures))):
        return ""
    order = figures.asked["order"]
    return t(NO_GUIDE_HERE, sample=of_words("order", order), model=model, n=pairs(order.value))


def measured_here(scorer: Scorer) -> Faithfulness | None:
    """What was measured of these very weights; of a file that cannot be read *Trust* tells."""
    folder = scorer.checkpoint.folder
    try:
        measured = _read(folder, (folder / FAITHFULNESS_FILE).stat().st_mtime_ns)
    except (OSError, CheckpointError):
        return None
    return measured if measured is not None and scorer.fingerprint in measured.fingerprints else None


@lru_cache(maxsize=64)
def _read(folder: Path, changed: int) -> Faithfulness | None:
    """The folder's file as it was `changed`, in nanoseconds since 1970."""
    return read_faithfulness(folder)
