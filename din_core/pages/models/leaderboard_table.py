"""The leaderboard as a table of texts."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from din_core.domain.leaderboard import Leaderboard, LeaderboardRow, Measure
from din_core.figures.leaderboard import LABELS, LeaderboardInfo, number
from din_core.metrics import is_worse_than_base_rate
from din_core.pages.language.labels import percent as shown_share
from din_core.pages.language.translate import T, t
from din_core.pages.widgets.frame import literal

SPLITS = {"train": T("training"), "valid": T("validation"), "test": T("test")}
HERE = "✓"
SPACE = "\N{NO-BREAK SPACE}"


def leaderboard_table(board: Leaderboard, here: Collection[str]) -> pd.DataFrame:
    """One row a model, in the board's order; `here` are the recipe names of the checkpoints at hand."""
    return pd.DataFrame([line(row, board, row.model in here) for row in board.rows])


def metric_table(info: LeaderboardInfo) -> pd.DataFrame:
    """One row a model, best first: the metric on screen with its interval and its spread over seeds."""

    def figure(value: float | None) -> str:
        return "–" if value is None else number(info.metric, value)

    lines = [
        {
            t("Model"): dot.title,
            t("In this app"): HERE if dot.here else "",
            t(LABELS[info.metric]): figure(dot.mean),
            t("95 % from"): figure(dot.low),
            t("to"): figure(dot.high),
            t("± over seeds"): figure(dot.sd).lstrip("+"),
        }
        for dot in info.dots
    ]
    return pd.DataFrame([*lines, *({t("Model"): title} for title in info.missing)]).fillna("–")


def line(row: LeaderboardRow, board: Leaderboard, here: bool) -> dict[str, str]:
    """One model in texts."""
    metrics = row.metrics
    return {
        t("Model"): literal(row.title),
        t("In this app"): HERE if here else "",
        "AUC": with_spread(metrics["auc"]),
        "GAUC": with_spread(metrics["gauc"]),
        "RelaImpr": t("reference") if row.model == board.reference else percent(metrics["rela_impr"]),
        t("Log loss"): with_spread(metrics["log_loss"]),
        "ECE": with_spread(metrics["ece"]),
        t("Training"): duration(row.seconds),
        t("Parameters"): f"{row.parameters:,}",
    }


def base_rate_words(board: Leaderboard, base: float) -> str:
    """The log loss that every model has to beat, and which do not."""
    losses = {row.title: row.metrics["log_loss"] for row in board.rows}
    worse = [title for title, loss in losses.items() if loss is not None and is_worse_than_base_rate(loss.mean, base)]
    text = t(
        "Log loss of the base rate, which gives every impression the share of positives, {share}: {loss:.4f}.",
        share=shown_share(board.base_rate),
        loss=base,
    )
    if not worse:
        return text
    return f"{text} {t('Worse, so that its probabilities tell less than that: {models}.', models=', '.join(worse))}"


def with_spread(measure: Measure | None) -> str:
    """`0.7576 ± 0.0021`: mean and standard deviation over seeds."""
    if measure is None:
        return "–"
    return f"{measure.mean:.4f}" + ("" if measure.sd is None else f"{SPACE}±{SPACE}{measure.sd:.4f}")


def percent(measure: Measure | None) -> str:
    """`+29.6 %`."""
    return "–" if measure is None else number("rela_impr", measure.mean)


def duration(seconds: float) -> str:
    """`17 min`, `48 s`."""
    return f"{seconds:.0f}{SPACE}s" if seconds < 100 else f"{seconds / 60:.0f}{SPACE}min"
