"""Compare: several candidates, several models or two users, side by side over the same behaviors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st
from streamlit.navigation.page import Page

from din_core.domain import Candidate, Scenario
from din_core.figures import HeatmapInfo, HeatmapLabels, HeatmapRow, heatmap_info, plot_heatmap
from din_core.figures.heatmap import Scale
from din_core.pages.compare.behavior_types import histories_of, rows_of_type
from din_core.pages.compare.compare_records import best_first, candidate_records, model_records
from din_core.pages.compare.heatmap_records import heatmap_records
from din_core.pages.compare.row_pickers import (
    choose_candidates,
    choose_columns,
    choose_kind,
    choose_models,
    choose_rows,
    lead_box,
    other_box,
)
from din_core.pages.compare.rows import (
    CompareInputs,
    MapRow,
    alone,
    candidates_of,
    cases_of,
    category_field,
    models_of,
    other_user,
    users_table,
)
from din_core.pages.compare.set_records import known_users, set_records
from din_core.pages.inspect import page as inspect_page
from din_core.pages.inspect.inspection import Case, case_titles
from din_core.pages.language.labels import day, labels_by_id, moment, words_for
from din_core.pages.language.number_texts import numeric_fields
from din_core.pages.language.translate import T, join_sentences, t
from din_core.pages.places.page_links import page_of
from din_core.pages.places.places import SCENARIOS
from din_core.pages.score_gap import page as score_gap_page
from din_core.pages.session import address, caches
from din_core.pages.session.choices import candidate_key
from din_core.pages.user_sets.set_bar import show_set_bar
from din_core.pages.user_sets.set_form import show_set_form
from din_core.pages.widgets import pickers
from din_core.pages.widgets.charts import WEIGHTS_CAVEAT, ExportCaption, export_caption, show_chart
from din_core.pages.widgets.frame import is_dark, literal, report
from din_core.pages.widgets.rare_items import candidate_is_rare, rare_behaviors
from din_core.pages.widgets.record_table.columns import plain_table
from din_core.pages.widgets.record_table.record_table import IN_BOX, rows_wanted, show_records, table_choice
from din_core.pages.widgets.several_note import show_several_note
from din_core.pages.widgets.text_tables import show_table
from din_core.sharing.page_choices import CompareChoice
from din_core.sharing.user_set import UserSet

SET_SHOWN = 25
"""Users of a set that are scored before somebody asks for more."""
READING = T(
    "A cell is weight × repeats, summed over all behaviors with that item, or of that category: blue is above zero, "
    "orange below, pale is near it, and a dot says that there is no such behavior. Shown are the {shown:,} of {all:,} "
    "columns with the largest cell in any row; the rest is summed in the last column and has no colour, as a sum of "
    "many would outshine every cell. The cells of a row, with the rest, add up to its Σw. A weight is not an effect "
    "on the score."
)
TICK_CANDIDATES = T("A row opens in Inspect; tick two to see why one is above the other.")
TICK_MODELS = T("A row opens in Inspect; tick two to see why one model says more than the other.")
ONE_SCALE = T("All rows share one scale of colours, as they are one model's weights.")
OWN_SCALES = T(
    "Weights of different models are not on one scale: each row has its own colours, from minus to plus its largest "
    "cell, and its range stands under its name. Compare which behaviors a model picks out, not how strong the colours "
    "of two rows are."
)
ONE_TYPE = T(
    "This map and its table hold behaviors of the type {type} alone, with their Σw; scores are of the whole history."
)
NONE_OF_TYPE = T("There is no behavior of the type {type} before that time.")


def page() -> Page:
    """Where this page stands."""
    return page_of(SCENARIOS, show)


def show() -> None:
    """The page, from the session's scenario and comparison and the store as it is now."""
    found = pickers.history_on_screen(t("Compare"), t("There is no scenario on screen: choose a user."))
    if found is None:
        return
    (impressions, scenario, history), app = found, caches.current_app()
    choose_kind()
    comparison = address.page_choice(CompareChoice)
    now = CompareInputs(app, scenario, tuple(impressions), history, comparison, caches.models_on_screen(scenario))
    {"candidates": show_candidates, "models": show_models, "users": show_users}[comparison.by](now)


