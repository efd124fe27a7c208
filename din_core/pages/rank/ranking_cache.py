"""The catalogue as each model reads it, and the visitor's last ranking of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from din_core.domain import History, Item, Scenario
from din_core.pages.app.startup import App
from din_core.pages.session.visitor import session

if TYPE_CHECKING:
    from din_core.scoring import Catalogue, Ranking, Scorer

RANKING = "ranking"


@st.cache_resource(show_spinner=False, max_entries=4)
def catalogue(fingerprint: str, _scorer: Scorer, _items: tuple[Item, ...], url: str, total: int) -> Catalogue:
    """All items as one model reads them, for all sessions."""
    from din_core.scoring import Catalogue

    return Catalogue(_scorer, _items)


def ranking(app: App, items: tuple[Item, ...], names: Sequence[str], history: History, scenario: Scenario) -> Ranking:
    """The catalogue ranked by these models; begun anew when a row it depends on is another."""
    from din_core.scoring import Ranking

    shown = tuple(sorted(scenario.context.items()))
    key = (tuple(names), len(items), history.user, history.as_of, history.behaviors, shown)
    kept: Ranking | None = session().results.get(RANKING, key)
    if kept is None:
        forget_ranking()
        scorers = [app.scorers[name] for name in names]
        made = [catalogue(s.fingerprint, s, items, app.store.url, len(items)) for s in scorers]
        kept = Ranking(made, history, scenario.context)
        session().results.keep(RANKING, key, kept)
        kept.start()
    return kept


def is_kept(ranking: Ranking) -> bool:
    """Whether this is the last ranking."""
    return session().results.found.get(RANKING, (None, None))[1] is ranking


def forget_ranking() -> None:
    """Stop and forget the last ranking."""
    _, last = session().results.found.pop(RANKING, (None, None))
    if last is not None:
        last.stop()
