"""Items that a model does not know: rare or absent in its training, so that they share one embedding row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st

from din_core.domain import Item
from din_core.pages.app.startup import App
from din_core.pages.language.labels import item_labels
from din_core.pages.language.translate import t
from din_core.pages.widgets.frame import literal
from din_core.pages.widgets.record_table.columns import RecordColumn

NAMED = 5
"""Items named of those that a model does not know."""


def unknown_to(app: App, names: Sequence[str], item: Item) -> str:
    """The titles of those of these models that do not know the item; empty where all do."""
    return ", ".join(app.models[name].name for name in names if not knows(app, name, item))


def knows(app: App, name: str, item: Item) -> bool:
    """Whether the item has an embedding row of its own in this model."""
    return app.scorers[name].checkpoint.vocabulary.knows(item)


def candidate_is_rare(app: App, names: Sequence[str], item: Item) -> str:
    """A sentence on a candidate that one of these models does not know; empty where all do."""
    unknown = unknown_to(app, names, item)
    return t("It is rare or new to {models}.", models=unknown) if unknown else ""


def rare_columns(app: App, names: Sequence[str], items: Sequence[Item | None]) -> list[RecordColumn]:
    """A column of the models that do not know each row's item, where there is any; None for no item."""
    unknown = [None if item is None else unknown_to(app, names, item) or None for item in items]
    return [RecordColumn("rare_to", t("Rare or new to"), unknown)] if any(unknown) else []


def first_names(items: Sequence[Item]) -> str:
    """The first of them by name, and how many more there are."""
    more = len(items) - NAMED
    return "; ".join([*item_labels(items[:NAMED]), *([t("{n:,} more", n=more)] if more > 0 else [])])


def rare_behaviors(app: App, names: Iterable[str], items: Iterable[Item]) -> None:
    """A line for each model that does not know all of these items: how many, and some by name."""
    distinct = list({item.item_id: item for item in items}.values())
    for name in names:
        unknown = [item for item in distinct if not knows(app, name, item)]
        if unknown:
            text = t(
                "Rare or new to {model}, which tells such items apart by their other fields alone: {n:,} of {all:,} "
                "different items in these histories ({names}).",
                all=len(distinct),
                n=len(unknown),
                model=literal(app.models[name].name),
                names=literal(first_names(unknown)),
            )
            st.caption(text)
