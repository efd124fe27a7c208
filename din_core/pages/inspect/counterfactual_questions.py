"""Two questions that a page may offer below a scenario: who decided otherwise, and what would have to be gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from din_core.domain import Counterfactual, DinLensError, FoldedBehavior, Impression, Scenario, StoreFailure
from din_core.pages.app.startup import App
from din_core.pages.language.labels import Words, field_label, fixed, item_labels, words_for
from din_core.pages.language.translate import T, join_sentences, t
from din_core.pages.session import address, caches, visitor
from din_core.pages.session.choices import candidate_key
from din_core.pages.widgets.frame import literal, report
from din_core.pages.widgets.record_table.columns import item_columns, number_column
from din_core.pages.widgets.record_table.record_table import Records, show_records
from din_core.sharing import sentence
from din_core.sharing.page_choices import InspectChoice
from din_core.store.queries.opposite_outcome import OppositeImpressions, opposite_impressions

if TYPE_CHECKING:
    from din_core.explain.nearest_opposite import ItemWeights, NearestOpposite

MOST = 24
"""Impressions compared: some tenths of a second."""
NAMED = 12
"""Behaviors of a counterfactual that are listed."""
REMOVAL, NEAREST = "across", "nearest"
"""The questions, as `InspectChoice` has them."""
WITHOUT_ONE = T("Without this one, the chance is {after} % instead of {now} %:")
WITHOUT = T("Without these {n}, the chance is {after} % instead of {now} %:")
SAME_VALUE = T(
    "Nobody else was shown this very item with that outcome; compared were {n} of {total:,} impressions of items with "
    "the same {kind}, those nearest in time."
)
COMMON_VALUE = T(
    "Nobody else was shown this very item with that outcome; compared were {n} of {total:,} impressions of items that "
    "share a value of {kind}, those nearest in time."
)
HOW = T(
    "Alike means: the behaviors that the model switches on for the candidate have the same items and kinds, in the "
    "same proportions of weight × count; the profile counts a little. Two people with alike histories may decide "
    "otherwise for reasons that no history holds."
)


def show_nearest(app: App, scenario: Scenario) -> None:
    """The real user with the nearest history and the opposite outcome, on demand. The scenario's edits do not count."""
    words = words_for(app.summary)
    try:
        impression = _impression(app, scenario)
        if impression is None:
            st.caption(t("Whose outcome was the opposite can be told only of an impression whose outcome is known."))
            return
        label = t("Find the nearest {person} with the opposite outcome", person=words.person.lower())
        st.button(label, key="find_nearest", icon=":material/group:", on_click=_ask, args=(NEAREST, True))
        if not address.page_choice(InspectChoice).nearest:
            return
        key = scenario, impression, app.store.state()
        found, nearest = visitor.session().results.answer(
            NEAREST, key, lambda: _nearest_among(app, scenario, impression)
        )
    except StoreFailure:
        raise
    except DinLensError as error:
        report([sentence(error)])
        return
    if nearest is None:
        st.markdown(
            t("No other {people} were shown this item, or one of its kind, with that outcome.", people=words.people)
        )
        return
    _show_found(app, scenario, words, found, nearest)


def _ask(question: str, value: Any) -> None:
    """Ask it, anew where it was asked before, and in the link too; what else is asked stays."""
    visitor.session().results.forget(question)
    address.choose_on_page(replace(address.page_choice(InspectChoice), **{question: value}))


def _nearest_among(
    app: App, scenario: Scenario, impression: Impression
) -> tuple[OppositeImpressions, NearestOpposite | None]:
    """Who was asked, and who of them is nearest."""
    found = opposite_impressions(app.store, impression, MOST)
    return found, find_nearest(app, scenario, impression, found)


def find_nearest(
    app: App, scenario: Scenario, impression: Impression, found: OppositeImpressions
) -> NearestOpposite | None:
    """By the first model on screen; None where nobody was found."""
    from din_core.explain.nearest_opposite import ImpressionWithHistory, nearest

    scorer = app.scorers[caches.models_on_screen(scenario)[0]]
    own, *others = (
        ImpressionWithHistory(one, app.store.history(one.user_id, one.timestamp))
        for one in (impression, *found.impressions)
    )
    return nearest(scorer, own, others)


def _impression(app: App, scenario: Scenario) -> Impression | None:
    """The scenario's own, where its outcome is known."""
    return next(
        (
            one
            for one in app.store.impressions(scenario.user_id)
            if (one.timestamp, one.candidate) == (scenario.as_of, scenario.candidates[0]) and one.label is not None
        ),
        None,
    )


def _show_found(
    app: App, scenario: Scenario, words: Words, found: OppositeImpressions, nearest: NearestOpposite
) -> None:
    other = nearest.seen.impression
    st.markdown(
        f"**{literal(words.user_label(nearest.seen.history.user))}** · {literal(words.impression_label(other))}"
    )
    model = app.models[caches.models_on_screen(scenario)[0]].name
    comparison = t(
        "{model} gives {own} % on screen and {other} % there. Distance {distance}, of 0 (the same) to 2.25.",
        model=model,
        own=f"{100 * nearest.own:.1f}",
        other=f"{100 * nearest.other:.1f}",
        distance=f"{nearest.distance:.2f}",
    )
    if nearest.same_profile:
        names = ", ".join(field_label(name).lower() for name in nearest.same_profile)
        comparison = join_sentences(comparison, t("The same in both profiles: {names}.", names=names))
    st.markdown(literal(comparison))
    _show_items("nearest_shared", t("**Behaviors of both**"), nearest.shared, scenario, other)
    _show_items("nearest_different", t("**Weight × count differs most**"), nearest.different, scenario, other)
    st.button(
        t("Open this scenario"),
        key="open_nearest",
        on_click=address.show,
        args=(_other_scenario(scenario, other),),
        icon=":material/arrow_forward:",
    )
    st.caption(join_sentences(literal(_compared(found)), t(HOW)))


