"""What the address bar says becomes the session's choice, and every choice is written into the address bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlencode

import streamlit as st

from din_core.domain import Scenario
from din_core.domain.edits import items_needed
from din_core.pages.app.startup import App
from din_core.pages.places.places import mode_at
from din_core.pages.session.caches import current_app
from din_core.pages.session.choices import to_candidate, to_impression, to_model, to_user
from din_core.pages.session.script_run import is_history_navigation
from din_core.pages.session.short_links import read_address, shortened
from din_core.pages.session.visitor import session
from din_core.sharing import Link, View, encode, parse, resolve
from din_core.sharing.history_mark import HISTORY, HistoryMark, mark_of
from din_core.sharing.links import CHOICES
from din_core.sharing.page_choices import CODECS, read, write
from din_core.sharing.user_set import PARAMETER, PATHS, read_set, write_set

PageChoice = TypeVar("PageChoice")


def follow_address(app: App, page: str) -> None:
    """Take over what the address bar says of a page when it says something new: at the start, and after Back."""
    own = session()
    address = own.address
    raw, unopened = read_address()
    if raw == address.query:
        address.earlier.clear()
    elif not address.outdated and (is_history_navigation() or raw not in address.earlier):
        link, unread = parse(raw)
        found = resolve(link, app.store, app.setting)
        own.view, address.query = link.view, raw
        set_scenario(found.scenario)
        own.language = link.view.lang  # None: what the browser asks for, as at a reload
        address.mark = mark_in(link)
        own.problems = (*unopened, *unread, *take_page_choices(raw), *take_user_set(raw, page), *found.problems)
        own.lead_instrument()
    address.outdated = False


def set_scenario(scenario: Scenario | None) -> None:
    """Put a scenario on screen; what was asked of another one goes with that."""
    own = session()
    if scenario != own.scenario:
        forget_questions()
    own.scenario = scenario


def forget_questions() -> None:
    """Let nothing be asked of the scenario on screen."""
    for kind, codec in CODECS.items():
        if codec.of_one_scenario:
            session().page_choices.pop(kind, None)


def mark_in(link: Link) -> tuple[str, int, HistoryMark] | None:
    """What a link says of the history of its user at its time."""
    if link.history is None or link.user_id is None or link.as_of is None:
        return None
    return link.user_id, link.as_of, link.history


def take_page_choices(raw: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Take over what an address says of the pages' own choices; a sentence for each that cannot be read."""
    problems: tuple[str, ...] = ()
    forget_questions()  # an address says all of them, or none are asked
    for kind in CODECS:
        found, unclear = read(kind, raw)
        if found is not None:
            session().page_choices[kind] = found
        problems += unclear
    return problems


def take_user_set(raw: Mapping[str, Sequence[str]], page: str) -> tuple[str, ...]:
    """Take over the set of users that an address says, and that it says none on a page whose address says one."""
    if PARAMETER not in raw and mode_at(page).path not in PATHS:
        return ()
    session().user_set, problems = read_set(raw)
    return problems


def write_address() -> None:
    """Put the whole scenario into the address bar."""
    own = session()
    if own.scenario is None:
        return
    wanted, address = query(), own.address
    raw = {name: [v] if isinstance(v, str) else v for name, v in wanted.items()}
    if address.query is not None and address.query != raw:
        address.earlier.append(address.query)
    address.query = raw
    written = shortened(raw)
    # A request may have been sent before what was written last arrived: the browser then shows that, not what it said.
    if address.earlier or written != {name: st.query_params.get_all(name) for name in st.query_params}:
        st.query_params.from_dict(written)


def query(
    page: str | None = None, scenario: Scenario | None = None, view: View | None = None, choice: object | None = None
) -> dict[str, str | list[str]]:
    """The address that a page (by its path) writes for a scenario, a view and a choice on it.

    None stands for what is on screen.

    A link that held anything else would be written anew where it leads, and Back would lead to the link. That is why
    what was said of a history is said on, as long as it is on screen.
    """
    own = session()
    scenario = scenario or own.scenario
    if scenario is None:
        return dict(own.address.query or {})
    shown = own.view if view is None else replace(view, lang=own.view.lang)
    there = own.address.page if page is None else page
    chosen = page_query(there, scenario) if choice is None else write(choice)
    return {**encode(scenario, shown), **opened_mark(scenario), **chosen, **set_query(there)}


def opened_mark(scenario: Scenario) -> dict[str, str]:
    """What the link that was opened says of this scenario's history, as a parameter; nothing where it says none."""
    mark = mark_on_screen(scenario)
    return {} if mark is None else {HISTORY: str(mark)}


def mark_on_screen(scenario: Scenario) -> HistoryMark | None:
    """What the link that was opened says of this scenario's history."""
    mark = session().address.mark
    return mark[2] if mark is not None and mark[:2] == (scenario.user_id, scenario.as_of) else None


def current_mark(app: App, user_id: str, as_of: int) -> dict[str, str]:
    """What a link that is made now says of this history, as a parameter."""
    return {HISTORY: str(mark_of(app.store.history(user_id, as_of).behaviors))}


