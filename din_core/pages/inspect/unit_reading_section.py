"""What a behavior's type and time gap do to its activation weight, where the first model on screen reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from din_core.domain import DinLensError, Scenario, Scores, UnitReading
from din_core.figures import GapResponseLabels, gap_response_info, plot_gap_response
from din_core.pages.app.startup import App
from din_core.pages.language.labels import day, fixed, item_labels
from din_core.pages.language.model_texts import NOUNS, weight_kind
from din_core.pages.language.translate import t
from din_core.pages.session import caches
from din_core.pages.session.choices import candidate_key
from din_core.pages.widgets.charts import WEIGHTS_CAVEAT, export_caption, show_chart
from din_core.pages.widgets.frame import is_dark, literal, report
from din_core.pages.widgets.text_tables import show_table
from din_core.sharing import sentence
from din_core.sharing.values import iso

if TYPE_CHECKING:
    from din_core.scoring import Scorer

OFFERED = 30
"""Behaviors to choose from: those weighed most, by size."""


def reads_behaviors(app: App, scenario: Scenario) -> bool:
    """Whether the first model on screen reads types or gaps."""
    config = _scorer(app, scenario).config
    return config.reads_types or config.reads_gaps


def show_unit_reading(app: App, scenario: Scenario) -> None:
    """Choose a behavior: its weight, the parts of type and gap in it, and what it would be with others."""
    from din_core.explain import unit_reading

    scorer = _scorer(app, scenario)
    try:
        history = app.store.history(scenario.user_id, scenario.as_of)
        candidate = app.store.item(scenario.candidate_ids[0])
    except DinLensError as error:
        report([sentence(error)])
        return
    scores = scorer.score(history, [candidate], scenario.context)
    places = np.argsort(-np.abs(scores.weight[0]), kind="stable")[:OFFERED].tolist()
    if not places:
        st.caption(t("The history is empty: no behavior is weighed."))
        return
    place = st.selectbox(
        t("Behavior, those of the largest weights first"),
        places,
        format_func=dict(zip(places, behavior_labels(scores, places), strict=True)).__getitem__,
        key=f"read {scenario.user_id} {scenario.as_of} {candidate_key(scenario.candidates[0])} {scorer.fingerprint}",
    )
    reading = unit_reading(scorer, history, candidate, scenario.context, place)
    st.markdown(literal(parts_words(reading)))
    if reading.types:
        show_table(types_table(reading))
    if reading.ranges:
        _show_gaps(app, scenario, reading)
    st.caption(
        t(
            "Measured: the weight is computed again with another type or gap in the place of its own, and all else as "
            "it is. A weight is not an effect on the score."
        )
    )


def _scorer(app: App, scenario: Scenario) -> Scorer:
    return app.scorers[caches.models_on_screen(scenario)[0]]


def behavior_labels(scores: Scores, places: Sequence[int]) -> list[str]:
    """`Stout · 12 oz · buy · 13 Nov 2017 · 0.512` each, with the item's id where another of them has its name."""
    behaviors = [scores.behaviors[place] for place in places]
    names = item_labels(behavior.item for behavior in behaviors)
    return [
        " · ".join([*filter(None, (name, one.behavior_type, day(one.last_timestamp))), fixed(weight, 3)])
        for name, one, weight in zip(names, behaviors, scores.weight[0, [*places]], strict=True)
    ]


def parts_words(reading: UnitReading) -> str:
    """The weight as a sum, in a sentence."""
    neither = {
        (True, True): t("without a known type and in the shortest gap"),
        (True, False): t("without a known type"),
        (False, True): t("in the shortest gap"),
    }[bool(reading.types), bool(reading.ranges)]
    parts = [t("{value} {where}", value=fixed(reading.neither, 4), where=neither)]
    if reading.due_to_type is not None:
        parts.append(t("{value} by its type", value=fixed(reading.due_to_type, 4, "+")))
    if reading.due_to_gap is not None:
        parts.append(t("{value} by its time gap", value=fixed(reading.due_to_gap, 4, "+")))
    return t("Its weight is {weight}: {parts}.", weight=fixed(reading.weight, 4), parts=t(", ").join(parts))


def types_table(reading: UnitReading) -> pd.DataFrame:
    """The weight under each type; the behavior's own is marked."""
    own = reading.behavior.behavior_type
    known = own if own in dict(reading.types) else None
    names = [t("type unknown") if kind is None else kind for kind, _ in reading.types]
    marked = [
        f"{name} ← {t('as it is')}" if kind == known else name
        for name, (kind, _) in zip(names, reading.types, strict=True)
    ]
    return pd.DataFrame({t("Type"): marked, t("Weight"): [fixed(weight, 4) for _, weight in reading.types]})


def _show_gaps(app: App, scenario: Scenario, reading: UnitReading) -> None:
    info = gap_response_info(reading)
    labels = GapResponseLabels(
        gap=t("time gap between behavior and impression"),
        weight=t(NOUNS[weight_kind(_scorer(app, scenario).config)]),
        here=t("this behavior"),
        units=(t("1 minute"), t("1 hour"), t("1 day"), t("1 week"), t("1 month"), t("1 year")),
    )
    table = pd.DataFrame({"from_days": info.begin, "to_days": info.end, "weight": info.weight})
    user = app.store.history(scenario.user_id, scenario.as_of, 0).user
    model = caches.models_on_screen(scenario)[0]
    about = {
        "user": scenario.user_id,
        "as_of": iso(scenario.as_of),
        "candidate_id": scenario.candidate_ids[0],
        "item_id": reading.behavior.item.item_id,
        "model": app.models[model].name,
        "fingerprint": app.models[model].fingerprint,
    }
    show_chart(
        "gap_response",
        plot_gap_response(info, is_dark(), labels),
        title=t("Weight of this behavior over time gaps"),
        caption=export_caption(app, user, scenario, [model], reading.behavior.item, caveat=t(WEIGHTS_CAVEAT)),
        table=table,
        alt=t(
            "Weight of {title} over {n} ranges of the time gap, from {low} to {high}; at its own gap {own}.",
            title=reading.behavior.item.label,
            n=len(info.weight),
            low=fixed(min(info.weight), 3),
            high=fixed(max(info.weight), 3),
            own=fixed(info.weight[info.own], 3),
        ),
        about=about,
    )
