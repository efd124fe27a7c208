"""Any two models on the scenario on screen: what each predicts, and which behaviors each weighs most."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from din_core.domain import Scenario, Scores
from din_core.pages.app.startup import App
from din_core.pages.inspect import page as inspect_page
from din_core.pages.inspect.inspection import Case, Inputs, score
from din_core.pages.language.labels import chance, day, fixed, item_labels, moment, words_for
from din_core.pages.language.model_texts import ModelWords
from din_core.pages.language.translate import T, join_sentences, t
from din_core.pages.session import address, caches
from din_core.pages.widgets.frame import literal
from din_core.pages.widgets.text_tables import show_table

MOST = 8
"""Behaviors listed for each model."""
LABELS = (T("First model"), T("Second model"))


def show_side_by_side(app: App, scenario: Scenario, inputs: Inputs) -> None:
    """Two choices, two columns, and the way to Inspect."""
    place = inputs.place(scenario.candidates[0])
    case = inputs.cases[place]
    st.markdown(literal(scenario_words(app, inputs, case, scenario)))
    names = caches.models_on_screen(scenario)
    columns = st.columns(2, gap="large")
    for i, column in enumerate(columns):
        name = names[i] if i < len(names) else None
        with column:
            choose(app, i, name)
            if name is not None:
                show_model(app, app.models[name], score(inputs, app.scorers[name]).scores, place)
    inspect_page.link(t("Open in Inspect with these two"))


def scenario_words(app: App, inputs: Inputs, case: Case, scenario: Scenario) -> str:
    """Who, what and when."""
    words = words_for(app.summary)
    subject = t(
        "{user}: {item}, scored as of {moment}.",
        user=words.user_label(inputs.history.user),
        item=inputs.title(case),
        moment=moment(scenario.as_of),
    )
    if case.impression is None:
        return subject
    return join_sentences(subject, t("{outcome}.", outcome=words.outcome(case.impression.label)))


def choose(app: App, place: int, name: str | None, *, alone: bool = False) -> None:
    """The choice of one model; it is the scenario's own, so Inspect shows the same pair. `alone`: of no other."""
    key = f"model_{place}"
    st.session_state[key] = name
    st.selectbox(
        t("Model") if alone else t(LABELS[place]),
        list(app.models),
        format_func=lambda folder: app.models[folder].name,
        index=None if name is None else 0,  # a field that opens with a choice cannot be cleared
        placeholder=t("Choose a model"),
        key=key,
        on_change=chosen,
        args=(app, place, key),
    )


def chosen(app: App, place: int, key: str) -> None:
    """A model was chosen."""
    address.choose_model(place, app.models[st.session_state[key]].link)


def badges(model: ModelWords) -> str:
    """A model's options as Markdown."""
    return " ".join(f":gray-badge[{literal(badge)}]" for badge in model.badges)


def show_model(app: App, model: ModelWords, scores: Scores, place: int) -> None:
    """One model's score of the candidate and its strongest weights."""
    st.markdown(badges(model))
    probability = float(scores.probability[place])
    happened = words_for(app.summary).happened
    st.metric(
        t("Probability of {happened}", happened=happened),
        f"{100 * probability:.1f} %",
        help=f"{chance(probability)}; {model.pooling}",
    )
    says = t(
        "{chance}. Σw {intensity} over {n:,} behaviors.",
        chance=chance(probability).capitalize(),
        intensity=fixed(float(scores.intensity[place]), 2),
        n=sum(b.count for b in scores.behaviors),
    )
    st.caption(literal(join_sentences(says, strongest_words(model, scores, place))))
    if scores.behaviors:
        show_table(top_behaviors(scores, place))
    else:
        st.markdown(t("No behavior before that time."))


def strongest_words(model: ModelWords, scores: Scores, place: int) -> str:
    """What the table lists."""
    weight = scores.weight[place]
    if len(weight) > 1 and float(np.ptp(weight)) == 0:
        return t("All weigh the same; the newest:")
    return t("Highest weights ({kind}):", kind=model.weight)


def top_behaviors(scores: Scores, place: int, most: int = MOST) -> pd.DataFrame:
    """The behaviors of the highest weights, newest first among equals: title, when, repeats, weight."""
    weight = scores.weight[place]
    order = sorted(range(len(weight)), key=lambda i: (-float(weight[i]), -scores.behaviors[i].last_timestamp))
    order = order[:most]
    labels = item_labels(behavior.item for behavior in scores.behaviors)  # the same beside another model's behaviors
    return pd.DataFrame(
        [
            {
                t("Behavior"): literal(labels[i]),
                t("Last"): day(scores.behaviors[i].last_timestamp).replace(" ", "\N{NO-BREAK SPACE}"),
                t("Repeats"): str(scores.behaviors[i].count),
                t("Weight"): fixed(float(weight[i]), 4),
            }
            for i in order
        ]
    )
