"""What the page Cohorts shows: mean weights over any part of the impressions, and how well the models do there."""

from __future__ import annotations

from dataclasses import astuple, replace

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from din_core.cases import (
    AGES,
    OTHER,
    RANKS,
    REPEATS,
    Cases,
    Slice,
    mean_weights,
    rows_of,
)
from din_core.figures.calibration import calibration_info, plot_calibration
from din_core.figures.cohort import (
    CategoriesInfo,
    CategoriesLabels,
    categories_info,
    number,
    plot_categories,
)
from din_core.metrics import METRICS, Estimate
from din_core.pages.cases.about_slice import About
from din_core.pages.cases.files import (
    LoadedCases,
    about,
    bin_names,
    fitting,
    head,
    offer_all,
    pick_slice,
    slice_words,
    value_words,
)
from din_core.pages.cohorts.about_cohort import about_quality, about_weights
from din_core.pages.cohorts.curves import Files, drawn, mean_columns, show_curve
from din_core.pages.cohorts.own_category import show_own_category
from din_core.pages.cohorts.quality import DRAWS, Quality, quality
from din_core.pages.language.labels import words_for
from din_core.pages.language.metric_texts import meanings
from din_core.pages.language.translate import T, join_sentences, t
from din_core.pages.session import address, caches
from din_core.pages.user_sets.set_bar import set_words, show_set_bar, users_of_set
from din_core.pages.user_sets.set_form import show_set_form
from din_core.pages.widgets.calibration_chart import calibration_labels, calibration_records
from din_core.pages.widgets.charts import WEIGHTS_CAVEAT, ExportCaption, show_chart
from din_core.pages.widgets.frame import is_dark, literal, report
from din_core.pages.widgets.record_table.columns import (
    RecordColumn,
    plain_table,
)
from din_core.pages.widgets.record_table.record_table import Records, show_folded
from din_core.pages.widgets.several_note import show_several_note
from din_core.pages.widgets.text_tables import show_table
from din_core.sharing.page_choices import CohortChoice

MOST_ROWS = 20
"""Candidate categories of the map."""
METRIC_NAMES = {"auc": "AUC", "gauc": "GAUC", "log_loss": T("Log loss"), "ece": "ECE"}
ALL_ROWS = T("Every candidate category here is a row.")
MOST_FREQUENT = T("Rows are the {n:,} most frequent of {total:,} candidate categories here.")
INTERVALS = T(
    "On all {n:,} impressions of the slice; 95 % intervals by drawing users anew, {draws} times. A dash: the metric "
    "has no value here, such as AUC where all outcomes are alike."
)
NO_INTERVALS = T(
    "Impressions of the slice: {n:,}, of one user: without others to draw, no value has an interval. A dash: the "
    "metric has no value here, such as AUC where all outcomes are alike."
)
NO_CATEGORIES = T("The items of this store have no category: what is told by category is left out.")
CELLS = T("Point at a cell for its interval and sample size, or read them in the table.")
READING = T(
    "A mean is over every behavior of every impression, repeats counted, so long histories count more. It tells where "
    "weight lies, not what it does to the score: a weight is not an effect. Intervals are over users, as one user's "
    "impressions depend on each other; many are shown at once, and of a hundred some five miss the true mean by chance."
)


@st.cache_resource(show_spinner=False, max_entries=128)
def slice_quality(key: tuple[object, ...], _cases: Cases, _among: NDArray[np.bool_]) -> Quality:
    """How well both models do on a slice of the cases; `key` names the files and the slice."""
    return quality(_cases, _among)


