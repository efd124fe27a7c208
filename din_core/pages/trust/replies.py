"""Yes, partly or no: what a stored figure says to its question, and from where on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from din_core.explain.verdict import CAUTION, FOUND, TRUST
from din_core.metrics import is_worse_than_base_rate
from din_core.pages.trust.figures import Question, TrustFigures

Reply = Literal["yes", "partly", "no"]

ORDER = (TRUST, CAUTION)
"""Least Kendall's τ for yes and for partly, of weights with effects and of two seeds' weights: as *Inspect* judges one
scenario. At .6, 4 of 5 pairs of behaviors are in one order, at .3 about 2 of 3."""
COVERED = (FOUND, 0.5)
"""Least share, of what the five largest effects cover, that the five largest weights cover."""
SAME_SIGN = (0.8, 0.65)
"""Least share of behaviors whose weight has their effect's sign; .5 is chance."""
AUC_LOST = (0.01, 0.001)
"""Least AUC lost with uniform weights for yes and for partly, where its 95 % interval is below 0: on many impressions
that of next to nothing is."""
MOVED = (0.2, 0.5)
"""Largest share of the attention that can lie elsewhere for yes and for partly."""
ECE = (0.01, 0.03)
"""Largest ECE for yes and for partly. Whatever it is: no, where the log loss is above that of the base rate."""


def replies(figures: TrustFigures) -> dict[Question, Reply]:
    """Of every question that has a figure."""
    return {question: reply(question, figures) for question in figures.asked}


def reply(question: Question, figures: TrustFigures) -> Reply:
    """Of one that has a figure."""
    value = figures.asked[question].value
    if question == "found":
        return at_least(value, [share * (figures.found_best or 0.0) for share in COVERED])
    if question == "uniform":
        return needs_weights(figures)
    if question == "calibration":
        return calibrated(figures)
    if question == "elsewhere":
        return at_least(-value, [-share for share in MOVED])
    return at_least(value, {"order": ORDER, "seeds": ORDER, "sign": SAME_SIGN}[question])


def at_least(value: float, least: list[float] | tuple[float, ...]) -> Reply:
    """Yes from the first limit on, partly from the second."""
    yes, partly = least
    return "yes" if value >= yes else "partly" if value >= partly else "no"


def needs_weights(figures: TrustFigures) -> Reply:
    """Whether a network loses AUC once all its weights are alike."""
    found = figures.asked["uniform"]
    if found.value >= 0 or (found.high is not None and found.high >= 0):
        return "no"
    return at_least(-found.value, AUC_LOST)


def calibrated(figures: TrustFigures) -> Reply:
    """By the larger of the checkpoint's ECE and the leaderboard's: the first is of what the map was fitted on."""
    if figures.log_loss is not None and is_worse_than_base_rate(figures.log_loss, figures.base_rate_log_loss):
        return "no"
    on_board = figures.ece_board
    ece = max(figures.asked["calibration"].value, 0.0 if on_board is None else on_board.value)
    return at_least(-ece, [-limit for limit in ECE])


def sizes_tell_more(figures: TrustFigures, given: Mapping[Question, Reply]) -> bool:
    """Whether weights tell how much a behavior matters where their order with its signs does not."""
    return given.get("order") != "yes" and figures.order_size is not None and figures.order_size >= ORDER[0]
