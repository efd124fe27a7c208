"""Where every page stands: five places, each with its modes, and the tour beside them.

A page's path says place and mode. The path that it had before there were places still opens it.
"""

from __future__ import annotations

from dataclasses import dataclass

from din_core.pages.language.translation_mark import T


@dataclass(frozen=True, slots=True)
class Mode:
    """One page: a way to look at what its place is for."""

    path: str
    """In the address; `place-mode`."""
    title: str
    former: str | None = None
    """Its path in links of earlier releases; the empty one is the app's own address. None: it had no other."""


@dataclass(frozen=True, slots=True)
class PagePlace:
    """Pages that answer one kind of question."""

    title: str
    icon: str
    modes: tuple[Mode, ...]
    """The first is where a link to the place leads."""


INSPECT = Mode("explain-inspect", T("Inspect"), "")
WHAT_IF = Mode("explain-what-if", T("What if"), "whatif")
SCENARIOS = Mode("compare-scenarios", T("Scenarios"), "compare")
CATALOGUE = Mode("compare-catalogue", T("Whole catalogue"), "rank")
TWO_MODELS = Mode("compare-models", T("Two models"))
SCORE_GAP = Mode("compare-gap", T("Score gap"))
PINNED = Mode("compare-pinned", T("Pinned"))
CASES = Mode("find-cases", T("Cases"), "cases")
COHORTS = Mode("find-cohorts", T("Cohorts"), "cohorts")
SNAPSHOTS = Mode("find-snapshots", T("Snapshots"))
LEADERBOARD = Mode("models-leaderboard", T("Leaderboard"), "models")
TRUST = Mode("models-trust", T("Trust"))
ITEM_SPACE = Mode("models-items", T("Item space"), "items")
EVOLUTION = Mode("models-evolution", T("Interest evolution"), "evolution")
DATA = Mode("data", T("Data"))
TOUR = Mode("tour", T("Tour"))

PLACES = (
    PagePlace(T("Explain"), ":material/biotech:", (INSPECT, WHAT_IF)),
    PagePlace(T("Compare"), ":material/compare_arrows:", (SCENARIOS, CATALOGUE, TWO_MODELS, SCORE_GAP, PINNED)),
    PagePlace(T("Find"), ":material/search:", (CASES, COHORTS, SNAPSHOTS)),
    PagePlace(T("Models"), ":material/leaderboard:", (LEADERBOARD, TRUST, ITEM_SPACE, EVOLUTION)),
    PagePlace(T("Data"), ":material/database:", (DATA,)),
)
MODES = (*(mode for place in PLACES for mode in place.modes), TOUR)
BY_PATH = {path: mode for mode in MODES for path in (mode.path, mode.former) if path is not None}


def mode_at(path: str) -> Mode:
    """The page at a path, of today or of an earlier release; KeyError where there is none."""
    return BY_PATH[path]


def place_of(mode: Mode) -> PagePlace | None:
    """The place of a page; None for the tour, which stands beside them."""
    return next((place for place in PLACES if mode in place.modes), None)
