"""Why this one above that one: two candidates of a model, or two models on a candidate, and what makes the gap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st
from streamlit.navigation.page import Page

from din_core.domain import Candidate, Scenario
from din_core.pages.compare.rows import CompareInputs, candidates_of, cases_of
from din_core.pages.inspect.inspection import Case
from din_core.pages.language.answer_texts import answer_words_for
from din_core.pages.language.gap_texts import gap_segments
from din_core.pages.language.labels import item_labels, moment, words_for
from din_core.pages.language.translate import T, t
from din_core.pages.places.page_links import link_to_page, page_of
from din_core.pages.places.places import SCORE_GAP
from din_core.pages.score_gap.pair import listed_cases, measured_gap, pair_of
from din_core.pages.score_gap.sections import bold, show_behaviors, show_tiles, show_waterfall
from din_core.pages.session import address, caches
from din_core.pages.two_models.model_pair import choose
from din_core.pages.widgets import pickers
from din_core.pages.widgets.frame import literal, report_low_coverage
from din_core.pages.widgets.segmented_choice import segmented_choice
from din_core.sharing.links import MAX_CANDIDATES
from din_core.sharing.page_choices import Between, CompareChoice, GapChoice

BETWEEN: dict[Between, str] = {"candidates": T("Two candidates"), "models": T("Two models")}
CANDIDATE = T("Candidate: any item of the catalogue")
BOXES = (T("First candidate: any item of the catalogue"), T("Second candidate: any item of the catalogue"))
MISSING: dict[Between, str] = {
    "candidates": T("There is one candidate only: choose a second one."),
    "models": T("There is one model only: choose a second one."),
}


def page() -> Page:
    """Where this page stands."""
    return page_of(SCORE_GAP, show)


def link(label: str, scenario: Scenario, between: Between) -> None:
    """The way to this page, with the first two candidates or models of a scenario; `label` is Markdown."""
    now = address.page_choice(GapChoice)
    link_to_page(page(), label, scenario, choice=replace(now, between=between))


def show() -> None:
    """The page, from the session's scenario and choice and the store as it is now."""
    found = pickers.history_on_screen(
        t("Why this one above that one"), t("There is no scenario on screen: choose a user and a candidate.")
    )
    if found is None:
        return
    (impressions, scenario, history), app = found, caches.current_app()
    names = caches.models_on_screen(scenario)
    report_low_coverage(app, names)
    now = CompareInputs(app, scenario, tuple(impressions), history, CompareChoice(), names)
    cases = listed_cases(now)
    choice = address.page_choice(GapChoice)
    between: Between = choice.between or ("candidates" if len(cases) > 1 or len(names) < 2 else "models")
    segmented_choice(
        "gap_between",
        t("Between"),
        {which: t(text) for which, text in BETWEEN.items()},
        between,
        lambda which: address.choose_on_page(replace(address.page_choice(GapChoice), between=which)),
    )
    choose_pair(now, cases, between)
    explain_pair(now, cases, between)


def choose_pair(now: CompareInputs, cases: Sequence[Case], between: Between) -> None:
    """Two candidates and the model, or the candidate and two models."""
    of_candidates = between == "candidates"
    for place, column in enumerate(st.columns(3)):
        models = place - 2 if of_candidates else place - 1
        with column:
            if models >= 0:
                name = now.names[models] if models < len(now.names) else None
                choose(now.app, models, name, alone=of_candidates)
            else:
                candidate_box(now, cases, place, BOXES[place] if of_candidates else CANDIDATE)


def candidate_box(now: CompareInputs, cases: Sequence[Case], place: int, label: str) -> None:
    """The first candidate (0) or the second (1)."""
    labels = item_labels(case.item for case in cases[:2])
    selected = replace(pickers.item_option(cases[place].item), label=labels[place]) if place < len(cases) else None

    def pick(item_id: str) -> None:
        pair = [case.candidate for case in cases[:2]]
        chosen = Candidate(item_id)
        pair = [chosen, *pair[1:]] if place == 0 else [pair[0], chosen]
        if pair[0] == pair[-1]:  # the other one: the two change places
            pair = [case.candidate for case in reversed(cases[:2])]
        show_first(now, pair)

    pickers.search_items(now.app, f"gap_{place}", t(label), selected, pick)


def show_first(now: CompareInputs, pair: Sequence[Candidate]) -> None:
    """Compare these two from now on; what else is listed follows them."""
    candidates = tuple(dict.fromkeys([*pair, *candidates_of(now)]))[:MAX_CANDIDATES]
    (first,) = cases_of(now, candidates[:1])
    address.show(now.scenario.with_candidates(candidates, first.context))


def explain_pair(now: CompareInputs, cases: Sequence[Case], between: Between) -> None:
    """The sentence, both tiles, the waterfall and the behaviors; the tiles do not wait for what is measured."""
    pair = pair_of(now, cases, between)
    if pair is None:
        st.markdown(t(MISSING[between]))
        return
    model = now.app.models[pair.first.model].name
    about = t(
        "{user}, as of {time}; {n:,} behaviors before.",
        user=words_for(now.app.summary).user_label(now.history.user),
        time=moment(now.scenario.as_of),
        n=len(now.history.behaviors),
    )
    st.caption(literal(about))
    sentence = st.container(key="gap_sentence")
    show_tiles(now, pair)
    with sentence, st.spinner(t("Measuring what makes the gap …")):
        found = measured_gap(now, pair)
    with sentence:
        st.markdown(bold(gap_segments(found, pair.subject(model), answer_words_for(now.app.summary))))
    show_waterfall(now, pair, found)
    show_behaviors(now, pair, found)