def show_candidates(now: CompareInputs) -> None:
    """Several candidates of one user: ranked under both models, and what the first switches on for each."""
    cases = cases_of(now, candidates_of(now))
    choose_candidates(now, cases)
    choose_models(now)
    items, contexts, titles = [case.item for case in cases], [case.context for case in cases], case_titles(cases)
    scores = [now.app.scorers[name].score(now.history, items, contexts) for name in now.names]
    order = best_first(scores[0])
    st.markdown(literal(about(now)))
    keys = show_records("compare_ranking", candidate_records(now, cases, scores), CompareChoice)
    st.caption(t(TICK_CANDIDATES))
    ticked = [place for place in order if candidate_key(cases[place].candidate) in keys]
    if len(ticked) == 2:
        first, second = (titles[place] for place in ticked)
        why = t("Why {first} above {second}", first=literal(first), second=literal(second))
        score_gap_page.link(why, led_by_pair(now, cases, ticked), "candidates")
    rows = [
        HeatmapRow(f"{rank} · {titles[place]}", scores[0].behaviors, scores[0].weight[place])
        for rank, place in enumerate(order, 1)
    ]
    ids = [candidate_name(cases[place].candidate) for place in order]
    mapped = [MapRow(row, now.history, one) for row, one in zip(rows, ids, strict=True)]
    caption = export_caption(now.app, now.history.user, now.scenario, now.names[:1], caveat=t(WEIGHTS_CAVEAT))
    show_heatmap(now, mapped, "shared", now.app.models[now.names[0]].weight, caption)
    rare_behaviors(now.app, now.names[:1], (behavior.item for behavior in now.history.behaviors))


def about(now: CompareInputs) -> str:
    """Who, when and how much history."""
    words = words_for(now.app.summary)
    return t(
        "{user}, as of {time}; {n:,} behaviors before.",
        user=words.user_label(now.history.user),
        time=moment(now.scenario.as_of),
        n=len(now.history.behaviors),
    )


def show_models(now: CompareInputs) -> None:
    """One candidate under several models, each row on its own scale."""
    names, problems = models_of(now)
    report(problems)
    (case,) = cases_of(now, now.scenario.candidates[:1])
    lead_box(now, case.item)
    choose_rows(now, names)
    scores = [now.app.scorers[name].score(now.history, [case.item], case.context) for name in names]
    st.markdown(literal(f"{case.title}. {about(now)}"))
    models = now.app.models
    ticked = show_records("compare_models_table", model_records(now, case, names, scores), CompareChoice)
    st.caption(t(TICK_MODELS))
    if len(ticked) == 2:
        first, second = (literal(models[name].name) for name in ticked)
        why = t("Why {first} says other than {second}", first=first, second=second)
        both = replace(alone(now, case), checkpoints=tuple(models[name].link for name in ticked))
        score_gap_page.link(why, both, "models")
    mapped = [
        MapRow(HeatmapRow(models[name].name, s.behaviors, s.weight[0]), now.history, models[name].link)
        for name, s in zip(names, scores, strict=True)
    ]
    caption = export_caption(now.app, now.history.user, now.scenario, names, case.item, case.title, t(WEIGHTS_CAVEAT))
    show_heatmap(now, mapped, "row", t("weight"), caption)
    rare_behaviors(now.app, names, (behavior.item for behavior in now.history.behaviors))


def show_users(now: CompareInputs) -> None:
    """One candidate for two users, whose histories lie side by side, and for all users of a set."""
    chosen = show_set_bar()
    if chosen is None:
        show_set_form({})
    user, problems = other_user(now)
    report(problems)
    (case,) = cases_of(now, now.scenario.candidates[:1])
    which, other = st.columns(2)
    with which:
        lead_box(now, case.item)
    with other:
        other_box(now, user)
    if user is None:
        st.markdown(t("The store holds no other user."))
        return
    choose_models(now)
    histories = [now.history, now.app.store.history(user.user_id, now.scenario.as_of)]
    scores = [[now.app.scorers[name].score(h, [case.item], case.context) for name in now.names] for h in histories]
    words = words_for(now.app.summary)
    subject = t(
        "{item} for both, as of {time}, in the context it has for the first.",
        item=case.title,
        time=moment(now.scenario.as_of),
    )
    st.markdown(literal(join_sentences(subject, candidate_is_rare(now.app, now.names, case.item))))
    show_table(users_table(now, histories, scores))
    if chosen is not None:
        show_set(now, case, chosen)
    labels = [words.user_label(history.user) for history in histories]
    own = alone(now, case)
    their = replace(own, user_id=user.user_id, nths=())  # a number is of the first one's impressions
    links(list(zip(labels, (own, their), strict=True)))
    mapped = [
        MapRow(HeatmapRow(label, s[0].behaviors, s[0].weight[0]), history, history.user.user_id)
        for label, history, s in zip(labels, histories, scores, strict=True)
    ]
    first = export_caption(now.app, now.history.user, now.scenario, now.names[:1], case.item, case.title)
    both = ExportCaption((*first.name, user.user_id), (*first.lines, labels[1]), t(WEIGHTS_CAVEAT))
    show_heatmap(now, mapped, "shared", now.app.models[now.names[0]].weight, both)
    rare_behaviors(now.app, now.names[:1], (b.item for history in histories for b in history.behaviors))


