"""The scenario on screen as a file: what reproduces it by one command."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from din_core.pages.app.startup import App
from din_core.pages.brief.freeze import results_of
from din_core.pages.language.translate import current, t
from din_core.pages.places.places import WHAT_IF, Mode
from din_core.pages.session import visitor
from din_core.sharing.scenario_file import scenario_text

LONGEST_NAME = 80


def show_file_buttons(app: App, mode: Mode) -> None:
    """A button a file; nothing is computed before one is pressed."""
    st.markdown(t("Or as a file: `python -m trainer explain FILE` computes its numbers anew and says what differs."))
    name, make = file_name(), made_later(lambda: scenario_json(app, mode))
    st.download_button(
        t("Scenario (JSON)"), make, f"{name}.json", "application/json", key="scenario_json", on_click="ignore"
    )


def made_later(make: Callable[[], str]) -> Callable[[], bytes]:
    """What makes a file when it is asked for, of what this visit shows then; Streamlit asks in a thread of its own."""
    own = visitor.session()

    def made() -> bytes:
        with visitor.in_session(own):
            return make().encode()

    return made


def scenario_json(app: App, mode: Mode) -> str:
    """The scenario on screen: on *What if* after its edits, else of the history as it was, without them."""
    scenario = visitor.session().scenario
    assert scenario is not None
    edited = mode is WHAT_IF
    results = results_of(app, scenario, edited=edited)
    return scenario_text(scenario if edited else replace(scenario, edits=(), reference=0), results, current())


def file_name() -> str:
    """Of user and item, in letters that every disk takes."""
    scenario = visitor.session().scenario
    assert scenario is not None
    return re.sub(r"[^\w.-]+", "-", f"scenario-{scenario.user_id}-{scenario.candidate_ids[0]}")[:LONGEST_NAME]
