"""What a visitor chooses on the Compare page: rows, what a column holds, and the two models on screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from din_core.domain import Candidate, Item, User
from din_core.figures.heatmap import named
from din_core.pages.compare.rows import CompareInputs, candidates_of, cases_of
from din_core.pages.inspect.inspection import Case, shown_at
from din_core.pages.language.translate import T, t
from din_core.pages.models.model_pair import choose
from din_core.pages.session import address
from din_core.pages.session.choices import candidate_key
from din_core.pages.widgets import pickers
from din_core.pages.widgets.frame import literal
from din_core.sharing.links import MAX_CANDIDATES
from din_core.sharing.page_choices import COLUMNS, By, CompareChoice

KINDS: dict[By, str] = {"candidates": T("Candidates"), "models": T("Models"), "users": T("Users")}
FOLDS = {"item": T("Items"), "category": T("Categories")}
ORDERS = {"weight": T("Strongest first"), "time": T("Oldest first")}


def control(
    name: str,
    label: str,
    options: Sequence[Any],
    value: object,
    option_text: Callable[[Any], str],
    change: Callable[[Any], CompareChoice],
) -> None:
    """One choice of the comparison among a few."""
    key = f"compare_{name}"
    st.session_state[key] = value
    st.segmented_control(
        label,
        options,
        format_func=option_text,
        required=True,
        key=key,
        on_change=lambda: address.choose_on_page(change(st.session_state[key])),
    )


def choose_kind() -> None:
    """What the rows are. Another kind folds its columns in its own way again."""
    now = address.page_choice(CompareChoice)
    control(
        "by",
        t("What to compare"),
        list(KINDS),
        now.by,
        lambda by: t(KINDS[by]),
        lambda by: replace(now, by=by, fold=None),
    )


def choose_candidates(now: CompareInputs, cases: Sequence[Case]) -> None:
    """The candidates compared, each with a way to remove it, and a search for more."""
    own = [case.candidate for case in cases]
    known = {case.candidate: case for case in (*cases, *shown_at(now.impressions, now.scenario.as_of).values())}
    keys = {candidate_key(candidate): candidate for candidate in known}
    label = dict(zip(keys, named([case.title for case in known.values()]), strict=True))

    def change() -> None:
        compare_candidates(now, tuple(keys[key] for key in st.session_state["compare_items"]))

    def pick(item_id: str) -> None:
        compare_candidates(now, tuple(dict.fromkeys([*own, Candidate(item_id)])))

    st.session_state["compare_items"] = [candidate_key(candidate) for candidate in own]
    st.multiselect(
        t("Candidates compared"),
        list(keys),
        format_func=label.__getitem__,
        max_selections=MAX_CANDIDATES,
        wrap=True,
        key="compare_items",
        on_change=change,
    )
    pickers.search_items(now.app, "another", t("Add any item of the catalogue"), None, pick)


def compare_candidates(now: CompareInputs, candidates: tuple[Candidate, ...]) -> None:
    """Compare these from now on; a comparison needs two, and an address holds so many."""
    problems: tuple[str, ...] = ()
    if len(candidates) < 2:
        problems = (t("A comparison needs two candidates at least: the last ones stay."),)
        candidates = candidates_of(now)
    elif len(candidates) > MAX_CANDIDATES:
        problems = (t("{n} candidates are the most that can be compared: remove one first.", n=MAX_CANDIDATES),)
        candidates = candidates_of(now)
    (first,) = cases_of(now, candidates[:1])
    address.show(now.scenario.with_candidates(candidates, first.context), problems)


def choose_models(now: CompareInputs) -> None:
    """The two models on screen, as on *Models*."""
    for place, column in enumerate(st.columns(2)):
        with column:
            choose(now.app, place, now.names[place] if place < len(now.names) else None)


def choose_rows(now: CompareInputs, names: Sequence[str]) -> None:
    """Which models; none chosen shows all."""
    models = now.app.models
    st.session_state["compare_models"] = list(names)

    def change() -> None:
        chosen = tuple(models[name].link for name in st.session_state["compare_models"])
        address.choose_on_page(replace(now.comparison, models=chosen))

    st.pills(
        t("Models compared"),
        list(models),
        selection_mode="multi",
        format_func=lambda name: literal(models[name].name),
        wrap=True,
        key="compare_models",
        on_change=change,
    )


def lead_box(now: CompareInputs, item: Item) -> None:
    """The candidate that models or users are compared on: it comes first among those compared."""

    def pick(item_id: str) -> None:
        others = now.scenario.candidates if len(now.scenario.candidates) > 1 else ()
        candidates = tuple(dict.fromkeys([Candidate(item_id), *others]))[:MAX_CANDIDATES]
        (first,) = cases_of(now, candidates[:1])
        address.show(now.scenario.with_candidates(candidates, first.context))

    label = t("Candidate: any item of the catalogue")
    pickers.search_items(now.app, "lead", label, pickers.item_option(item), pick)


def other_box(now: CompareInputs, selected: User | None) -> None:
    """The second user, searched among all."""

    def pick(user_id: str) -> None:
        address.choose_on_page(replace(now.comparison, other=user_id))

    pickers.search_users(now.app, "other", t("Compared with"), selected, pick)


def choose_columns(comparison: CompareChoice) -> None:
    """What a column holds, how many there are, and in which order."""
    with st.container(horizontal=True, key="compare_columns"):
        control(
            "fold",
            t("Columns are"),
            list(FOLDS),
            comparison.folded,
            lambda fold: t(FOLDS[fold]),
            lambda fold: replace(comparison, fold=fold),
        )
        control(
            "order",
            t("Order"),
            list(ORDERS),
            comparison.order,
            lambda order: t(ORDERS[order]),
            lambda order: replace(comparison, order=order),
        )
        control(
            "most",
            t("At most"),
            COLUMNS,
            comparison.columns,
            str,
            lambda most: replace(comparison, columns=most),
        )