def show() -> None:
    """The page, from the computed cases."""
    loaded = head(t("Weights over a cohort"))
    if loaded is None:
        return
    choice, problems = fitting(loaded.cases, address.page_choice(CohortChoice))
    report(problems)
    own = show_set_bar()
    pick_slice(loaded.cases, "cohorts", choice)
    chosen = Slice(choice.profile, choice.category, choice.week, choice.length, users=users_of_set())
    among = rows_of(loaded.cases, chosen)
    slice_name = " · ".join([slice_words(chosen), *([set_words(own)] if own else [])])
    caption = ExportCaption((loaded.links[0], loaded.cases.about.split, slice_name), (about(loaded), slice_name))
    people = words_for(caches.current_app().summary).people
    with st.container(key="cohort_size"):
        st.markdown(size_words(loaded.cases, among, people))
    if among.any():
        users = [loaded.cases.user_ids[user] for user in np.unique(loaded.cases.user[among])]
        show_set_form({t("Everybody in what is looked through"): users})
    show_several_note(caches.current_app(), loaded.cases.about.category_field)
    if among[loaded.cases.sums.row].any():
        sample = sample_words(loaded.cases, among, people)
        weights = replace(caption, lines=(*caption.lines, *filter(None, [sample])), caveat=t(WEIGHTS_CAVEAT))
        files = Files(weights, about_weights(loaded, chosen, among))
        has_categories = loaded.cases.about.category_field is not None
        if has_categories:
            show_categories(loaded.cases, among, files)
        show_bins(loaded.cases, among, files)
        if has_categories:
            show_own_category(loaded, among, files)
        else:
            st.caption(t(NO_CATEGORIES))
        st.caption(t(READING))
    if not among.any():
        offer_all(choice)
    else:
        show_quality(loaded, chosen, among, Files(caption, about_quality(loaded, chosen, among)))


def size_words(cases: Cases, among: NDArray[np.bool_], people: str) -> str:
    """How many impressions and users are in the slice, and on how many of them the weights are summed."""
    sizes = t(
        "**Impressions: {n:,}. {people}: {users:,}.** ",
        n=int(among.sum()),
        people=t(people).capitalize(),
        users=len(np.unique(cases.user[among])),
    )
    return sizes + (sample_words(cases, among, people) or t("Weights are summed over all of them."))


def sample_words(cases: Cases, among: NDArray[np.bool_], people: str) -> str:
    """On how many of the slice's impressions the weights are summed; empty where it is on all."""
    summed = among[cases.sums.row]
    if cases.about.summed == cases.about.impressions:
        return ""
    return t(
        "Weights are summed over {n:,} of these impressions ({people}: {users:,}): sums were kept of a random sample "
        "of {of:,} of all {all:,} (seed {seed}).",
        n=int(summed.sum()),
        users=len(np.unique(cases.user[cases.sums.row[summed]])),
        people=t(people),
        of=cases.about.summed,
        all=cases.about.impressions,
        seed=cases.about.seed + 1,
    )


def show_categories(cases: Cases, among: NDArray[np.bool_], files: Files) -> None:
    """Who switches on whom: a map of candidate by behavior category, and the same as a table."""
    title = t("By category of the candidate and of the behavior")
    st.subheader(title, anchor=False)
    rows, total = most_frequent(cases, among)
    means = {name: mean_weights(cases, "category", among & (cases.category == place)) for name, place in rows}
    columns = [t("all others") if name == OTHER else value_words(name) for name in cases.about.behavior_categories]
    info = categories_info({value_words(name): mean for name, mean in means.items()}, columns)
    labels = CategoriesLabels(
        value=t("mean weight of one occurrence"),
        cell=t("{row} on {column}: {value}"),
        interval=t("95 %: {low} to {high}"),
        no_interval=t("no interval"),
        of=t("{count} behaviors, {users} users"),
        x=t("category of the behavior"),
    )
    figure, records = drawn(plot_categories, info, is_dark(), labels), category_records(info, title, files.about)
    show_chart(
        "cohort_categories",
        figure,
        title=title,
        caption=files.caption,
        table=plain_table(records.columns),
        alt=map_words(info),
        about=records.about,
    )
    words = t(ALL_ROWS) if len(rows) == total else t(MOST_FREQUENT, n=len(rows), total=total)
    st.caption(join_sentences(words, t(CELLS)))
    show_folded(t("The same as a table"), "categories_table", records, CohortChoice)


def most_frequent(cases: Cases, among: NDArray[np.bool_]) -> tuple[list[tuple[str, int]], int]:
    """Name and place of the candidate categories with most sums, in the order of the columns; and of how many."""
    shown = np.bincount(cases.category[cases.sums.row[among[cases.sums.row]]], minlength=len(cases.categories))
    order = np.argsort(-shown, kind="stable")[:MOST_ROWS]
    rows = [(cases.categories[place], int(place)) for place in order if shown[place]]
    columns = {name: place for place, name in enumerate(cases.about.behavior_categories)}
    rows.sort(key=lambda row: columns.get(row[0], len(columns)))
    return rows, int(np.count_nonzero(shown))


