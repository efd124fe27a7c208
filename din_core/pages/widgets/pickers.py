"""The search boxes of a page: users, one user's impressions, items; and what the page reads for its scenario."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from din_core.domain import (
    Candidate,
    DinLensError,
    History,
    Impression,
    Item,
    Scenario,
    StoreFailure,
    UnknownItem,
    UnknownUser,
    User,
)
from din_core.pages.app.startup import App
from din_core.pages.language.labels import Words, day, distinctions, item_detail, moment, words_for
from din_core.pages.language.translate import t
from din_core.pages.session import address, caches, visitor
from din_core.pages.session.choices import impression_id
from din_core.pages.widgets.folding_bar import folding_bar
from din_core.pages.widgets.frame import report
from din_core.pages.widgets.search_box.search_box import Found, Option, search_box
from din_core.sharing import sentence
from din_core.store import BehaviorStore
from din_core.store.queries.folding import plain

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

MOST = 30
"""Matches listed at once."""

Made = TypeVar("Made")


def read_on_screen(
    read: Callable[[BehaviorStore, Scenario, Sequence[Impression]], Made],
) -> tuple[Sequence[Impression], Made | None]:
    """The impressions of the user on screen, and what `read` makes of them.

    Without a scenario there are none. What the store no longer holds is told among the session's problems.
    """
    app, own = caches.current_app(), visitor.session()
    impressions: list[Impression] = []
    if own.scenario is None:
        return impressions, None
    try:
        impressions = app.store.impressions(own.scenario.user_id)
        return impressions, read(app.store, own.scenario, impressions)
    except StoreFailure:
        raise
    except DinLensError as error:
        own.problems = (*own.problems, sentence(error))
        return impressions, None


def scenario_boxes(read: Callable[[BehaviorStore, Scenario, Sequence[Impression]], Made]) -> Made | None:
    """The boxes of user, impression and candidate, and below them the problems; what `read` makes of the scenario.

    None without a scenario, or where the store no longer holds what it names.
    """
    app, own = caches.current_app(), visitor.session()
    impressions, made = read_on_screen(read)
    with user_and_impression(impressions):
        candidate_box(app, own.scenario)
    report(own.problems)
    return made


def history_on_screen(title: str, missing: str) -> tuple[Sequence[Impression], Scenario, History] | None:
    """The boxes of user and time, the problems and the page's heading; what the page is about.

    Without a scenario, or where the store no longer holds what it names, None, and the page says what is `missing`.
    """
    own = visitor.session()
    impressions, history = read_on_screen(lambda store, scenario, _: store.history(scenario.user_id, scenario.as_of))
    user_and_time(impressions)
    report(own.problems)
    st.header(title, anchor=False)
    if own.scenario is None or history is None:
        st.markdown(missing)
        return None
    return impressions, own.scenario, history


def user_and_impression(impressions: Sequence[Impression]) -> DeltaGenerator:
    """The boxes of the user and the impression on screen; returns the place for the candidate beside them."""
    user, shown, candidate = bar(impressions).columns([5, 6, 5])
    boxes_of_user(user, shown, impressions)
    tell_future(impressions)
    return candidate


def user_and_time(impressions: Sequence[Impression]) -> None:
    """The same without a place for the candidate."""
    boxes_of_user(*bar(impressions, with_candidate=False).columns(2), impressions)
    tell_future(impressions)


def tell_future(impressions: Sequence[Impression]) -> None:
    """A sentence where the scenario is of a time after all that the store holds."""
    scenario, last = visitor.session().scenario, caches.current_app().summary.last_timestamp
    if scenario is None or last is None or scenario.as_of <= last + 1:  # which is the time of a user never shown any
        return
    if not any(one.timestamp == scenario.as_of for one in impressions):
        text = t(
            "As of {time}, after the store's last behavior on {last}: what happened between is missing here, and no "
            "outcome is known.",
            time=moment(scenario.as_of),
            last=day(last),
        )
        st.caption(text)


def boxes_of_user(user: DeltaGenerator, shown: DeltaGenerator, impressions: Sequence[Impression]) -> None:
    """The boxes of the user and the impression on screen."""
    app, scenario = caches.current_app(), visitor.session().scenario
    words = words_for(app.summary)
    with user:
        user_box(app, words, scenario)
    with shown:
        impression_box(words, scenario, impressions)


def bar(impressions: Sequence[Impression], with_candidate: bool = True) -> DeltaGenerator:
    """The room of the boxes, which fold on a phone: `Household 7 · 20 Nov 2017 · Stout · 12 oz`."""
    app, scenario = caches.current_app(), visitor.session().scenario
    if scenario is None:
        return folding_bar("")
    parts = [f"{words_for(app.summary).person} {scenario.user_id}", day(scenario.as_of)]
    if with_candidate:
        parts.append(candidate_label(app, scenario.candidate_ids[0], impressions))
    return folding_bar(" · ".join(parts))


def candidate_label(app: App, item_id: str, impressions: Sequence[Impression]) -> str:
    """What an item is called: as the impressions at hand have it, else as the store does; its id where it is gone."""
    shown = next((one.item for one in impressions if one.item.item_id == item_id), None)
    try:
        return (shown or app.store.item(item_id)).label
    except UnknownItem:
        return item_id


def user_box(app: App, words: Words, scenario: Scenario | None) -> None:
    """The user on screen."""
    try:
        selected = app.store.user(scenario.user_id) if scenario else None
    except UnknownUser:
        selected = None
    search_users(app, "user", words.person, selected, address.choose_user)


def impression_box(words: Words, scenario: Scenario | None, impressions: Sequence[Impression]) -> None:
    """Search among the impressions of the user on screen: first those of the time on screen, then the newest."""
    if scenario is not None:
        as_of = scenario.as_of
        impressions = sorted(impressions, key=lambda impression: impression.timestamp != as_of)
    distinction = dict(zip(map(_named, impressions), distinctions(impressions), strict=True))

    def option(impression: Impression) -> Option:
        name = _named(impression)
        return Option(impression_id(*name), words.impression_label(impression, distinction[name]))

    def search(text: str) -> Found:
        options, sought = [option(impression) for impression in impressions], plain(text).split()
        labels = [plain(o.label) for o in options]
        matches = [o for o, label in zip(options, labels, strict=True) if all(word in label for word in sought)]
        return Found(matches[:MOST], len(matches))

    on_screen = (
        option(impression)
        for impression in impressions
        if scenario is not None and _named(impression) == (scenario.as_of, scenario.candidates[0])
    )
    search_box(
        "impression",
        words.shown,
        noun=t("impressions"),
        placeholder=t("Search by date, title or outcome"),
        selected=next(on_screen, None),
        typed=visitor.session().search_text,
        search=search,
        on_pick=address.choose_impression,
    )


def _named(impression: Impression) -> tuple[int, Candidate]:
    """What tells it from the user's other impressions."""
    return impression.timestamp, impression.candidate


