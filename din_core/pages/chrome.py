"""What stands around every page: the header, sentences about problems, the footer."""

from __future__ import annotations

import re
from collections.abc import Iterable

import streamlit as st

from din_core.pages.startup import App
from din_core.sharing.resolve import sentence

TAGLINE = "Which past behaviors does a Deep Interest Network switch on for a candidate?"


def header() -> None:
    """The name and what this is for."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="header"):
        st.title("DIN Lens", anchor=False, width="content")
        st.markdown(TAGLINE, width="content")


def report(problems: Iterable[str]) -> None:
    """Each problem as a sentence. They may quote what a link says, so nothing in them is markup."""
    for problem in problems:
        st.warning(literal(sentence(problem)), icon=":material/info:")


def footer(app: App) -> None:
    """Where the data comes from, what is in the store, and the models' own cards."""
    summary = app.summary
    for scorer in app.scorers.values():
        if scorer.card:
            with st.expander(f"Model card: {scorer.name} · {scorer.fingerprint}"):
                st.markdown(card_text(scorer.card))
    counts = (
        f"{summary.n_users:,} users, {summary.n_items:,} items, {summary.n_behaviors:,} behaviors and "
        f"{summary.n_impressions:,} impressions in the store when the app started."
    )
    provenance = summary.provenance or "The store does not say where its data comes from."
    with st.container(key="footer"):
        st.caption(f"Data: {literal(provenance)}\n\n{counts}")


def literal(text: str) -> str:
    """Text that Markdown shows as it is: no links, images, formulas or icons come of it."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


def card_text(card: str) -> str:
    """A model card without its YAML head, its headings two levels down."""
    body = card.split("\n---\n", 1)[1] if card.startswith("---\n") and "\n---\n" in card else card
    return "\n".join(f"##{line}" if line.startswith("#") else line for line in body.strip().splitlines())
