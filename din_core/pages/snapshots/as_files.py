"""The scenario on screen as a file: what reproduces it by one command, and what is read without the app."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlencode, urljoin

import streamlit as st

from din_core.pages.app.startup import App
from din_core.pages.brief.freeze import results_of, results_without_user
from din_core.pages.language.number_texts import CATEGORY, category_name, numeric_fields
from din_core.pages.language.translate import current, t
from din_core.pages.places.places import INSPECT, WHAT_IF, Mode
from din_core.pages.report.report import report_html
from din_core.pages.session import address, visitor
from din_core.sharing.scenario_file import scenario_text

LONGEST_NAME = 80


def show_file_buttons(app: App, mode: Mode) -> None:
    """A button a file; nothing is computed before one is pressed."""
    st.markdown(
        t(
            "The report opens in any browser without this server, and prints on one page, or as PDF. Of the JSON, "
            "`python -m trainer explain FILE` computes the numbers anew and says what differs."
        )
    )
    hidden = st.checkbox(t("Hide who it is in the report: no id, no profile, no link"), key="report_hidden")
    name, root = file_name(), "" if hidden else st.context.url or ""
    files = {
        "report_html": (
            *(t("Report (HTML)"), "report.html" if hidden else f"{name}.html", "text/html"),
            lambda: report_of(app, mode, root, hidden=hidden),
        ),
        "scenario_json": (t("Scenario (JSON)"), f"{name}.json", "application/json", lambda: scenario_json(app, mode)),
    }
    with st.container(horizontal=True):
        for key, (label, file, mime, make) in files.items():
            st.download_button(label, made_later(make), file, mime, key=key, on_click="ignore")


def made_later(make: Callable[[], str]) -> Callable[[], bytes]:
    """What makes a file when it is asked for, of what this visit shows then; Streamlit asks in a thread of its own."""
    own = visitor.session()

    def made() -> bytes:
        with visitor.in_session(own):
            return make().encode()

    return made


def report_of(app: App, mode: Mode, root: str, *, hidden: bool = False) -> str:
    """The report of what is on screen; `root` is an address of this server, nothing for no link.

    `hidden`: of nobody, as a hidden snapshot is.
    """
    scenario = visitor.session().scenario
    assert scenario is not None
    edited = mode is WHAT_IF
    results = (results_without_user if hidden else results_of)(app, scenario, edited=edited)
    path = (WHAT_IF if edited else INSPECT).path
    query = {**address.query(path), **address.current_mark(app, scenario.user_id, scenario.as_of)}
    link = urljoin(root, f"{path}?{urlencode(query, doseq=True)}")
    category = category_name(app.summary.item_fields, numeric_fields(app.scorers.values())) or CATEGORY
    made, slots = int(time.time()), app.category_slots
    return report_html(results, link=link if root else "", made=made, category=category, slots=slots)


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
