"""What stands around every page: the header, sentences about problems, the footer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from textwrap import shorten
from typing import TYPE_CHECKING

import streamlit as st

from din_core.pages.app.startup import App
from din_core.pages.language import translate as language
from din_core.pages.language.labels import percent
from din_core.pages.language.translate import T, t

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator
    from streamlit.navigation.page import Page

Address = Mapping[str, str | list[str]]

FOCUS = """<style>
[data-testid="stApp"] [data-testid="stPageLink"] a:focus-visible {
  color: inherit; outline: 2px solid; outline-offset: 1px;
}
</style>"""
"""Streamlit shows a link in focus as it shows the one to the page on screen."""
DARK_ON_PRIMARY = """<style>
[data-testid="stApp"] :is([data-tag], button[kind="primary"]:not(:disabled)),
[data-testid="stApp"] :is([data-tag], button[kind="primary"]:not(:disabled)) * { color: #0e1117; }
</style>"""
"""The dark theme's primary colour is a light one: Streamlit's white cannot be read on it."""

NARROW = """<style>
@media (max-width: 640px) { .st-key-tagline { display: none; } }
</style>"""
"""A phone shows what the pages say sooner."""

LOW_SHARE = 0.75
"""A model that knows less of a store than this is reported; with the demo's data and models it is .96."""

NOTICE = 100
"""Characters of where the data comes from that stand below each page; the page *Data* has all of them."""

TAGLINE = T("Which past behaviors does a Deep Interest Network switch on for a candidate?")


def header() -> DeltaGenerator:
    """The name and what this is for; returns the place for links to the pages."""
    st.html(FOCUS + NARROW + (DARK_ON_PRIMARY if is_dark() else ""))
    with st.container(horizontal=True, vertical_alignment="center", key="header"):
        st.title("DIN Lens", anchor=False, width="content")
        with st.container(width="content", key="tagline"):
            st.markdown(t(TAGLINE), width="content")
        language.switch()
        return st.container(horizontal=True, width="content", gap="small", key="pages")


def is_dark() -> bool:
    """Whether the visitor's theme is a dark one."""
    return st.context.theme.type == "dark"


def navigation(pages: Iterable[Page], place: DeltaGenerator, address: Callable[[str], Address]) -> None:
    """A link to each page that takes what is on screen along; `address` by the page's path."""
    for page in pages:
        place.page_link(page, query_params=address(page.url_path))


def report(problems: Iterable[str]) -> None:
    """Each problem as a sentence. They may quote what a link says, so nothing in them is markup."""
    for problem in problems:
        st.warning(literal(language.sentence(problem)), icon=":material/info:")


def report_unfit(app: App) -> None:
    """Which checkpoints of the app's folder cannot be used; nothing where all can."""
    if app.unfit:
        text = t(
            "Checkpoints in {folder} that cannot be used: {names}. The end of the page *Models* says why.",
            folder=literal(str(app.checkpoints)),
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
            "were rare or absent in its training and share one embedding. The page *Models* says more.",
            model=literal(app.models[name].name),
            percent=literal(percent(found.known_share)),
        )
        st.warning(text, icon=":material/info:")


def footer(app: App, cards: Iterable[str] = ()) -> None:
    """The cards of these models, and in one line where the data comes from."""
    for name in cards:
        show_card(app.scorers[name].card, t("Model card: {model}", model=app.models[name].name))
    provenance = app.summary.provenance or t("The store does not say where its data comes from.")
    short = shorten(provenance.splitlines()[0], NOTICE, placeholder=" …")
    with st.container(key="footer"):
        st.caption(f"{t('Data: {provenance}', provenance=literal(short))} [{t('About the data')}](data)")


def show_card(card: str, label: str) -> None:
    """A model card, folded up; nothing where there is none."""
    if card:
        with st.expander(literal(label)):
            st.markdown(card_text(card))


def literal(text: str) -> str:
    """Text that Markdown shows as it is: no links, images, formulas or icons come of it."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


def card_text(card: str) -> str:
    """A model card without its YAML head, its headings two levels down."""
    body = card.split("\n---\n", 1)[1] if card.startswith("---\n") and "\n---\n" in card else card
    return "\n".join(f"##{line}" if line.startswith("#") else line for line in body.strip().splitlines())
