"""All state of the app: what all sessions share (cached), and what one session has chosen.

Nothing about a user's rows is kept across reruns except scores and texts, under a key that holds every row they
depend on: a new row in the store makes another key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from din_core.domain import History, Item, Scenario
from din_core.domain.edits import items_needed
from din_core.pages.comparison import Comparison
from din_core.pages.comparison import parse as parse_comparison
from din_core.pages.run import after_back
from din_core.pages.shelf import Shelf
from din_core.pages.startup import App, Startup, from_environment
from din_core.pages.trail import Known
from din_core.pages.ways import to_candidate, to_impression, to_model, to_user
from din_core.sharing import Link, View, encode, find_checkpoints, parse, resolve
from din_core.sharing.beside import WAYS, read, write

if TYPE_CHECKING:
    from din_core.domain.results import Floats
    from din_core.explain.cases import Cases
    from din_core.pages.quality import Quality
    from din_core.pages.space_facts import SpaceFacts
    from din_core.scoring import Catalogue, Ranking, Scorer
    from din_core.store import BehaviorStore, IngestReport, StoreFacts
    from din_core.store.ingestion.table_import import TablePreview

SESSION = "din_lens"
SHELF_ROOM = 24_000_000
"""Characters."""
CHANCES = 20_000
"""Probabilities of what-if states."""
SCORED_BEHAVIORS = 30_000
"""Over which what-if states are kept with their weights."""
COMPARE = "compare"
"""The path of the page whose address holds a comparison too."""


@st.cache_resource(show_spinner=False, max_entries=2)
def startup(store_url: str | None, checkpoints: str | None) -> Startup:
    """The start of the app for these settings; begun by the first who asks, shared by all."""
    return Startup(store_url, checkpoints)


def current_app() -> App:
    """The app, once the main script has waited for it."""
    found = startup(*from_environment()).wait(60)
    assert found is not None
    return found


Choice = TypeVar("Choice")


@dataclass
class Imports:
    """How far an import of one's own tables is. What was found of files is under a key that names these files."""

    source: str = "upload"
    """`upload`, or `folder` for files that lie on the server."""
    previews: tuple[object, list[TablePreview]] | None = None
    checked: tuple[object, IngestReport] | None = None
    written: IngestReport | None = None


@dataclass
class Session:
    """What one visitor has chosen."""

    scenario: Scenario | None = None
    view: View = field(default_factory=View)
    problems: tuple[str, ...] = ()
    chosen: bool = False
    """A choice was made on the page and is not yet in the address bar."""
    address: dict[str, list[str]] | None = None
    """The query parameters that `scenario` came from or was written to."""
    left: list[dict[str, list[str]]] = field(default_factory=list)
    """Addresses before that one, until the browser is seen to have it: a request may still bring an old one."""
    epoch: int = 0
    """Counts the choices that the lens must follow; those it made itself do not count."""
    shown: str | None = None
    """The candidate that the lens shows, or is to show."""
    typed: dict[str, str] = field(default_factory=dict)
    """Text typed into each search box since its last choice."""
    led_models: tuple[str, ...] = ()
    """The models that the lens shows, or is to show."""
    page: str | None = None
    """The page on screen, by its path."""
    language: str | None = None
    """The code of the language spoken; None until the first word."""
    ranking: tuple[object, Ranking] | None = None
    """The last ranking of the catalogue, under a key that holds every row it depends on."""
    comparison: Comparison = field(default_factory=Comparison)
    """What the Compare page shows beside the scenario."""
    beside: dict[type[Any], Any] = field(default_factory=dict)
    """What the other pages show beside the scenario, by kind of choice."""
    space_scores: tuple[object, Floats] | None = None
    """The last scores of the points on the map of items, under a key that holds every row they depend on."""
    imports: Imports = field(default_factory=Imports)
    answers: dict[str, tuple[object, Any]] = field(default_factory=dict)
    """Answers to questions about the scenario on screen, by question, each under the scenario it is of."""


AT_HAND: ContextVar[Session | None] = ContextVar("session_at_hand", default=None)


@contextmanager
def as_visitor(language: str) -> Iterator[None]:
    """What is done within is done for a visitor who speaks this, of whom nothing else is known."""
    mark = AT_HAND.set(Session(language=language))
    try:
        yield
    finally:
        AT_HAND.reset(mark)


@contextmanager
def undivided() -> Iterator[None]:
    """What is done within is done whole: Streamlit may stop a run wherever it reads the session's state."""
    mark = AT_HAND.set(session())
    try:
        yield
    finally:
        AT_HAND.reset(mark)


def session() -> Session:
    """This visitor's state."""
    at_hand = AT_HAND.get()
    if at_hand is not None:
        return at_hand
    if SESSION not in st.session_state:
        st.session_state[SESSION] = Session()
    found: Session = st.session_state[SESSION]
    return found


