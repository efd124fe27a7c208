"""The three search boxes of a page: a user, one of the user's impressions, any candidate."""

from __future__ import annotations

from collections.abc import Sequence

from din_core.domain import Impression, Item, Scenario, UnknownItem, UnknownUser, User
from din_core.pages import state
from din_core.pages.components.search_box import Found, Option, search_box
from din_core.pages.language import t
from din_core.pages.startup import App
from din_core.pages.words import Words, item_detail

MOST = 30
"""Matches listed at once."""


def user_box(app: App, words: Words, scenario: Scenario | None) -> None:
    """Search among all users."""

    def option(user: User) -> Option:
        return Option(user.user_id, words.user_label(user))

    def search(text: str) -> Found:
        page = app.store.search_users(text, MOST)
        return Found([option(user) for user in page.matches], page.total)

    try:
        selected = option(app.store.user(scenario.user_id)) if scenario else None
    except UnknownUser:
        selected = None
    search_box(
        "user",
        words.person,
        noun=words.people,
        placeholder=t("Search by id or profile"),
        selected=selected,
        typed=state.session().typed,
        search=search,
        on_pick=state.choose_user,
    )


def impression_box(words: Words, scenario: Scenario | None, impressions: Sequence[Impression]) -> None:
    """Search among the impressions of the user on screen."""

    def option(impression: Impression) -> Option:
        return Option(f"{impression.timestamp} {impression.item.item_id}", words.impression_label(impression))

    def search(text: str) -> Found:
        options = [option(impression) for impression in impressions]
        matches = [o for o in options if all(word in o.label.casefold() for word in text.casefold().split())]
        return Found(matches[:MOST], len(matches))

    def pick(choice: str) -> None:
        as_of, _, item_id = choice.partition(" ")
        state.choose_impression(int(as_of), item_id)

    on_screen = (
        option(impression)
        for impression in impressions
        if scenario is not None
        and (impression.timestamp, impression.item.item_id) == (scenario.as_of, scenario.candidate_ids[0])
    )
    search_box(
        "impression",
        words.shown,
        noun=t("impressions"),
        placeholder=t("Search by date, title or outcome"),
        selected=next(on_screen, None),
        typed=state.session().typed,
        search=search,
        on_pick=pick,
    )


def candidate_box(app: App, scenario: Scenario | None) -> None:
    """Search the whole catalogue for a candidate."""

    def option(item: Item) -> Option:
        return Option(item.item_id, item.label, item_detail(item))

    def search(text: str) -> Found:
        page = app.store.search_items(text, MOST)
        return Found([option(item) for item in page.matches], page.total)

    try:
        selected = option(app.store.item(scenario.candidate_ids[0])) if scenario else None
    except UnknownItem:
        selected = None
    search_box(
        "candidate",
        t("Candidate: any item of the catalogue"),
        noun=t("items"),
        placeholder=t("Search by words or id"),
        selected=selected,
        typed=state.session().typed,
        search=search,
        on_pick=state.choose_candidate,
    )