def short_link() -> str:
    """Where the page on screen stands, relative to the app, without what is as it is by default."""
    own = session()
    kind = page_kind(own.address.page)
    usual = {**{name: getattr(View(), name) for name in CHOICES}, **(write(kind()) if kind else {})}
    told = {name: value for name, value in query().items() if usual.get(name, "") != value}
    path = "" if own.address.page is None else mode_at(own.address.page).path
    return f"{path}?{urlencode(told, doseq=True, safe=':,@~')}"


def page_query(page: str | None, scenario: Scenario | None) -> Mapping[str, str | list[str]]:
    """What that page shows beyond this scenario."""
    kind = page_kind(page)
    if kind is None or (CODECS[kind].of_one_scenario and scenario != session().scenario):
        return {}
    return write(page_choice(kind))


def questions_on_screen() -> dict[str, str] | None:
    """What the page on screen asks of its scenario alone, as query strings: `query`, asked `of` that scenario.

    None where it asks nothing. An instrument that has moved on says in its links what it shows, and not what is asked.
    """
    own = session()
    kind = page_kind(own.address.page)
    if (
        own.scenario is None
        or kind is None
        or not CODECS[kind].of_one_scenario
        or not (asked := write(page_choice(kind)))
    ):
        return None
    of = {name: value for name, value in encode(own.scenario).items() if name not in CHOICES}
    return {"query": urlencode(asked, doseq=True), "of": urlencode(of, doseq=True)}


def set_query(page: str | None) -> dict[str, str]:
    """The set of users, on a page that is restricted to it."""
    own = session().user_set
    return {PARAMETER: write_set(own)} if own and page is not None and mode_at(page).path in PATHS else {}


def page_kind(page: str | None) -> type[Any] | None:
    """The kind of choice that the page at a path shows; None where it has none."""
    path = None if page is None else mode_at(page).path
    return next((kind for kind, codec in CODECS.items() if codec.path == path), None)


def enter_page(page: str) -> None:
    """Take note of the page on screen; an instrument that stands on it anew must be led."""
    own = session()
    if own.address.page not in (None, page):
        own.lead_instrument()
    own.address.page = page


def show(scenario: Scenario | None, problems: tuple[str, ...] = ()) -> None:
    """Choose a scenario; the instrument follows."""
    own = session()
    before = own.scenario
    if scenario is None or before is None or (scenario.user_id, scenario.as_of) != (before.user_id, before.as_of):
        own.view = replace(own.view, part=None, only=(), behavior=None)  # of another history
    set_scenario(scenario)
    own.search_text.clear()
    record_choice(problems)
    own.lead_instrument()


def record_choice(problems: tuple[str, ...] = ()) -> None:
    """Something else is on screen from now on: the address bar is to follow."""
    own = session()
    own.problems, own.address.outdated = problems, True


def choose_user(user_id: str) -> None:
    """Another user."""
    choose(to_user(session().scenario, user_id, current_app().store))


def choose_impression(choice: str) -> None:
    """One of the user's impressions, as `choices.impression_id` names it."""
    now = session().scenario
    if now is not None:
        choose(to_impression(now, choice))


def choose_candidate(item_id: str) -> None:
    """Any candidate at the time on screen."""
    choose(to_candidate(session().scenario, item_id))


def choose(link: Link) -> None:
    """Show what a link says, with what it leaves open filled in."""
    app = current_app()
    found = resolve(link, app.store, app.setting)
    show(found.scenario, found.problems)


def instrument_moved(query_string: str) -> None:
    """The page's instrument went somewhere by itself: follow it there, without telling it what it knows."""
    own, app = session(), current_app()
    link, unread = parse(parse_qs(query_string, keep_blank_values=True))
    resolved = resolve(link, app.store, app.setting)
    if searched(resolved.scenario) != searched(own.scenario):
        own.search_text.clear()
    # An instrument that moved before it was led into another language still names the former one.
    own.view = replace(link.view, lang=own.view.lang)
    set_scenario(resolved.scenario)
    record_choice((*unread, *resolved.problems))
    own.follow_instrument()


def searched(scenario: Scenario | None) -> tuple[object, ...]:
    """What the search boxes show of a scenario."""
    if scenario is None:
        return ()
    return scenario.user_id, scenario.as_of, scenario.candidates, items_needed(scenario.edits)


def choose_model(place: int, checkpoint: str) -> None:
    """Put a model first (0) or second (1), as a link names it; where it is the other one, the two change places."""
    own = session()
    if own.scenario is None:
        return
    set_scenario(to_model(own.scenario, place, checkpoint))
    record_choice()


def choose_metric(metric: str) -> None:
    """Draw the leaderboard by this metric."""
    own = session()
    own.view = replace(own.view, metric=metric)
    own.address.outdated = True


def page_choice(kind: type[PageChoice]) -> PageChoice:
    """What a page shows beyond the scenario: the visitor's choice, or the default."""
    chosen: PageChoice = session().page_choices.get(kind) or kind()
    return chosen


def choose_on_page(choice: Any) -> None:
    """What its page shows from now on."""
    session().page_choices[type(choice)] = choice
    record_choice()
