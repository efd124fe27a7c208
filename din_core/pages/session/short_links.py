"""Short links (`s=` in an address): what stands under their slugs in the database of what is shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

import streamlit as st

from din_core.domain import DinLensError
from din_core.pages.session import caches
from din_core.pages.session.visitor import ShortLink, session
from din_core.sharing import sentence

PARAMETER = "s"

Query = dict[str, list[str]]


def read_address() -> tuple[Query, tuple[str, ...]]:
    """The query parameters of the address bar, of a short link those that it stands for.

    Where it stands for nothing there are none, and a sentence says why. A visit counts as one opening.
    """
    raw = {name: st.query_params.get_all(name) for name in st.query_params}
    slug = slug_of(raw)
    if slug is None:
        return raw, ()
    own = session().address
    if own.short is None or own.short.slug != slug:
        try:
            own.short = ShortLink(slug, parse_qs(caches.shares().open(slug, "link").query, keep_blank_values=True))
        except DinLensError as error:
            return {}, (sentence(error),)
    return dict(own.short.query), ()


def slug_of(raw: Mapping[str, Sequence[str]]) -> str | None:
    """The slug of a short link; None for any other address."""
    return next(iter(raw.get(PARAMETER, ())), None)


def shortened(raw: Query) -> Query:
    """How the address bar says it: by the short link that was opened, as long as nothing else was chosen."""
    short = session().address.short
    return {PARAMETER: [short.slug]} if short is not None and short.query == raw else raw
