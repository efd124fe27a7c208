"""Cases behind each figure, each a link to where its point is to be seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.navigation.page import Page

from din_core.cases import Cases, Slice, most_telling, rows_of
from din_core.domain import Scenario
from din_core.domain.results import Floats
from din_core.figures.cohort import number
from din_core.pages.app.startup import App
from din_core.pages.cases.files import LoadedCases, folder_of
from din_core.pages.cases.view import candidate_title, scenario_of, shown_of, titles_of, view_of
from din_core.pages.inspect import page as inspect_page
from din_core.pages.language.labels import fixed, percent, words_for
from din_core.pages.language.translate import T, current, t
from din_core.pages.trust.figures import Question
from din_core.pages.two_models import page as two_models_page
from din_core.pages.user_sets.set_bar import users_of_set
from din_core.sharing import View

MOST = 3
"""Links to a figure."""
MISTAKES = "mistakes"
"""The impressions whose outcome was furthest from the probability; no kind of the page *Cases*."""
KINDS: dict[Question, str] = {
    "order": "disagree",
    "found": "dominated",
    "sign": "negative",
    "uniform": "main right",
    "seeds": "disagree",
    "elsewhere": "intense",
    "calibration": MISTAKES,
}
LEADS: dict[Question, str] = {
    "order": T("Where weights rank behaviors least like their effects:"),
    "found": T("Where one behavior has most of the effects; is it the one of the largest weight?"),
    "sign": T("Where a behavior has a strongly negative weight; does it lower the score?"),
    "uniform": T("Where the model is right, and one that weighs all alike is wrong:"),
    "seeds": T("Two seeds side by side, where weights and effects disagree:"),
    "elsewhere": T("Where much attention goes with a low score: how much there is does not settle it:"),
    "calibration": T("Where the model was surest and wrong; a few such are to be expected:"),
}


@dataclass(frozen=True)
class ExampleLink:
    """One case, and the page on which its point is to be seen."""

    label: str
    """Markdown."""
    page: Page
    scenario: Scenario
    view: View


def examples(app: App, loaded: LoadedCases, question: Question, seeds: Sequence[str], now: View) -> list[ExampleLink]:
    """At most MOST of a question; `seeds` are the folders of other seeds of the cases' main model."""
    if (question == "uniform" and not weighs_alike(app, loaded)) or (question == "seeds" and not seeds):
        return []
    kind, page = KINDS[question], inspect_page.page()
    found = []
    for row, label, scenario in told_cases(app, loaded, loaded.key, question, current(), users_of_set()):
        view = replace(now, part=None, type=None, only=(), behavior=None)
        if question == "seeds":
            page = two_models_page.page()
            scenario = replace(scenario, checkpoints=(loaded.links[0], app.models[seeds[0]].link))
        elif kind != MISTAKES:
            view = view_of(loaded.cases, kind, row, now)
        found.append(ExampleLink(label, page, scenario, view))
    return found


@st.cache_resource(show_spinner=False, max_entries=64)
def told_cases(
    _app: App,
    _loaded: LoadedCases,
    key: tuple[object, ...],
    question: Question,
    language: str,
    users: frozenset[str] | None,
) -> tuple[tuple[int, str, Scenario], ...]:
    """The row, label and scenario of each case behind a question, of these users or of everybody; `key` changes with
    the files of the cases, and labels are in the visitor's `language`.
    """
    rows = list(telling_rows(_loaded.cases, KINDS[question], rows_of(_loaded.cases, Slice(users=users))))
    titles = titles_of(_app, _loaded.cases, KINDS[question], rows)
    seen = shown_of(_app, _loaded.cases, rows)
    scenarios = [scenario_of(_app, _loaded, row, seen) for row in rows]
    candidates = with_users(_app, [candidate_title(_loaded.cases, row, titles, seen) for row in rows], scenarios)
    labels = [
        f"{fact(_app, _loaded, question, row, titles)} — {candidate}"
        for row, candidate in zip(rows, candidates, strict=True)
    ]
    return tuple(zip(rows, labels, scenarios, strict=True))


def with_users(app: App, titles: Sequence[str], scenarios: Sequence[Scenario]) -> list[str]:
    """The titles of one list of cases: those that stand there several times have their users."""
    times, person = Counter(titles), words_for(app.summary).person
    return [
        title if times[title] == 1 else f"{title} · {person} {scenario.user_id}"
        for title, scenario in zip(titles, scenarios, strict=True)
    ]


def telling_rows(cases: Cases, kind: str, among: NDArray[np.bool_]) -> tuple[int, ...]:
    """The most telling rows of a kind among some."""
    if kind == MISTAKES:
        return surest_mistakes(cases, among)
    rows, _ = most_telling(cases, kind, among, MOST)
    return tuple(rows.tolist())


def surest_mistakes(cases: Cases, among: NDArray[np.bool_]) -> tuple[int, ...]:
    """Rows whose probability was furthest from their outcome, and on the wrong side of .5; a user comes once."""
    distance: Floats = abs(cases.label - cases.probability.astype(np.float64))
    rows = np.flatnonzero((distance > 0.5) & among)
    rows = rows[np.argsort(-distance[rows], kind="stable")]
    _, first = np.unique(cases.user[rows], return_index=True)
    return tuple(rows[np.sort(first)][:MOST].tolist())


def weighs_alike(app: App, loaded: LoadedCases) -> bool:
    """Whether the model that the cases compare with is at hand and weighs every behavior the same."""
    folder = folder_of(app, loaded.cases.about.base)
    return folder is not None and not app.scorers[folder].config.weighs_apart


def fact(app: App, loaded: LoadedCases, question: Question, row: int, titles: dict[str, str]) -> str:
    """What is telling about a case, in a few words."""
    cases = loaded.cases
    probability = percent(float(cases.probability[row]))
    if question == "found":
        if cases.share_item[row] == cases.item[row]:
            return t("{share} behind the item itself", share=percent(float(cases.share[row])))
        named = titles[cases.item_ids[cases.share_item[row]]]
        return t("{share} behind {item}", share=percent(float(cases.share[row])), item=named)
    if question == "sign":
        named = titles[cases.item_ids[cases.low_item[row]]]
        return t("{weight} for {item}", weight=number(float(cases.low_weight[row])), item=named)
    if question == "uniform":
        other = percent(float(cases.base_probability[row]))
        return t("{p}, not {q}: {outcome}", p=probability, q=other, outcome=outcome(app, cases, row))
    if question == "elsewhere":
        return f"Σw {number(float(cases.intensity[row]))}, {probability}"
    if question == "calibration":
        return t("{p}: {outcome}", p=probability, outcome=outcome(app, cases, row))
    return f"τ {fixed(float(cases.tau[row]), 2)}"


def outcome(app: App, cases: Cases, row: int) -> str:
    """What happened."""
    return words_for(app.summary).outcome(int(cases.label[row]))
