"""Model cards: the Markdown beside a checkpoint, and its section on the weights, which the page Trust shows."""

from __future__ import annotations

import re

import streamlit as st

from din_core.domain.trust import CARD_BEGIN, CARD_END
from din_core.pages.language.translate import T, t
from din_core.pages.widgets.frame import literal

COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
"""Streamlit shows what is HTML as it is written."""
ON_TRUST = T("What was measured of its weights is on the page *Trust*.")


def show_card(card: str, label: str) -> None:
    """A model card, folded up; nothing where there is none."""
    if card:
        with st.expander(literal(label)):
            st.markdown(card_text(without_weights(card)))


def card_text(card: str) -> str:
    """A model card without its YAML head and its comments, its headings two levels down."""
    body = card.split("\n---\n", 1)[1] if card.startswith("---\n") and "\n---\n" in card else card
    body = COMMENT.sub("", body)
    return "\n".join(f"##{line}" if line.startswith("#") else line for line in body.strip().splitlines())


def weights_section(card: str) -> str:
    """What `faithfulness` wrote into a card; empty where it wrote nothing."""
    _, begin, rest = card.partition(CARD_BEGIN)
    section, end, _ = rest.partition(CARD_END)
    return section.strip() if begin and end else ""


def without_weights(card: str) -> str:
    """The card with a sentence in the place of that section."""
    if not weights_section(card):
        return card
    before, _, rest = card.partition(CARD_BEGIN)
    return before + t(ON_TRUST) + rest.partition(CARD_END)[2]
