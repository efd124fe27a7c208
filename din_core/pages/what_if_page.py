"""What if: the scenario on screen with other behaviors, another profile, context or candidate, edit by edit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import streamlit as st
from streamlit.navigation.page import Page

from din_core.domain import Add, DinLensError, Edit, LinkError, Scenario, SetCandidate
from din_core.domain.edits import fitting
from din_core.pages import pickers, state
from din_core.pages.chrome import report
from din_core.pages.components.search_box import Option
from din_core.pages.components.what_if_box import what_if_box
from din_core.pages.language import T, t
from din_core.pages.startup import App
from din_core.pages.trail import Walk, walk
from din_core.pages.what_if_data import what_if_data
from din_core.pages.words import words_for
from din_core.sharing import MAX_EDITS, items_of, read_edit, sentence, what_if_start

DAY = timedelta(days=1)
LEAD = T(
    "Change what the models read and see their scores change. Every edit makes a new state of the last one; nothing "
    "is written to the behavior store."
)


def page() -> Page:
    """Where this page stands."""
    return st.Page(show, title=t("What if"), url_path="whatif")


def remind(scenario: Scenario | None) -> None:
    """On every other page: that it shows the scenario without its edits."""
    if scenario is not None and scenario.edits:
        st.info(
            t(
                "This page shows the history as it was: the what-if edits ({n}) apply on What if.",
                n=len(scenario.edits),
            ),
            icon=":material/edit_note:",
        )


def show() -> None:
    """The page, from the session's scenario and the store as it is now."""
    app, own = state.current_app(), state.session()
    impressions, trail = pickers.read_on_screen(lambda store, scenario, _: walk(store, scenario))
    scenario = own.scenario
    if scenario is not None and trail is not None and trail.wrong:  # the store has changed since these edits were made
        own.problems = (*own.problems, *(sentence(error) for _, error in trail.wrong))
        own.scenario = scenario = replace(
            scenario, edits=trail.edits, reference=min(scenario.reference, len(trail.edits))
        )

    st.markdown(t(LEAD))
    with pickers.user_and_impression(impressions):
        scored = None if trail is None else pickers.item_option(trail.states[-1].candidate)
        label = t("Candidate: any item of the catalogue")
        pickers.search_items(app, "what_if_candidate", label, scored, choose_candidate)
    report(own.problems)
    if scenario is not None and trail is not None:
        add_boxes(app, scenario, trail)
        show_instrument(app, scenario, trail)
    elif app.setting.opening is not None:
        st.button(t("Show the opening example"), on_click=state.show, args=(app.setting.opening,))


def add_boxes(app: App, scenario: Scenario, trail: Walk) -> None:
    """Which item joins the history, and when."""
    behaviors = trail.states[0].history.behaviors
    latest = datetime.fromtimestamp(scenario.as_of - 1, UTC).date()
    first = datetime.fromtimestamp(behaviors[0].timestamp, UTC).date() if behaviors else latest
    which, when = st.columns([11, 5])
    with when:
        # Another scenario is another field: a date that was meant for the last one is not kept.
        on = st.date_input(
            t("On (empty: as the newest)"),
            value=None,
            min_value=first - 366 * DAY,
            max_value=latest,
            format="YYYY-MM-DD",
            key=f"add_on {scenario.user_id} {scenario.as_of}",
        )
    added = next((edit.item_id for edit in reversed(trail.edits) if isinstance(edit, Add)), None)
    with which:
        # A choice without a label: what was added is not left standing in the field.
        chosen = None if added is None else Option(added, "")
        label = t("Add a behavior with any item")
        pickers.search_items(app, "what_if_add", label, chosen, lambda item_id: add(item_id, on))


def add(item_id: str, on: date | None) -> None:
    """Add a behavior: at the end of a day, or as the newest."""
    scenario = state.session().scenario
    if scenario is None:
        return
    end = None if on is None else int(datetime.combine(on + DAY, datetime.min.time(), UTC).timestamp()) - 1
    change([Add(item_id, None if end is None else min(end, scenario.as_of - 1))])


def choose_candidate(item_id: str) -> None:
    """Score another item."""
    change([SetCandidate(item_id)])


def change(edits: Sequence[Edit]) -> None:
    """Make these edits, one after the other; what does not fit is said and not made."""
    scenario = state.session().scenario
    if scenario is None:
        return
    room = MAX_EDITS - len(scenario.edits)
    said = []
    if len(edits) > room:
        said.append(t("A trail holds {n} edits at most; undo some.", n=MAX_EDITS))
    show_fitting(replace(scenario, edits=(*scenario.edits, *edits[:room])), said)


def show_fitting(scenario: Scenario, said: Sequence[str] = ()) -> None:
    """Show a scenario with those of its edits that fit, and why the others do not."""
    store = state.current_app().store
    try:
        start, items = what_if_start(store, scenario), items_of(store, scenario.edits)
    except DinLensError as error:
        state.show(scenario, (*said, sentence(error)))
        return
    kept, wrong = fitting(start, scenario.edits, items)
    fits = replace(scenario, edits=kept, reference=min(scenario.reference, len(kept)))
    state.show(fits, (*said, *(sentence(error) for _, error in wrong)))


def undo(place: int, key: Sequence[str] | None) -> None:
    """Take one edit back, the one of these parts; those after it stay as far as they fit. -1 is the last one."""
    scenario = state.session().scenario
    if scenario is None or not scenario.edits:
        return
    place %= len(scenario.edits)
    if key is not None and read_edit(key) != scenario.edits[place]:
        return  # of a trail that is no longer on screen
    edits = (*scenario.edits[:place], *scenario.edits[place + 1 :])
    show_fitting(replace(scenario, edits=edits, reference=scenario.reference - (scenario.reference > place)))


def pin(place: int) -> None:
    """Compare with the state after so many edits."""
    scenario = state.session().scenario
    if scenario is not None:
        state.show(replace(scenario, reference=max(0, min(place, len(scenario.edits)))))


def clear() -> None:
    """Take all edits back."""
    scenario = state.session().scenario
    if scenario is not None:
        state.show(replace(scenario, edits=(), reference=0))


def heard(number: int, acts: Sequence[Sequence[Any]]) -> None:
    """What was done in the instrument, in its order."""
    own = state.session()
    own.trail.heard = number
    said: list[str] = []
    for act in acts:
        own.problems = ()
        try:
            do(*act)
        except LinkError as error:
            own.problems = (sentence(error),)
        said += own.problems
    own.problems = tuple(said)


def do(name: str, *given: Any) -> None:
    """One thing that was done; LinkError for an edit that cannot be read."""
    match name:
        case "edit":
            change([read_edit(given)])
        case "undo":
            undo(*given)
        case "clear":
            clear()
        case "pin":
            pin(*given)
        case "model":
            state.choose_model(*given)


def show_instrument(app: App, scenario: Scenario, trail: Walk) -> None:
    """Scores, trail and list."""
    own = state.session()
    names = state.on_screen(scenario)
    scorers = [app.scorers[name] for name in names]
    scores = own.trail.score(scorers, trail.states)
    models = [app.models[name] for name in names]
    data = what_if_data(scenario, trail, scores, models, scorers, app.models.values(), words_for(app.summary))
    what_if_box("what_if", data, heard=own.trail.heard, on_acts=heard)
