"""The links above every page: five places in a line, below them the modes of the place on screen, and the tour."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from din_core.pages.browser.sources import source
from din_core.pages.language.translate import T, t
from din_core.pages.language.translate import current as language
from din_core.pages.places.places import PLACES, TOUR, Mode, PagePlace, place_of

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator
    from streamlit.navigation.page import Page

Address = Mapping[str, str | list[str]]

NAME = "din_lens.navigation"
JS = source("places/navigation.js")
TOUR_LABEL = T("New here? Two-minute tour")
GONE = T(
    "The server does not answer. What is on screen stays, and can be copied or saved; the page goes on by itself once "
    "the server is back."
)


@dataclass(frozen=True)
class LinkRows:
    """The rooms that the header keeps for the links until it is known what is on screen."""

    places: DeltaGenerator
    quick_open: DeltaGenerator
    """For what goes anywhere by name."""
    tour: DeltaGenerator
    modes: DeltaGenerator
    beside: DeltaGenerator
    """Beside the modes, where a screen is wide enough."""
    copy: DeltaGenerator
    """For the link to what is on screen."""


def link_row(key: str) -> DeltaGenerator:
    """An empty room for links in a line."""
    return st.container(horizontal=True, width="content", gap="small", key=key)


def navigation(
    rows: LinkRows,
    pages: Mapping[Mode, Page],
    current: Mode,
    *,
    without: Collection[Mode],
    address: Callable[[str], Address],
) -> None:
    """Links that take what is on screen along.

    `pages` holds the page of each mode, and of the `current` one that on screen; `address` is by a page's path. Modes
    `without` are left out unless they are on screen.
    """
    here = place_of(current)

    def link(mode: Mode, label: str, icon: str | None = None) -> None:
        page = pages[mode]
        st.page_link(page, label=t(label), icon=icon, query_params=address(page.url_path))

    with rows.places:
        for place in PLACES:
            link(current if place is here else place.modes[0], place.title, place.icon)
    with rows.tour:
        link(TOUR, TOUR_LABEL, ":material/help:")
    with rows.modes:
        for mode in modes_shown(here, current, without):
            link(mode, mode.title)
        mark_current(pages[current].url_path, here)


def modes_shown(here: PagePlace | None, current: Mode, without: Collection[Mode]) -> list[Mode]:
    """The modes of the place on screen to choose from; none where it has one only."""
    modes = [mode for mode in (here.modes if here else ()) if mode is current or mode not in without]
    return modes if len(modes) > 1 else []


def mark_current(path: str, here: PagePlace | None) -> None:
    """Tell screen readers that the rows are navigation, which links lead to what is on screen, and the language."""
    mount = st.components.v2.component(NAME, html="<span></span>", js=JS)
    modes = t("Modes of {place}", place=t(here.title)) if here else ""
    rows = {"places": t("Places"), "modes": modes, "tour_link": ""}
    told = {"path": path, "rows": rows, "language": language(), "gone": t(GONE)}
    data = json.dumps(told, ensure_ascii=False).encode()
    mount(key="navigation_marks", data=data, height=1)