def map_words(info: CategoriesInfo) -> str:
    """The map for those who do not see it."""
    return t(
        "Mean weights of {rows} candidate categories on {columns} behavior categories, from −{limit} to {limit}; the "
        "table below holds them.",
        rows=len(info.rows),
        columns=len(info.columns),
        limit=number(info.limit),
    )


def category_records(info: CategoriesInfo, title: str, about: About) -> Records:
    """One row a pair of a candidate category and a behavior category."""
    pairs = [(row, cell) for row, cells in zip(info.rows, info.cells, strict=True) for cell in cells]
    columns = [
        RecordColumn("candidate_category", t("Candidate"), [row for row, _ in pairs]),
        RecordColumn("behavior_category", t("Behavior"), [cell.name for _, cell in pairs]),
        *mean_columns([cell for _, cell in pairs]),
    ]
    return Records(title, columns, len(pairs), about=about, file=("cohort", "categories"))


def show_bins(cases: Cases, among: NDArray[np.bool_], files: Files) -> None:
    """Curves by age, rank and repeats, side by side."""
    st.subheader(t("By age, rank and repeats of the behavior"), anchor=False)
    shown = {
        "age": (t("age of the behavior in days"), bin_names(AGES, whole=False)),
        "rank": (t("rank of the behavior, 1 the newest"), bin_names(RANKS)),
        "repeats": (t("times the item is in the history"), bin_names(REPEATS)),
    }
    for column, (dimension, (x, names)) in zip(st.columns(3), shown.items(), strict=True):
        with column:
            means = {t("mean weight"): mean_weights(cases, dimension, among)}
            show_curve(dimension, means, names, x, t("mean weight of one occurrence"), files)


def show_quality(loaded: LoadedCases, chosen: Slice, among: NDArray[np.bool_], files: Files) -> None:
    """AUC, GAUC and calibration of both models on the same slice."""
    st.subheader(t("How well the models do on the same impressions"), anchor=False)
    found = slice_quality((*loaded.key, *astuple(chosen)), loaded.cases, among)
    names = (loaded.main, loaded.base)
    left, right = st.columns([3, 2])
    with left:
        info = calibration_info({name: one.calibration for name, one in zip(names, found, strict=True)})
        labels = calibration_labels()
        title = t("Observed shares of positives over predicted probabilities")
        records = calibration_records(info, title, about=files.about)
        show_chart(
            "cohort_calibration",
            drawn(plot_calibration, info, is_dark(), labels),
            title=title,
            caption=files.caption,
            table=plain_table(records.columns),
            alt=t("Observed shares of positives over predicted probabilities, for both models."),
            about=records.about,
        )
    with right:
        show_metrics(names, found, int(among.sum()))
    show_folded(t("The same as a table"), "calibration_table", records, CohortChoice)


def show_metrics(names: tuple[str, str], found: Quality, n: int) -> None:
    """The metrics of two models on the same `n` impressions, as a table, and what they mean."""
    lines = [
        {
            t("Model"): literal(name),
            **{t(METRIC_NAMES[metric]): metric_words(one.metrics[metric]) for metric in METRICS},
        }
        for name, one in zip(names, found, strict=True)
    ]
    metrics = pd.DataFrame(lines).set_index(t("Model")).T
    show_table(metrics.rename_axis(index=t("Metric"), columns=None), index=True)
    st.caption(t(INTERVALS if has_intervals(found) else NO_INTERVALS, n=n, draws=DRAWS))
    st.caption(meanings(METRICS))


def has_intervals(found: Quality) -> bool:
    """Whether any metric has one; of a single user none has."""
    return any(one is not None and one.low is not None for model in found for one in model.metrics.values())


def metric_words(found: Estimate | None) -> str:
    """`0.7637 (0.7584 to 0.7684)`."""
    if found is None:
        return "–"
    if found.low is None or found.high is None:
        return f"{found.mean:.4f}"
    return t("{value} ({low} to {high})", value=f"{found.mean:.4f}", low=f"{found.low:.4f}", high=f"{found.high:.4f}")
