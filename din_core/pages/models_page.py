"""Models: how the family compares, how each was trained and what it is made of, and any two on one scenario."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.navigation.page import Page

from din_core.domain import CheckpointError
from din_core.domain.leaderboard import Leaderboard
from din_core.figures import CurvesInfo, LeaderboardInfo, curves_info, leaderboard_info, plot_curves, plot_leaderboard
from din_core.figures.leaderboard import LABELS, number
from din_core.metrics.leaderboard import read_leaderboard
from din_core.pages import state
from din_core.pages.chrome import literal, report, show_card
from din_core.pages.leaderboard_table import duration, leaderboard_table
from din_core.pages.side_by_side import badges, show_side_by_side
from din_core.pages.startup import App
from din_core.sharing.links import METRICS

CALM = {"displayModeBar": False}
READING = (
    "Each figure is a mean over training seeds, ± their standard deviation; the bars are 95 % intervals from drawing "
    "the users of this split anew, so they say what other users might have shown, not what another training run "
    "would. Two models whose intervals overlap may still differ, and one that leads by less than the seeds' spread "
    "has not shown that it is better. The table ranks models as a whole: it does not say that a model is right about "
    "the candidate on screen, nor that its weights explain more. Weights of different models are not on one scale."
)


def page() -> Page:
    """Where this page stands."""
    return st.Page(show, title="Models", url_path="models")


def show() -> None:
    """The page, from the checkpoints at hand and the session's scenario."""
    app, own = state.current_app(), state.session()
    report(own.problems)
    st.header("Leaderboard", anchor=False)
    show_leaderboard(app)
    st.header("Two models side by side", anchor=False)
    show_side_by_side(app, own.scenario)
    st.header("Learning curves", anchor=False)
    show_curves(app)
    st.header("Checkpoints at hand", anchor=False)
    st.table(checkpoints_table(app), border="horizontal", hide_index=True)
    for name, model in app.models.items():
        show_card(app.scorers[name].card, f"Model card: {model.name}")


@lru_cache(maxsize=32)
def drawn(info: LeaderboardInfo | CurvesInfo, dark: bool) -> Any:
    """The chart of an info; a choice of models draws none of them anew."""
    return plot_leaderboard(info, dark) if isinstance(info, LeaderboardInfo) else plot_curves(info, dark)


def is_dark() -> bool:
    """Whether the visitor's theme is a dark one."""
    return st.context.theme.type == "dark"


def show_leaderboard(app: App) -> None:
    """Chart, table and how to read them; a sentence where there is no leaderboard."""
    try:
        board = read_leaderboard(app.checkpoints)
    except CheckpointError as error:
        report([str(error)])
        return
    if board is None:
        st.markdown(
            "There is no `leaderboard.json` beside these checkpoints. `python -m trainer leaderboard --store URL "
            "--out DIR` trains and measures every model and writes one; put it into the checkpoints folder."
        )
        return
    here = models_at_hand(app)
    st.caption(about(board))
    own = state.session()
    st.session_state["metric"] = own.view.metric
    st.segmented_control(
        "Metric",
        METRICS,
        format_func=LABELS.__getitem__,
        required=True,
        key="metric",
        on_change=lambda: state.choose_metric(st.session_state["metric"]),
    )
    info = leaderboard_info(board, own.view.metric, here)
    with st.container(key="leaderboard"):
        st.plotly_chart(drawn(info, is_dark()), config=CALM, alt=chart_words(info))
    st.table(leaderboard_table(board, here), border="horizontal", hide_index=True)
    st.markdown(READING, width=860)


def models_at_hand(app: App) -> set[str]:
    """Recipe names of the checkpoints at hand, as their `metrics.json` says; else their folders' names."""
    return {str(scorer.metrics.get("model") or name) for name, scorer in app.scorers.items()}


def about(board: Leaderboard) -> str:
    """What was measured, on what and when."""
    when = f", written {board.made_at}" if board.made_at else ""
    return literal(
        f"{len(board.rows)} models, {seeds_each(board)}, on {board.impressions:,} "
        f"impressions of {board.users:,} users in the {board.split} split{when}."
    )


def seeds_each(board: Leaderboard) -> str:
    """How many trainings a row stands for; figures without ± are of one."""
    counts = sorted({len(row.seeds) for row in board.rows})
    if len(counts) == 1:
        return f"{counts[0]} seed{'s' if counts != [1] else ''} each"
    return f"{counts[0]} to {counts[-1]} seeds each (figures without ± are of one)"


def chart_words(info: LeaderboardInfo) -> str:
    """The chart for those who do not see it."""
    best = f" Best: {info.dots[0].title}, {number(info.metric, info.dots[0].mean)}." if info.dots else ""
    return f"{LABELS[info.metric]} of {len(info.dots)} models with 95 % intervals.{best}"


def show_curves(app: App) -> None:
    """Training loss beside validation GAUC."""
    metrics = {app.models[name].name: scorer.metrics for name, scorer in app.scorers.items()}
    infos = [curves_info(metrics, quantity) for quantity in ("train_loss", "gauc")]
    if not any(info.curves for info in infos):
        st.markdown("No checkpoint here tells how it was trained: their `metrics.json` holds no curve.")
        return
    st.caption("One point an evaluation; the ring marks the state that the checkpoint holds.")
    for column, info in zip(st.columns(2), infos, strict=True):
        words = f"{info.quantity} over the epochs of {len(info.curves)} models"
        column.plotly_chart(drawn(info, is_dark()), config=CALM, alt=words)
    if infos[0].without:
        st.caption(f"Without a curve: {literal(', '.join(infos[0].without))}.")


def checkpoints_table(app: App) -> pd.DataFrame:
    """One row a checkpoint: its options as badges, and what its `metrics.json` says of the training."""
    return pd.DataFrame(
        [
            {
                "Model": literal(model.name),
                "Options": badges(model),
                "Folder": literal(name),
                "Fingerprint": model.fingerprint,
                **training_words(app.scorers[name].metrics),
            }
            for name, model in app.models.items()
        ]
    )


def training_words(metrics: Mapping[str, Any]) -> dict[str, str]:
    """Validation figures, time and device; a dash for what `metrics.json` does not say."""
    valid = metrics.get("valid") or {}
    seconds = metrics.get("seconds")
    return {
        "Validation AUC": "–" if valid.get("auc") is None else f"{valid['auc']:.4f}",
        "Validation GAUC": "–" if valid.get("gauc") is None else f"{valid['gauc']:.4f}",
        "Training": "–" if seconds is None else duration(seconds),
        "Device": literal(metrics.get("device") or "–"),
    }
