"""*Keep these numbers*: the results on screen, frozen under a link of their own."""

from __future__ import annotations

import time
from dataclasses import replace
from urllib.parse import urlencode, urljoin

import streamlit as st

from din_core.pages.app.startup import App
from din_core.pages.brief.content import content_of
from din_core.pages.brief.freeze import results_of, results_without_user
from din_core.pages.language.translate import T, t
from din_core.pages.places.parameters import SNAPSHOT
from din_core.pages.places.places import INSPECT, WHAT_IF, Mode
from din_core.pages.session import address, caches, visitor
from din_core.pages.snapshots.as_files import show_file_buttons
from din_core.pages.widgets.failures import shows_failures
from din_core.sharing.frozen_results import to_json
from din_core.sharing.share_store import LONGEST, SharedView

DAY = 86_400
EXPIRIES = {None: T("never"), 7: T("in 7 days"), 30: T("in 30 days"), 365: T("in a year")}
"""By days."""


@st.fragment
@shows_failures
def keep_button(mode: Mode) -> None:
    """The button, on *Inspect* and *What if*; nothing is computed before it is pressed."""
    app, scenario = caches.current_app(), visitor.session().scenario
    if scenario is None:
        return
    with st.popover(t("Keep these numbers"), key="keep_numbers", on_change="rerun", wrap=False) as opened:
        if opened.open:
            as_link, as_file = st.tabs([t("As a link"), t("As a file")])
            with as_link:
                keep_form(app, mode)
            with as_file:
                show_file_buttons(app, mode)


def keep_form(app: App, mode: Mode) -> None:
    """What is kept with the numbers; the link, once they are."""
    st.markdown(
        t("The numbers on screen, under a link that shows them for ever, whatever becomes of store and models.")
    )
    with st.form("keep_form", border=False):
        title = st.text_input(t("Title (empty: product and user)"), max_chars=LONGEST["title"])
        note = st.text_area(t("Note"), max_chars=LONGEST["note"])
        author = st.text_input(t("Author"), max_chars=LONGEST["author"])
        expiry = st.selectbox(t("Expires"), list(EXPIRIES), format_func=lambda days: t(EXPIRIES[days]))
        hidden = st.checkbox(t("Hide who it is: no id, no profile, no way to the full analysis"))
        pressed = st.form_submit_button(t("Keep"))
    if pressed:
        at = None if expiry is None else int(time.time()) + expiry * DAY
        slug = keep(app, mode, SharedView("snapshot", "", title=title, note=note, author=author, expires=at), hidden)
        st.success(t("Kept. Whoever has this link and can reach this server sees it:"))
        st.code(link_to(slug), language=None, wrap_lines=True)


def keep(app: App, mode: Mode, view: SharedView, hidden: bool) -> str:
    """Freeze what is on screen of a page; its slug. `hidden`: without the user, and without the scenario."""
    own = visitor.session()
    assert own.scenario is not None
    frozen = results_without_user if hidden else results_of
    results = frozen(app, own.scenario, edited=mode is WHAT_IF)
    path = (mode if mode is WHAT_IF else INSPECT).path
    query = "" if hidden else urlencode(address.query(path), doseq=True)
    fingerprints = dict(one.link.split("@", 1) for one in results.models)
    title = view.title or content_of(results).title
    kept = replace(view, query=query, path=path, title=title, fingerprints=fingerprints, payload=to_json(results))
    return caches.shares().keep(kept)


def link_to(slug: str) -> str:
    """The link of a snapshot."""
    return urljoin(st.context.url or "", f"{INSPECT.path}?{SNAPSHOT}={slug}")