def follow_address(app: App) -> None:
    """Take over what the address bar says when it says something new: at the start, and after Back."""
    own = session()
    raw = {name: st.query_params.get_all(name) for name in st.query_params}
    if raw == own.address:
        own.left.clear()
    elif not own.chosen and (after_back() or raw not in own.left):
        link, unread = parse(raw)
        found = resolve(link, app.store, app.setting)
        own.scenario, own.view, own.address = found.scenario, link.view, raw
        compared, unclear = parse_comparison(raw)
        own.comparison = compared or own.comparison
        own.problems = (*unread, *unclear, *take_beside(raw), *found.problems)
        lead_lens(own)
    own.chosen = False


def take_beside(raw: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Take over what an address says of the pages' own choices; a sentence for each that cannot be read."""
    problems: tuple[str, ...] = ()
    for kind in WAYS:
        found, unclear = read(kind, raw)
        if found is not None:
            session().beside[kind] = found
        problems += unclear
    return problems


def write_address() -> None:
    """Put the whole scenario into the address bar."""
    own = session()
    if own.scenario is None:
        return
    wanted = query()
    address = {name: [v] if isinstance(v, str) else v for name, v in wanted.items()}
    if own.address is not None and own.address != address:
        own.left.append(own.address)
    own.address = address
    if address != {name: st.query_params.get_all(name) for name in st.query_params}:
        st.query_params.from_dict(wanted)


def query(page: str | None = None, scenario: Scenario | None = None) -> dict[str, str | list[str]]:
    """The address that a page (by its path; None for the one on screen) writes for a scenario (None: the one on
    screen). A link that held anything else would be written anew where it leads, and Back would lead to the link.
    """
    own = session()
    scenario = scenario or own.scenario
    if scenario is None:
        return dict(own.address or {})
    return {**encode(scenario, own.view), **own_choices(own, own.page if page is None else page)}


def own_choices(own: Session, page: str | None) -> Mapping[str, str | list[str]]:
    """What that page shows beside the scenario."""
    if page == COMPARE:
        return own.comparison.encode()
    kind = next((kind for kind, (path, _) in WAYS.items() if path == page), None)
    return {} if kind is None else {**write(beside(kind))}


def enter(page: str) -> None:
    """Take note of the page on screen; a lens that stands on it anew must be led."""
    own = session()
    if own.page not in (None, page):
        lead_lens(own)
    own.page = page


def show(scenario: Scenario | None, problems: tuple[str, ...] = ()) -> None:
    """Choose a scenario; the lens follows."""
    own = session()
    before = own.scenario
    if scenario is None or before is None or (scenario.user_id, scenario.as_of) != (before.user_id, before.as_of):
        own.view = replace(own.view, part=None)  # of another history's time
    own.scenario, own.problems, own.chosen = scenario, problems, True
    own.typed.clear()
    lead_lens(own)


def lead_lens(own: Session) -> None:
    own.epoch += 1
    note_lens(own)


def note_lens(own: Session) -> None:
    """What a lens that must be led, or that is new on the page, is to show."""
    own.shown = own.scenario.candidate_ids[0] if own.scenario else None
    own.led_models = own.scenario.checkpoints if own.scenario else ()


def choose_user(user_id: str) -> None:
    """Another user."""
    choose(to_user(session().scenario, user_id, current_app().store))


def choose_impression(choice: str) -> None:
    """One of the user's impressions, as `ways.impression_id` names it."""
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


def went(query: str) -> None:
    """The page's instrument went somewhere by itself: follow it there, without telling it what it knows."""
    own, found = session(), current_app()
    link, unread = parse(parse_qs(query, keep_blank_values=True))
    resolved = resolve(link, found.store, found.setting)
    if whereabouts(resolved.scenario) != whereabouts(own.scenario):
        own.typed.clear()
    own.scenario, own.view, own.chosen = resolved.scenario, link.view, True
    own.problems = (*unread, *resolved.problems)
    note_lens(own)


def whereabouts(scenario: Scenario | None) -> tuple[object, ...]:
    """What the search boxes show of a scenario."""
    if scenario is None:
        return ()
    return scenario.user_id, scenario.as_of, scenario.candidate_ids, items_needed(scenario.edits)


def choose_model(place: int, checkpoint: str) -> None:
    """Put a model first (0) or second (1), as a link names it; where it is the other one, the two change places."""
    own = session()
    if own.scenario is None:
        return
    own.scenario = to_model(own.scenario, place, checkpoint)
    own.problems, own.chosen = (), True


def choose_metric(metric: str) -> None:
    """Draw the leaderboard by this metric."""
    own = session()
    own.view, own.chosen = replace(own.view, metric=metric), True


def choose_comparison(comparison: Comparison) -> None:
    """What the Compare page shows from now on."""
    own = session()
    own.comparison, own.problems, own.chosen = comparison, (), True


def beside(kind: type[Choice]) -> Choice:
    """What a page shows beside the scenario: the visitor's choice, or the default."""
    chosen: Choice = session().beside.get(kind) or kind()
    return chosen


def choose_beside(choice: object) -> None:
    """What its page shows from now on."""
    own = session()
    own.beside[type(choice)] = choice
    own.problems, own.chosen = (), True


def on_screen(scenario: Scenario) -> tuple[str, ...]:
    """Folder names of the scenario's models that are at hand."""
    return find_checkpoints(scenario.checkpoints, current_app().setting.fingerprints)[0]


def answer(question: str, scenario: Scenario, found: object) -> None:
    """Keep the answer to a question until another scenario is on screen."""
    session().answers[question] = scenario, found


def answered(question: str, scenario: Scenario) -> Any:
    """What was found; None where it was not asked of this scenario."""
    of, found = session().answers.get(question, (None, None))
    return found if of == scenario else None


@st.cache_resource(show_spinner=False)
def shelf() -> Shelf[str]:
    """Texts of the lens and of What if, for all sessions."""
    return Shelf(SHELF_ROOM, len)


@st.cache_resource(show_spinner=False)
def known() -> Known:
    """What was scored of trails on What if, for all sessions."""
    return Known(CHANCES, SCORED_BEHAVIORS)


@st.cache_resource(show_spinner=False, max_entries=2)
def catalogue_items(url: str, total: int) -> tuple[Item, ...]:
    """All items, as they were when there were so many."""
    return tuple(current_app().store.all_items())


@st.cache_resource(show_spinner=False, max_entries=4)
def catalogue(fingerprint: str, _scorer: Scorer, _items: tuple[Item, ...], url: str, total: int) -> Catalogue:
    """All items as one model reads them, for all sessions."""
    from din_core.scoring import Catalogue

    return Catalogue(_scorer, _items)


def ranking(app: App, items: tuple[Item, ...], names: Sequence[str], history: History, scenario: Scenario) -> Ranking:
    """The catalogue ranked by these models; begun anew when a row it depends on is another."""
    from din_core.scoring import Ranking

    own = session()
    shown = tuple(sorted(scenario.context.items()))
    key = (tuple(names), len(items), history.user, history.as_of, history.behaviors, shown)
    if own.ranking is None or own.ranking[0] != key:
        forget_ranking()
        scorers = [app.scorers[name] for name in names]
        made = [catalogue(s.fingerprint, s, items, app.store.url, len(items)) for s in scorers]
        own.ranking = key, Ranking(made, history, scenario.context)
        own.ranking[1].start()
    return own.ranking[1]


def forget_ranking() -> None:
    """Stop and forget the last ranking."""
    own = session()
    if own.ranking is not None:
        own.ranking[1].stop()
    own.ranking = None


@st.cache_resource(show_spinner=False, max_entries=4)
def space_facts(
    fingerprint: str,
    part: str | None,
    category: str | None,
    _scorer: Scorer,
    _items: tuple[Item, ...],
    url: str,
    n: int,
) -> SpaceFacts:
    """The embeddings of `n` items as one model has them, for all sessions."""
    from din_core.pages.space_facts import space_facts

    return space_facts(_scorer, _items, part, category)


@st.cache_resource(show_spinner=False, max_entries=8)
def near_map(
    fingerprint: str, part: str | None, points: tuple[int, ...], url: str, n: int, _facts: SpaceFacts
) -> Floats:
    """(n points, 2): t-SNE of these embeddings."""
    from din_core.explain import tsne

    return tsne(_facts.space.unit[list(points)].numpy())


def space_scores(
    scorer: Scorer, items: tuple[Item, ...], history: History, context: Mapping[str, str | None]
) -> Floats:
    """Probabilities of the items of the points on screen; scored anew when a row they depend on is another."""
    from din_core.scoring import Catalogue

    own = session()
    ids = tuple(item.item_id for item in items)
    key = (scorer.fingerprint, ids, history.user, history.as_of, history.behaviors, tuple(sorted(context.items())))
    if own.space_scores is None or own.space_scores[0] != key:
        logit = Catalogue(scorer, items).scoring(history, context).finish()
        own.space_scores = key, 1 / (1 + np.exp(-logit.astype(np.float64)))
    return own.space_scores[1]


@st.cache_data(show_spinner=False, max_entries=4)
def store_facts(url: str, counts: tuple[object, ...], _store: BehaviorStore) -> StoreFacts:
    """What is counted of a store, as it was when it held so many rows."""
    return _store.facts()


@st.cache_resource(show_spinner=False, max_entries=2)
def cases(_folder: Path, key: tuple[object, ...]) -> Cases:
    """What the folder of cases holds, for all sessions; `key` changes with its files."""
    from din_core.explain.cases import read_cases

    return read_cases(_folder)


@st.cache_resource(show_spinner=False, max_entries=128)
def slice_quality(key: tuple[object, ...], _cases: Cases, _among: NDArray[np.bool_]) -> Quality:
    """How well both models do on a slice of the cases; `key` names the files and the slice."""
    from din_core.pages.quality import quality

    return quality(_cases, _among)
