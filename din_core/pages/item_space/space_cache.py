"""Embeddings of the catalogue's items, their maps, and the visitor's last scores of the points on the map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from din_core.domain import History, Item
from din_core.domain.results import Floats
from din_core.pages.session.visitor import session

if TYPE_CHECKING:
    from din_core.pages.item_space.catalogue_space import CatalogueSpace
    from din_core.scoring import Scorer

SCORES = "scores of the item map"


@st.cache_resource(show_spinner=False, max_entries=4)
def catalogue_space(
    fingerprint: str,
    part: str | None,
    category: str | None,
    _scorer: Scorer,
    _items: tuple[Item, ...],
    url: str,
    n: int,
) -> CatalogueSpace:
    """The embeddings of `n` items as one model has them, for all sessions."""
    from din_core.pages.item_space.catalogue_space import catalogue_space as read_space

    return read_space(_scorer, _items, part, category)


@st.cache_resource(show_spinner=False, max_entries=8)
def near_map(
    fingerprint: str, part: str | None, points: tuple[int, ...], url: str, n: int, _facts: CatalogueSpace
) -> Floats:
    """(n points, 2): t-SNE of these embeddings."""
    from din_core.explain import tsne

    return tsne(_facts.space.unit[list(points)])


def space_scores(
    scorer: Scorer, items: tuple[Item, ...], history: History, context: Mapping[str, str | None]
) -> Floats:
    """Probabilities of the items of the points on screen; scored anew when a row they depend on is another."""
    from din_core.scoring import Catalogue

    ids = tuple(item.item_id for item in items)
    key = (scorer.fingerprint, ids, history.user, history.as_of, history.behaviors, tuple(sorted(context.items())))

    def score() -> Floats:
        logit = Catalogue(scorer, items).scoring(history, context).finish()
        found: Floats = 1 / (1 + np.exp(-logit.astype(np.float64)))
        return found

    return session().results.answer(SCORES, key, score)