def candidate_box(app: App, scenario: Scenario | None) -> None:
    """The candidate on screen."""
    try:
        selected = item_option(app.store.item(scenario.candidate_ids[0])) if scenario else None
    except UnknownItem:
        selected = None
    search_items(app, "candidate", t("Candidate: any item of the catalogue"), selected, address.choose_candidate)


def search_users(app: App, key: str, label: str, selected: User | None, on_pick: Callable[[str], None]) -> None:
    """Search among all users."""
    words = words_for(app.summary)

    def option(user: User) -> Option:
        return Option(user.user_id, words.user_label(user))

    def find(text: str) -> Found:
        page = app.store.search_users(text, MOST)
        return Found([option(user) for user in page.matches], page.total)

    def search(text: str) -> Found:
        found = find(text)
        return found if found.total else corrected(find, bare_user(words, text), app.store.corrected_user_text)

    search_box(
        key,
        label,
        noun=words.people,
        placeholder=t("Search by id or profile"),
        selected=None if selected is None else option(selected),
        typed=visitor.session().search_text,
        search=search,
        on_pick=on_pick,
    )


def search_items(app: App, key: str, label: str, selected: Option | None, on_pick: Callable[[str], None]) -> None:
    """Search the whole catalogue."""

    def find(text: str) -> Found:
        page = app.store.search_items(text, MOST)
        return Found(item_options(page.matches), page.total)

    def search(text: str) -> Found:
        return corrected(find, text, app.store.corrected_item_text)

    search_box(
        key,
        label,
        noun=t("items"),
        placeholder=t("Search by words or id"),
        selected=selected,
        typed=visitor.session().search_text,
        search=search,
        on_pick=on_pick,
    )


def corrected(find: Callable[[str], Found], text: str, correct: Callable[[str], str | None]) -> Found:
    """What is found for the text; where that is nothing, for the one that may have been meant."""
    found = find(text)
    instead = None if found.total else correct(text)
    return found if instead is None else replace(find(instead), instead=instead)


def bare_user(words: Words, text: str) -> str:
    """A user as `Words.user_label` calls them, as the store knows them: `Household 7 · 45-54` as `7 45-54`."""
    bare, called = text.strip(), words.person.casefold()
    if bare.casefold().startswith(called) and len(bare) > len(called):
        bare = bare[len(called) :]
    return bare.replace(" · ", " ").strip()


def item_option(item: Item) -> Option:
    """How an item is listed."""
    return Option(item.item_id, item.label, item_detail(item))


def item_options(items: Sequence[Item]) -> list[Option]:
    """How the items of one list are listed: of those alike in all that is said of them, each with its id."""
    options = [item_option(item) for item in items]
    alike = Counter((option.label, option.note) for option in options)
    return [
        option
        if alike[option.label, option.note] == 1
        else replace(option, note=" · ".join(filter(None, [option.note, t("item {id}", id=option.id)])))
        for option in options
    ]
