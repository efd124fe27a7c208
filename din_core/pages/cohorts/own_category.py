"""What lies in the candidate's own category over time: how much, its weight, and what goes with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from din_core.cases import AGES, difference_with, mean_weights, mean_weights_of_others, share_of
from din_core.domain.cohort import Mean
from din_core.pages.cases.files import LoadedCases, bin_names, folder_of
from din_core.pages.cohorts.curves import Counted, Files, show_curve
from din_core.pages.language.translate import T, join_sentences, t
from din_core.pages.session import caches
from din_core.pages.what_if.payload import reads_times
from din_core.pages.widgets.frame import literal

NO_TIME = T(
    "{model} sees no time: where its weights differ by age, the behaviors of that age differ, such as by category."
)
SHARE_READING = T(
    "A share above that of the oldest behaviors says that users lately did more of what they are shown now."
)
DIFFERENCE_READING = T(
    "Impressions whose history holds something of the candidate's own category at that age, less those whose history "
    "holds nothing of it at that age: how much more often the outcome is positive, and how much higher the models' "
    "probabilities are on average. A model whose line lies below that of the outcomes makes too little of such "
    "behaviors, one above it too much. It says what goes together, not what causes what: who did much in a category at "
    "one age mostly did so at others. (The target-aware correlation of Zhou et al., arXiv:2308.08487, as a "
    "difference of shares.)"
)


def show_own_category(loaded: LoadedCases, among: NDArray[np.bool_], files: Files) -> None:
    """How much of the past is in the candidate's category, its weight, and what goes with it; all by age."""
    st.subheader(t("The candidate's own category over time"), anchor=False)
    cases = loaded.cases
    names, x = bin_names(AGES, whole=False), t("age of the behavior in days")
    no_weights = replace(files, caption=replace(files.caption, caveat=""))
    left, right = st.columns(2)
    with left:
        shares = {t("own category"): share_of(cases, "own_age", "age", among)}
        show_curve("own_share", shares, names, x, t("share in the candidate's category"), no_weights, percent=True)
    with right:
        means = {
            t("own category"): mean_weights(cases, "own_age", among),
            t("all others"): mean_weights_of_others(cases, "own_age", "age", among),
        }
        show_curve("own_weight", means, names, x, t("mean weight of one occurrence"), files)
    st.caption(join_sentences(*no_time(loaded), t(SHARE_READING)))
    st.subheader(t("What goes with a behavior in the candidate's own category"), anchor=False)
    show_curve(
        "own_difference",
        differences(loaded, among),
        names,
        x,
        t("difference with such a behavior, points"),
        no_weights,
        counted=Counted(
            "impressions_with",
            t("Impressions with it"),
            t("{count} impressions with it, {users} users"),
            ("of", t("Of what")),
        ),
    )
    st.caption(t(DIFFERENCE_READING))


def no_time(loaded: LoadedCases) -> list[str]:
    """A sentence where the main model cannot tell ages apart; none where it can, or is not here."""
    app = caches.current_app()
    folder = folder_of(app, loaded.cases.about.main)
    blind = folder is not None and not reads_times(app.scorers[folder])
    return [t(NO_TIME, model=literal(loaded.main))] if blind else []


def differences(loaded: LoadedCases, among: NDArray[np.bool_]) -> dict[str, Mean]:
    """In points, by what the series is called: the outcomes' own, and what each model has learned of it."""
    cases = loaded.cases
    outcomes = {
        t("outcomes"): cases.label,
        loaded.main: cases.probability,
        loaded.base: cases.base_probability,
    }
    return {name: in_points(difference_with(cases, of, "own_age", among)) for name, of in outcomes.items()}


def in_points(share: Mean) -> Mean:
    """The same times 100."""
    return replace(share, value=100 * share.value, low=100 * share.low, high=100 * share.high)
