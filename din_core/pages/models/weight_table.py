"""How each model's weights agree with measured effects, and from seed to seed, as a table of texts."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from din_core.domain.leaderboard import Leaderboard, LeaderboardRow, Measure, Missing
from din_core.pages.language.labels import fixed
from din_core.pages.language.translate import T, t
from din_core.pages.models.leaderboard_table import SPACE, SPLITS
from din_core.pages.widgets.frame import literal
from din_core.pages.widgets.text_tables import show_table

WHAT = T(
    "Weight × count beside leave-one-out effects, means over impressions ± their standard deviation over seeds. "
    "**Kendall τ**: 1 where weights rank behaviors like their effects, 0 for no relation, −1 in reverse. "
    "**Same sign**: share of the behaviors whose weight has their effect's sign. **Covered**: share of all |effect| "
    "that belongs to the five largest weights. **Between seeds**: Kendall τ of the weights of two seeds, and of their "
    "effects; where effects agree and weights do not, the weights are an accident of the seed."
)
NONE = T(
    "How weights agree with effects is not in this leaderboard: run `python -m trainer faithfulness` on all seeds of a "
    "model, then `leaderboard --measure-only`."
)
REASONS: Mapping[Missing, str] = {
    "not measured": T("not measured; run `faithfulness` on all seeds at once"),
    "other weights": T("what `faithfulness` measured is of other weights; run it again on all seeds"),
    "other impressions": T("its seeds were measured on different impressions; run `faithfulness` on all at once"),
    "alike": T("every behavior of a history weighs the same"),
    "one seed": T("one seed alone"),
    "not together": T("its seeds were not measured together; run `faithfulness` on all at once"),
}


def show_weight_figures(board: Leaderboard) -> None:
    """The table and why cells of it are blank; a sentence where nothing was measured."""
    if not any(measured(row) for row in board.rows):
        st.caption(t(NONE))
        return
    with st.container(key="weight_figures"):
        show_table(weight_table(board))
    st.caption("  \n".join([t(WHAT), *blanks(board)]))


def measured(row: LeaderboardRow) -> bool:
    """Whether a model has any figure of its weights."""
    own = row.weights
    return any(value is not None for value in (*own.agreement.values(), *own.seeds.values()))


def weight_table(board: Leaderboard) -> pd.DataFrame:
    """One row a model, in the board's order."""
    return pd.DataFrame([line(row) for row in board.rows])


def line(row: LeaderboardRow) -> dict[str, str]:
    """One model in texts."""
    own = row.weights
    split = SPLITS.get(own.split or "", own.split or "–")
    return {
        t("Model"): literal(row.title),
        t("Kendall τ"): tau(own.agreement["tau"]),
        t("Same sign"): share(own.agreement["same_sign"]),
        t("Covered"): share(own.agreement["covered"]),
        t("Weights between seeds"): number(own.seeds["tau_weights"]),
        t("Effects between seeds"): number(own.seeds["tau_effects"]),
        t("Measured on"): "–"
        if own.impressions is None
        else t("{n:,} impressions, {split}", n=own.impressions, split=t(split)),
    }


def number(value: float | None) -> str:
    """`−0.015`."""
    return "–" if value is None else fixed(value, 3)


def tau(measure: Measure | None) -> str:
    """`0.279 ± 0.049`."""
    if measure is None:
        return number(None)
    return number(measure.mean) + ("" if measure.sd is None else f"{SPACE}±{SPACE}{measure.sd:.3f}")


def share(measure: Measure | None) -> str:
    """`60 % ± 6`."""
    if measure is None:
        return "–"
    spread = "" if measure.sd is None else f"{SPACE}±{SPACE}{100 * measure.sd:.0f}"
    return f"{100 * measure.mean:.0f}{SPACE}%{spread}"


def blanks(board: Leaderboard) -> list[str]:
    """For each reason the models of which it is why a cell is blank."""
    lines = []
    for reason, text in REASONS.items():
        titles = [row.title for row in board.rows if row.weights.missing == reason]
        seeds = [row.title for row in board.rows if row.weights.seeds_missing == reason and row.title not in titles]
        if titles:
            lines.append(t("A dash for {models}: {why}.", models=literal(", ".join(titles)), why=t(text)))
        if seeds:
            lines.append(t("A dash between seeds for {models}: {why}.", models=literal(", ".join(seeds)), why=t(text)))
    return lines
