"""What stands around every page: the header, sentences about problems."""

from __future__ import annotations

import re
from collections.abc import Iterable

import streamlit as st

from din_core.pages.app.startup import App
from din_core.pages.language import translate as language
from din_core.pages.language.labels import percent
from din_core.pages.language.shown_paths import shown_path
from din_core.pages.language.translate import T, t
from din_core.pages.places.navigation import LinkRows, link_row
from din_core.pages.places.places import INSPECT, Mode, place_of
from din_core.pages.widgets.kept_room import keep_no_room

LOW_SHARE = 0.75
"""A model that knows less of a store than this is reported; with the demo's data and models it is .96."""

TAGLINE = T("Which past behaviors does a Deep Interest Network switch on for a candidate?")


def tab_title(mode: Mode) -> str:
    """What the browser's tab is called: the mode, its place where that has others, and the app."""
    place = place_of(mode)
    if mode is INSPECT:
        return "DIN Lens"
    names = [mode.title] if place is None or len(place.modes) == 1 else [mode.title, place.title]
    return " · ".join([*map(t, names), "DIN Lens"])


def header() -> LinkRows:
    """The name of the app; returns the rooms for links to the pages."""
    keep_no_room()
    with st.container(key="header"):
        with st.container(horizontal=True, vertical_alignment="center", key="header_line"):
            st.title("DIN Lens", anchor=False, width="content")
            places = link_row("places")
            quick_open = st.container(width="content", key="quick_open_room")
            tour = st.container(width="content", key="tour_link")
            language.switch()
        with st.container(horizontal=True, vertical_alignment="center", key="modes_line"):
            modes = link_row("modes")
            beside = st.container(width="content", key="beside_modes")
            copy = st.container(
                horizontal=True, vertical_alignment="center", width="content", gap="small", key="copy_link_room"
            )
    return LinkRows(places, quick_open, tour, modes, beside, copy)


def tagline() -> None:
    """What this is for."""
    with st.container(width="content", key="tagline"):
        st.markdown(t(TAGLINE), width="content")


def is_dark() -> bool:
    """Whether the visitor's theme is a dark one."""
    return st.context.theme.type == "dark"


def report(problems: Iterable[str]) -> None:
    """Each problem as a sentence, once. They may quote what a link says, so nothing in them is markup."""
    for problem in dict.fromkeys(problems):
        st.warning(literal(language.sentence(problem)), icon=":material/info:")


def report_unfit(app: App) -> None:
    """Which checkpoints of the app's folder cannot be used; nothing where all can."""
    if app.unfit:
        text = t(
            "Checkpoints in {folder} that cannot be used: {names}. The end of the page *Models* says why.",
            folder=literal(shown_path(app.checkpoints)),
            names=literal(", ".join(app.unfit)),
        )
        st.warning(text, icon=":material/info:")


def report_low_coverage(app: App, names: Iterable[str]) -> None:
    """A sentence for each of these models that knows little of the store."""
    for name in names:
        found = app.coverage.get(name)
        if found is None or found.known_share >= LOW_SHARE:
            continue
        text = t(
            "{model} knows {percent} of what is in this store: the other behaviors and impressions are of items that "
            "were rare or absent in its training, which it tells apart by their other fields alone. The page *Models* "
            "says more.",
            model=literal(app.models[name].name),
            percent=literal(percent(found.known_share)),
        )
        st.warning(text, icon=":material/info:")


def literal(text: str) -> str:
    """Text that Markdown shows as it is: no links, images, formulas or icons come of it."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)
