"""Impressions that `faithfulness` measured, behind each figure: where it is least, middling and most."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import streamlit as st

from din_core.domain import Candidate, Scenario, UnknownItem, UnknownUser
from din_core.domain.trust import ExampleImpression, Faithfulness
from din_core.pages.app.startup import App
from din_core.pages.inspect import page as inspect_page
from din_core.pages.inspect.inspection import shown_at
from din_core.pages.language.labels import percent
from din_core.pages.language.translate import T, current, t
from din_core.pages.trust.examples import ExampleLink, with_users
from din_core.pages.trust.figures import Question
from din_core.pages.trust.texts import tau
from din_core.pages.two_models import page as two_models_page
from din_core.pages.user_sets.set_bar import users_of_set
from din_core.sharing import View

NAMES: dict[Question, str] = {
    "order": "tau",
    "found": "covered",
    "sign": "same_sign",
    "seeds": "tau_weights",
    "elsewhere": "moved",
}
"""How `Faithfulness.examples` calls them."""
LEAD = T("Impressions of the sample among those where it is least, middling and most:")
THIRDS = (T("least"), T("middling"), T("most"))
"""Of what a file names, which rises."""
NOT_IN_STORE = T("Of those where it is {thirds}, this store holds none.")
NOT_IN_SET = T("Of those where it is {thirds}, none is of these users.")

Told = tuple[str, float, str, Scenario]
"""Which third it is of, a figure's value in it, the candidate's title, and the scenario, of no model yet."""


def sampled_examples(
    app: App, question: Question, measured: Faithfulness, models: Sequence[str], now: View
) -> tuple[list[ExampleLink], str]:
    """Those of a question that the store at hand holds, and a sentence on the thirds of which it holds none; `models`
    are links, two for the question of seeds.
    """
    users = users_of_set()
    impressions = measured.examples.get(NAMES.get(question, ""), ())
    key = (app.store.url, measured.fingerprints[0], measured.measured_at, question, users)
    page = two_models_page.page() if question == "seeds" else inspect_page.page()
    view = replace(now, fold="behavior", part=None, type=None, only=(), behavior=None)
    if question in ("order", "found", "sign"):
        view = replace(view, method="effect", sort="-effect")
    told = told_impressions(app, impressions, users, key, current())
    titles = with_users(app, [title for _, _, title, _ in told], [scenario for *_, scenario in told])
    links = [
        ExampleLink(
            t("{third}: {value} — {title}", third=t(third), value=value_of(question, value), title=title),
            page,
            replace(scenario, checkpoints=tuple(models)),
            view,
        )
        for (third, value, _, scenario), title in zip(told, titles, strict=True)
    ]
    return links, missing_thirds([third for third, *_ in told], users is not None)


def missing_thirds(told: Sequence[str], of_set: bool) -> str:
    """Which one or two of the thirds have no example here, and why; nothing where all do, or none does."""
    missing = [t(third) for third in THIRDS if third not in told]
    if len(missing) in (0, len(THIRDS)):
        return ""
    named = missing[0] if len(missing) == 1 else t("{first} and {second}", first=missing[0], second=missing[1])
    return t(NOT_IN_SET if of_set else NOT_IN_STORE, thirds=named)


def value_of(question: Question, value: float) -> str:
    """As the figure is written; of what the largest weights find, as a share of what any as many can."""
    if question == "found":
        return t("{share} of the most possible", share=percent(value))
    return f"τ {tau(value)}" if question in ("order", "seeds") else percent(value)


@st.cache_resource(show_spinner=False, max_entries=64)
def told_impressions(
    _app: App,
    _impressions: Sequence[ExampleImpression],
    _users: Collection[str] | None,
    key: tuple[object, ...],
    language: str,
) -> tuple[Told, ...]:
    """One of each third, as far as the store holds one of these users; `key` is that of store, file and question."""
    told = []
    for place, third in enumerate(THIRDS):
        first, end = (len(_impressions) * one // len(THIRDS) for one in (place, place + 1))
        best = first + place * (end - 1 - first) / (len(THIRDS) - 1)
        near = sorted(range(first, end), key=lambda at: abs(at - best))
        wanted = (_impressions[at] for at in near if _users is None or _impressions[at].user_id in _users)
        found = next((found for one in wanted if (found := told_impression(_app, one)) is not None), None)
        if found is not None:
            told.append((third, *found))
    return tuple(told)


def told_impression(app: App, one: ExampleImpression) -> tuple[float, str, Scenario] | None:
    """One in its own context; None where the store lacks it."""
    candidate = Candidate(one.item_id, one.nth)
    try:
        case = shown_at(app.store.impressions(one.user_id), one.timestamp).get(candidate)
    except (UnknownUser, UnknownItem):
        return None
    if case is None:
        return None
    context = {name: case.context.get(name) for name in app.setting.context_fields}
    return one.value, case.title, Scenario(one.user_id, one.timestamp, (), ()).with_candidates([candidate], context)
