"""What each metric says of a model, in one line."""

from __future__ import annotations

from collections.abc import Iterable

from din_core.metrics.calibration import BINS
from din_core.pages.language.translate import T, t

MEANINGS = {
    "auc": T(
        "**AUC**: of a positive and a negative impression, how often the positive one has the higher probability; 0.5 "
        "is chance, 1 is perfect."
    ),
    "gauc": T("**GAUC**: AUC among each user's own impressions, averaged over users by how many they have."),
    "log_loss": T(
        "**Log loss**: the mean of −ln of the probability that was given to what happened; 0 is perfect, and 0.69 is "
        "what always saying 50 % gets."
    ),
    "ece": T(
        "**ECE**: how far predicted probabilities lie from the observed shares of positives, on average over {bins} "
        "bins of impressions; 0 is perfect."
    ),
    "rela_impr": T(
        "**RelaImpr**: by how much further above 0.5 the AUC lies than that of the reference; +100 % is twice as far."
    ),
}


def meanings(metrics: Iterable[str]) -> str:
    """A line for each of these, as Markdown."""
    return "  \n".join(t(MEANINGS[metric], bins=BINS) for metric in metrics)
