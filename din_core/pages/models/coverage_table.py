"""How much of the store each model knows, as a table of texts."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from din_core.domain.coverage import FieldCoverage, Share, VocabularyCoverage
from din_core.pages.app.startup import App
from din_core.pages.language.labels import field_label, percent
from din_core.pages.language.translate import T, t
from din_core.pages.widgets.frame import literal
from din_core.pages.widgets.text_tables import show_table

MEANING = T(
    "A model knows an item, or a value of a field, that training saw often enough to give it an embedding row of its "
    "own. All others share one row for each field: such an item is scored by what is known of its fields, and two that "
    "share them get the same score. Behaviors and impressions: those of known items. Counted when the app started."
)


def show_coverage(app: App) -> None:
    """The table, and what it means."""
    if app.coverage:
        st.header(t("What the models know of this store"), anchor=False)
        show_table(coverage_table(app))
        st.caption(t(MEANING))


def coverage_table(app: App) -> pd.DataFrame:
    """One row a model."""
    return pd.DataFrame(
        [
            {
                t("Model"): literal(app.models[name].name),
                t("Items"): of_whole(found.items),
                t("Behaviors"): share_text(found.behaviors),
                t("Impressions"): share_text(found.impressions),
                t("Values of fields that it does not all know"): literal(partly_known(found)),
            }
            for name, found in app.coverage.items()
        ]
    )


def partly_known(found: VocabularyCoverage) -> str:
    """Each field of which the store holds unknown values, or that it lacks."""
    named = [field for field in found.fields if field.values is None or field.values.part < field.values.whole]
    return "; ".join(map(field_words, named)) or "–"


def field_words(field: FieldCoverage) -> str:
    """`Manufacturer 3,000 of 3,371`."""
    name = field_label(field.name)
    if field.values is None:
        return t("{field}: not in the store", field=name)
    return t("{field} {part:,} of {whole:,}", field=name, part=field.values.part, whole=field.values.whole)


def of_whole(share: Share) -> str:
    """`31,640 of 52,206 (60.6 %)`."""
    return t("{part:,} of {whole:,} ({percent})", part=share.part, whole=share.whole, percent=share_text(share))


def share_text(share: Share | None) -> str:
    """`60.6 %`; a dash where it was not counted."""
    return percent(share.value if share is not None and share.whole else None)
