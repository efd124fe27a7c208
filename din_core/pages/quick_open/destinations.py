"""What a typed text may mean: pages, models, users and items, each with the link that leads there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from din_core.domain import Scenario
from din_core.pages.app.startup import App
from din_core.pages.language.labels import item_detail, words_for
from din_core.pages.language.translate import T, t
from din_core.pages.places.places import INSPECT, MODES, Mode, place_of
from din_core.pages.session import address
from din_core.pages.session.choices import to_model
from din_core.store.queries.folding import plain

MOST = 6
"""So many users, and so many items, are listed."""
KEPT = ("v", "models", "lang")
"""Of the address on screen, what a link to another user keeps; what else there is follows from the user."""
KINDS = {"page": T("Page"), "model": T("Model"), "item": T("Item")}


@dataclass(frozen=True, slots=True)
class Destination:
    """One thing to go to."""

    label: str
    kind: str
    """What it is, in a word or two."""
    href: str
    """Relative to the app."""
    note: str = ""


def destinations(app: App, text: str, scenario: Scenario | None) -> list[Destination]:
    """Pages and models that hold all words of the text, then the first users and items that the store finds by it.

    Without a text, all pages and models: people and items are too many to be of use unasked.
    """
    words = plain(text).split()
    listed = [one for one in (*pages(scenario), *models(app, scenario)) if holds(one, words)]
    return [*listed, *users(app, text), *items(app, text)] if words else listed


def holds(one: Destination, words: list[str]) -> bool:
    """Whether all words stand somewhere in what it is called."""
    name = plain(f"{one.label} {one.note} {one.kind}")
    return all(word in name for word in words)


def pages(scenario: Scenario | None) -> Iterator[Destination]:
    """Every page, with what is on screen on it."""
    for mode in MODES:
        place = place_of(mode)
        note = t(place.title) if place is not None and place.title != mode.title else ""
        yield Destination(t(mode.title), t(KINDS["page"]), link(mode, address.query(mode.path, scenario)), note)


def models(app: App, scenario: Scenario | None) -> Iterator[Destination]:
    """Every model, first on the scenario on screen."""
    if scenario is None:
        return
    for model in app.models.values():
        query = address.query(INSPECT.path, to_model(scenario, 0, model.link))
        yield Destination(model.name, t(KINDS["model"]), link(INSPECT, query))


def users(app: App, text: str) -> Iterator[Destination]:
    """The first users whom the store finds, each at the newest impression."""
    words, now = words_for(app.summary), address.query(INSPECT.path)
    kept = {name: value for name, value in now.items() if name in KEPT}
    for user in app.store.search_users(text, MOST).matches:
        yield Destination(words.user_label(user), words.person, link(INSPECT, {**kept, "user": user.user_id}))


def items(app: App, text: str) -> Iterator[Destination]:
    """The first items that the store finds, each as the candidate at the time on screen."""
    now = address.query(INSPECT.path)
    kept = {name: value for name, value in now.items() if name in (*KEPT, "user", "at")}
    found = app.store.search_items(text, MOST).matches
    named = Counter((item.label, item_detail(item)) for item in found)
    for item in found:
        detail = item_detail(item)
        note = detail if named[item.label, detail] == 1 else f"{detail} · {item.item_id}"  # which of those alike
        yield Destination(item.label, t(KINDS["item"]), link(INSPECT, {**kept, "item": item.item_id}), note)


def link(mode: Mode, query: Mapping[str, str | list[str]]) -> str:
    """Where a page stands with this on it."""
    return f"{mode.path}?{urlencode(query, doseq=True)}"
