"""What the pages say, in the visitor's language.

English stands in the code, where its reader needs it, and is its own key; each other language is one file of
`texts/`, English → translation. What is missing there is said in English; a test finds it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from string import Formatter

import streamlit as st

from din_core.domain.translatable import Translatable, sentence_of
from din_core.pages.language import translation_mark
from din_core.pages.language.shown_paths import PLACES, shown_value
from din_core.pages.session import visitor

TEXTS = Path(__file__).with_name("texts")
LANGUAGES = {"en": "English", "zh": "简体中文"}
"""By code, as links have it, each in its own words."""
DEFAULT = "en"
T = translation_mark.T
BEGINS_WITH_PLACE = re.compile("{(" + "|".join(sorted(PLACES)) + ")}")
"""A template whose first word is a path or an address, which gets no capital."""


def t(text: str, **values: object) -> str:
    """`text` in the visitor's language, with its `{name}`s filled in: `t("{n:,} items", n=5)`.

    Give the English text as a literal, or as a constant that is marked where it is defined: `T("…")`.
    """
    return filled(translated(text, current()), values)


def filled(template: str, values: Mapping[str, object]) -> str:
    """A translation with its `{name}`s filled in."""
    if not values:
        return template
    pieces: list[str] = []
    for literal, name, form, _ in parsed(template):
        pieces.append(literal)
        if name is not None:
            pieces.append(format(values[name], form or ""))
    return "".join(closed_up(pieces))


@lru_cache(maxsize=4096)
def parsed(template: str) -> tuple[tuple[str, str | None, str | None, str | None], ...]:
    """As `string.Formatter` reads it: texts, each with the name and format of the value that follows."""
    return tuple(Formatter().parse(template))


def join_sentences(*said: str) -> str:
    """Those that are not empty, one after the other; with a space between where the language has one there."""
    return t(" ").join(filter(None, said))


def closed_up(pieces: Sequence[str]) -> list[str]:
    """Texts that stand one after the other, without a space where both its neighbours are Chinese.

    Translations have one around each `{name}`, for names and numbers in Latin letters.
    """
    found = list(pieces)
    for place, (text, following) in enumerate(pairwise(pieces)):
        if text[-1:] == " " and is_chinese(text[-2:-1]) and is_chinese(following[:1]):
            found[place] = found[place][:-1]
        elif following[:1] == " " and is_chinese(text[-1:]) and is_chinese(following[1:2]):
            found[place + 1] = following[1:]
    return found


def is_chinese(letter: str) -> bool:
    """Whether a text of one character, or none, is one of Chinese or of its punctuation."""
    return "\u2e80" <= letter <= "\u9fff" or "\uff00" <= letter <= "\uffef"


def translated(text: str, language: str) -> str:
    """`text` in `language`, or as it is where there is no translation."""
    return dictionary(language).get(text, text)


@cache
def dictionary(language: str) -> Mapping[str, str]:
    """English → translation; empty for English."""
    if language == DEFAULT:
        return {}
    found: dict[str, str] = json.loads((TEXTS / f"{language}.json").read_text(encoding="utf-8"))
    return found


def sentence(text: str) -> str:
    """A sentence of the core, in the visitor's language where it is translatable."""
    whole = translate_text(text)
    if isinstance(text, Translatable) and (current() != DEFAULT or BEGINS_WITH_PLACE.match(text.template)):
        return whole if whole.endswith((".", "。")) else t("{sentence}.", sentence=whole)
    return sentence_of(whole)


def translate_text(text: str) -> str:
    """A text of the core, in the visitor's language where it is translatable; its paths as they may be shown."""
    if not isinstance(text, Translatable):
        return str(text)
    return _short_paths(text) if current() == DEFAULT else translate_into(text, current())


def translate_into(text: Translatable, language: str) -> str:
    """The text in `language`, and so are the values in it that are translatable; paths as they may be shown."""
    values = {n: _said(n, value, language) for n, value in text.values.items()}
    return filled(translated(text.template, language), values)


def _said(name: str, value: object, language: str) -> object:
    if isinstance(value, Translatable):
        return translate_into(value, language)
    return shown_value(name, value) if isinstance(value, str) else value


def _short_paths(text: Translatable) -> str:
    """English as it is written, which may differ from its template in capital and full stop."""
    written = str(text)
    for name, value in text.values.items():
        if isinstance(value, Translatable):
            written = written.replace(value, _short_paths(value))
        elif isinstance(value, str) and value:
            written = written.replace(value, shown_value(name, value))
    return written


def current() -> str:
    """The visitor's choice; before any, what their browser asks for, where it is at hand."""
    own = visitor.session()
    if own.language is None:
        asked = (st.context.locale or DEFAULT).split("-")[0].lower()
        own.language = asked if asked in LANGUAGES else DEFAULT
    return own.language


def begin_with(language: str | None) -> None:
    """Speak the language that the first address of a visit names, before a word of the page is said."""
    own = visitor.session()
    if own.language is None and language in LANGUAGES:
        own.language = language


def choose(language: str) -> None:
    """Speak this language from now on, in this visit and in its links."""
    own = visitor.session()
    own.language, own.view = language, replace(own.view, lang=language)
    own.address.outdated = True
    own.lead_instrument()


def switch() -> None:
    """One button for each language that is not on."""
    for code, name in LANGUAGES.items():
        if code != current():
            st.button(name, key=f"language_{code}", type="tertiary", on_click=choose, args=(code,))
