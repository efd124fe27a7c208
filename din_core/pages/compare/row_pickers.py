"""What a visitor chooses on the Compare page: rows, what a column holds, and the two models on screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from din_core.domain import Candidate, History, Item, User
from din_core.pages.compare.behavior_types import choose_type
from din_core.pages.compare.rows import CompareInputs, candidates_of, cases_of
from din_core.pages.inspect.inspection import Case, case_titles, shown_at
from din_core.pages.language.translate import T, t
from din_core.pages.session import address
from din_core.pages.session.choices import candidate_key
from din_core.pages.two_models.model_pair import choose
from din_core.pages.widgets import pickers
from din_core.pages.widgets.frame import literal
from din_core.pages.widgets.segmented_choice import segmented_choice
from din_core.sharing.links import MAX_CANDIDATES
from din_core.sharing.page_choices import COLUMNS, By, CompareChoice, Fold, Order
from din_core.sharing.table_choice import TableChoice

KINDS: dict[By, str] = {"candidates": T("Candidates"), "models": T("Models"), "users": T("Users")}
FOLDS: dict[Fold, str] = {"item": T("Items"), "category": T("Categories")}
WIDE, PHONE = 1056, 294
"""Pixels of a line of choices on a usual screen, and on a phone."""
LETTER, BUTTON = 5.8, 35
"""Pixels of a letter of a choice, and of what stands beside its text."""
MOST_LINES = 5
"""Lines of choices that a field shows."""
ORDERS: dict[Order, str] = {"weight": T("Strongest first"), "time": T("Oldest first")}


def choose_kind() -> None:
    """What the rows are. Another kind folds its columns in its own way again."""
    now = address.page_choice(CompareChoice)
    segmented_choice(
        "compare_by",
        t("What to compare"),
        {by: t(text) for by, text in KINDS.items()},
        now.by,
        lambda by: choose_rows_or_fold(by=by, fold=None),
    )


def choose_rows_or_fold(**changes: Any) -> None:
    """The heat map's table has other columns then, or other things in those of one name: it is read afresh."""
    now = address.page_choice(CompareChoice).with_table("heatmap", TableChoice())
    address.choose_on_page(replace(now, **changes))


def choose_candidates(now: CompareInputs, cases: Sequence[Case]) -> None:
    """The candidates compared, each with a way to remove it, and a search for more."""
    own = [case.candidate for case in cases]
    known = {case.candidate: case for case in (*cases, *shown_at(now.impressions, now.scenario.as_of).values())}
    keys = {candidate_key(candidate): candidate for candidate in known}
    label = dict(zip(keys, case_titles(list(known.values())), strict=True))

    def change() -> None:
        compare_candidates(now, tuple(keys[key] for key in st.session_state["compare_items"]))

    def pick(item_id: str) -> None:
        compare_candidates(now, tuple(dict.fromkeys([*own, Candidate(item_id)])))

    st.session_state["compare_items"] = [candidate_key(candidate) for candidate in own]
    lines, narrow = (lines_of(case_titles(cases), width) for width in (WIDE, PHONE))
    with st.container(
        key=f"choices_{lines}_lines_{narrow}_narrow"
    ):  # `rooms.css` keeps their room from the first paint
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


def lines_of(chosen: Sequence[str], width: int) -> int:
    """About the lines that a field of this width takes with these choices in it."""
    free, lines = float(width), 1
    for text in chosen:
        long = min(LETTER * len(text) + BUTTON, width)
        lines, free = (lines + 1, width - long) if long > free else (lines, free - long)
    return min(lines, MOST_LINES)


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


def choose_columns(comparison: CompareChoice, histories: Sequence[History]) -> str | None:
    """What a column holds, how many there are, and in which order; returns the type of behaviors, None for all."""

    def keep(name: str) -> Callable[[Any], None]:
        return lambda value: address.choose_on_page(replace(address.page_choice(CompareChoice), **{name: value}))

    folds = {fold: t(text) for fold, text in FOLDS.items()}
    orders = {order: t(text) for order, text in ORDERS.items()}
    most = {n: str(n) for n in COLUMNS}
    with st.container(horizontal=True, key="compare_columns"):
        segmented_choice(
            "compare_fold", t("Columns are"), folds, comparison.folded, lambda it: choose_rows_or_fold(fold=it)
        )
        segmented_choice("compare_order", t("Order"), orders, comparison.order, keep("order"))
        segmented_choice("compare_most", t("At most"), most, comparison.columns, keep("columns"))
        return choose_type(histories)