def _compared(found: OppositeImpressions) -> str:
    """How many, of what, and whether that was all."""
    n = len(found.impressions)
    if found.field is not None:
        several = any(isinstance(one.item.fields.get(found.field), tuple) for one in found.impressions)
        kind = field_label(found.field).lower()
        return t(COMMON_VALUE if several else SAME_VALUE, n=n, total=found.total, kind=kind)
    if n == found.total:
        return t("Compared were impressions of this item with that outcome: all {n}.", n=n)
    return t(
        "Compared were {n} of {total:,} impressions of this item with that outcome, those nearest in time.",
        n=n,
        total=found.total,
    )


def _show_items(key: str, title: str, both: Sequence[ItemWeights], scenario: Scenario, other: Impression) -> None:
    st.markdown(title)
    if not both:
        st.caption(t("None."))
        return
    columns = [
        *item_columns(t("Behavior"), [b.item for b in both], name="behavior"),
        number_column("on_screen", t("On screen"), [b.own or None for b in both], _signed),
        number_column("there", t("There"), [b.other or None for b in both], _signed),
    ]
    about = {"user": scenario.user_id, "other_user": other.user_id, "candidate_id": scenario.candidate_ids[0]}
    show_records(
        key,
        Records(title.strip("*"), columns, len(both), about=about, file=(key, scenario.user_id, other.user_id)),
        InspectChoice,
    )


def _signed(value: float) -> str:
    return fixed(value, 2, "+")


def _other_scenario(scenario: Scenario, other: Impression) -> Scenario:
    there = replace(scenario, user_id=other.user_id, as_of=other.timestamp, edits=(), reference=0)
    return there.with_candidates([other.candidate], other.context)


def show_counterfactuals(app: App, scenario: Scenario) -> None:
    """The fewest behaviors whose removal takes the candidate across a probability that the visitor sets, on demand."""
    from din_core.explain import smallest_removal
    from din_core.scoring import rescorer_for

    try:
        history = app.store.history(scenario.user_id, scenario.as_of)
        candidate = app.store.item(scenario.candidate_ids[0])
    except StoreFailure:
        raise
    except DinLensError as error:
        report([sentence(error)])
        return
    scorer = app.scorers[caches.models_on_screen(scenario)[0]]
    rescorer = rescorer_for(scorer, history, candidate, scenario.context)
    now = float(_percent(rescorer.full))
    if not rescorer.behaviors:
        st.caption(t("The history is empty: nothing can be taken from it."))
        return
    asked = address.page_choice(InspectChoice).across
    # Another question is another slider: it stands where the link says.
    key = f"across {asked} {scenario.user_id} {scenario.as_of} {candidate_key(scenario.candidates[0])}"
    st.slider(
        t("Take the candidate across a chance of (%)"),
        min_value=1,
        max_value=99,
        value=asked or min(99, max(1, round(now / 2))),
        key=key,
    )
    st.button(
        t("Find the fewest behaviors to remove"),
        key="find_removal",
        icon=":material/playlist_remove:",
        on_click=lambda: _ask(REMOVAL, st.session_state[key]),
    )
    if asked is not None:
        threshold = float(np.log(asked / (100 - asked)))
        rows = scorer.fingerprint, history, candidate, scenario.context, asked
        found = visitor.session().results.answer(REMOVAL, rows, lambda: smallest_removal(rescorer, threshold=threshold))
        _show_removal(found, removal_names(rescorer.behaviors), asked, now)


def removal_names(behaviors: Sequence[FoldedBehavior]) -> list[str]:
    """What each behavior is called whose removal is told, with how often it goes: all its repeats go at once."""
    labels = item_labels(one.item for one in behaviors)
    return [
        label if one.count == 1 else t("{title} (all {n} times)", title=label, n=one.count)
        for label, one in zip(labels, behaviors, strict=True)
    ]


def _show_removal(found: Counterfactual, called: Sequence[str], goal: int, now: float) -> None:
    threshold = float(np.log(goal / (100 - goal)))
    after = _percent(found.after + threshold)
    if found.chosen is None:
        text = (
            t(
                "No removal takes it across {goal} %: every set was tried. The nearest is {after} %.",
                goal=goal,
                after=after,
            )
            if found.exact
            else t(
                "No removal was found that takes it across {goal} %; the nearest is {after} %. Every set of fewer than "
                "{n} was tried, beyond that only the best at each step.",
                goal=goal,
                after=after,
                n=found.at_least,
            )
        )
        st.markdown(literal(text))
        return
    names = [called[place] for place in found.chosen]
    without = WITHOUT_ONE if len(names) == 1 else WITHOUT
    st.markdown(literal(t(without, n=len(names), after=after, now=f"{now:.1f}")))
    st.markdown("\n".join(f"- {literal(name)}" for name in names[:NAMED]))
    if len(names) > NAMED:
        st.markdown(t("and {n} more", n=len(names) - NAMED))
    st.caption(
        t("Exact: every smaller set was tried, and none will do.")
        if found.exact
        else t(
            "Found by taking the best at each step: there may be a smaller set, but none of fewer than {n}.",
            n=found.at_least,
        )
    )


def _percent(logit: float) -> str:
    return f"{100 / (1 + np.exp(-logit)):.1f}"