def show_set(now: CompareInputs, case: Case, own: UserSet) -> None:
    """The candidate for every user of a set, as many as are listed."""
    users = known_users(now, own)
    if len(users) < len(own.users):
        report([t("The store lacks {n} of the set's users.", n=len(own.users) - len(users))])
    listed = users[: rows_wanted(table_choice("compare_set_table", CompareChoice), SET_SHOWN)]
    if listed:
        st.subheader(t("Users of the set"), anchor=False)
        records = set_records(now, case, listed, len(users), page())
        show_records("compare_set_table", records, CompareChoice, most=IN_BOX)
        st.caption(
            t("The first of the set, by the first model's probability. A row puts its user beside the first one.")
        )


def candidate_name(candidate: Candidate) -> str:
    """Its item's id; of several impressions of an item, which one, as links count them."""
    return candidate.item_id if candidate.nth == 1 else f"{candidate.item_id}, nth={candidate.nth}"


def led_by_pair(now: CompareInputs, cases: Sequence[Case], places: Sequence[int]) -> Scenario:
    """The scenario with these two candidates first, and the others that are compared after them."""
    pair = [cases[place] for place in places]
    candidates = dict.fromkeys(case.candidate for case in (*pair, *cases))
    return now.scenario.with_candidates(tuple(candidates), pair[0].context)


def links(targets: Sequence[tuple[str, Scenario]]) -> None:
    """The way to *Inspect* from each row."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="compare_links"):
        st.markdown(t("Open in *Inspect*:"), width="content")
        for label, scenario in targets:
            inspect_page.link(literal(label), scenario)


def show_heatmap(now: CompareInputs, mapped: Sequence[MapRow], scale: Scale, noun: str, caption: ExportCaption) -> None:
    """The rows over their behaviors, of all types or of one, and the same as a table."""
    comparison, rows = now.comparison, [one.row for one in mapped]
    numbers = numeric_fields(now.app.scorers[name] for name in now.names)
    field = category_field((row.behaviors for row in rows), numbers)
    st.subheader(t("Who switches on what"), anchor=False)
    kind = choose_columns(comparison, histories_of(mapped))
    if kind is not None:
        rows = rows_of_type(mapped, kind)
        only = t(ONE_TYPE, type=kind)
        caption = replace(caption, lines=(*caption.lines, only))
        st.caption(literal(only))
    info = heatmap_info(
        rows,
        fold=comparison.folded,
        order=comparison.order,
        most=comparison.columns,
        scale=scale,
        field=field,
        labels=labels_by_id(behavior.item for one in mapped for behavior in one.row.behaviors),
    )
    if not info.columns:
        none = t("There is no behavior before that time.") if kind is None else t(NONE_OF_TYPE, type=literal(kind))
        st.markdown(none)
        return
    labels = HeatmapLabels(
        value=t("{noun} × repeats", noun=noun),
        rest=t("the rest: {n}"),
        rest_hover=t("Σ weight × repeats of the {n} columns that are not shown: {value}, behaviors: {lines}"),
        cell=t("{value}: {total}, behaviors: {lines}, {each} each on average"),
        missing=t("no such behavior here"),
        largest=t("row's largest"),
        to=t("{low} to {high}"),
        day=day,
    )
    records = heatmap_records(now, info, [one.id for one in mapped], kind)
    show_chart(
        "heatmap",
        plot_heatmap(info, is_dark(), labels),
        title=t("Who switches on what"),
        caption=caption,
        table=plain_table(records.columns),
        alt=alternative(info),
        about=records.about,
    )
    reading = t(READING, shown=len(info.columns), all=len(info.columns) + info.rest_columns)
    scales = OWN_SCALES if scale == "row" else ONE_SCALE
    st.caption(join_sentences(t(scales), reading))
    show_several_note(now.app, field)
    show_records("heatmap_table", records, CompareChoice)


def alternative(info: HeatmapInfo) -> str:
    """The chart for those who do not see it."""
    return t(
        "Weights of {rows} rows over {columns} columns; the table below holds the same numbers.",
        rows=len(info.rows),
        columns=len(info.columns),
    )
