"""Five places hold every page; links lead from one to the other with the scenario, and old links still open."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from din_core.pages.places.places import BY_PATH, MODES, PLACES, mode_at, place_of
from din_core.pages.session.visitor import as_visitor
from din_core.pages.widgets.frame import tab_title
from din_core.sharing.page_choices import CODECS
from tests.pages.conftest import World, go_to
from tests.pages.page_contents import read, said, shows_lens, words

Visit = Callable[..., AppTest]
ON_SCREEN = {"user": "7", "item": "m2", "models": "base,din"}
MODE_LINKS = {
    "": ["Inspect", "What if"],
    "compare-scenarios": ["Scenarios", "Whole catalogue", "Two models", "Score gap", "Pinned"],
    "find-cases": ["Cases", "Cohorts", "Snapshots"],
    "models-leaderboard": ["Leaderboard", "Trust", "Item space"],
    "data": [],
    "tour": [],
}
FORMER = {
    "": "Inspect",
    "whatif": "What if",
    "compare": "Scenarios",
    "rank": "Whole catalogue",
    "evolution": "Interest evolution",
    "items": "Item space",
    "cases": "Cases",
    "cohorts": "Cohorts",
    "models": "Leaderboard",
    "data": "Data",
    "tour": "Tour",
}
"""By the paths of the eleven pages that there were."""
HEADS = {
    "compare": "Compare",
    "rank": "The whole catalogue, ranked",
    "evolution": "Interest evolution",
    "items": "Items as the model sees them",
    "cases": "Cases worth seeing",
    "cohorts": "Weights over a cohort",
    "models": "Leaderboard",
    "data": "What is in the store",
    "tour": "Which past behaviors matter for a keyboard?",
}


def links(page: AppTest) -> dict[str, dict[str, list[str]]]:
    """The query of each link on the page, by label."""
    return {read(e.proto.label): parse_qs(e.proto.query_string) for e in page.get("page_link")}


def navigation(page: AppTest) -> list[str]:
    """The labels of the links above the page: the places, the tour and the modes."""
    return list(links(page))[: len(PLACES) + 1 + max(map(len, MODE_LINKS.values()))]


@pytest.mark.parametrize("path", FORMER)
def test_every_address_of_the_eleven_pages_opens_the_same_page(visit: Visit, world: World, path: str) -> None:
    page = visit(path, **ON_SCREEN)
    assert not page.exception and said(page) == []
    assert mode_at(path).title == FORMER[path]
    assert (page.query_params["user"], page.query_params["item"]) == ("7", "m2")
    if path in HEADS:
        assert page.header[0].value == HEADS[path]
    else:
        assert shows_lens(page) == (path == "")
        assert (path == "whatif") == ("Every edit makes a new state of the last one" in words(page))


@pytest.mark.parametrize(
    ("former", "query", "value"),
    [
        ("rank", {"rank.by": "second"}, 1),
        ("items", {"items.map": "near"}, "near"),
        ("compare", {"by": "models"}, "models"),
    ],
)
def test_an_old_link_opens_with_what_it_says_of_its_page(
    visit: Visit, world: World, former: str, query: dict[str, str], value: object
) -> None:
    page = visit(former, **ON_SCREEN, **query)
    assert value in [group.value for group in page.button_group]
    (name,) = query
    assert links(page)[mode_at(former).title][name] == [query[name]]


def test_a_new_path_says_place_and_mode() -> None:
    for place in PLACES:
        for mode in place.modes:
            assert mode.path.split("-")[0] == place.title.lower()
            assert (len(place.modes) > 1) == ("-" in mode.path)
    assert len(BY_PATH) == len(MODES) + len([mode for mode in MODES if mode.former is not None])


def test_what_is_chosen_on_a_page_belongs_to_a_page_that_there_is() -> None:
    paths = {mode.path for mode in MODES}
    assert {codec.path for codec in CODECS.values()} <= paths


@pytest.mark.parametrize("path", MODE_LINKS)
def test_above_every_page_are_the_places_the_tour_and_the_modes_of_its_place(
    visit: Visit, world: World, path: str
) -> None:
    page = visit(path, **ON_SCREEN)
    places = ["Explain", "Compare", "Find", "Models", "Data"]
    shown = navigation(page)[: 6 + len(MODE_LINKS[path])]
    assert shown == [*places, "New here? Two-minute tour", *MODE_LINKS[path]]


def test_a_mode_is_another_look_at_the_same_scenario(visit: Visit, world: World) -> None:
    page = visit("explain-what-if", **ON_SCREEN, edits="drop-item,n1")
    found = links(page)
    for label in ("Inspect", "What if", "Compare", "Find"):
        assert {name: found[label][name] for name in ("user", "item", "edits")} == {
            "user": ["7"],
            "item": ["m2"],
            "edits": [page.query_params["edits"]],
        }
    assert found["Inspect"]["models"] == [page.query_params["models"]]
    assert shows_lens(go_to(page, "explain-inspect"))
    assert page.query_params["edits"] == found["Inspect"]["edits"][0]


def test_interest_evolution_is_offered_where_a_dien_is_chosen(visit: Visit, family: World) -> None:
    assert "Interest evolution" not in links(visit("models-leaderboard", **ON_SCREEN))
    with_dien = visit("models-leaderboard", user="7", item="m2", models="din,dien")
    assert "Interest evolution" in links(with_dien)
    assert "Interest evolution" in links(visit("models-evolution", **ON_SCREEN))  # it is on screen


def test_the_place_on_screen_leads_to_the_mode_on_screen_and_others_to_their_first(visit: Visit, world: World) -> None:
    page = visit("find-cohorts", **ON_SCREEN)
    leads = {e.proto.label: e.proto.page for e in page.get("page_link")}
    assert (leads["Find"], leads["Explain"], leads["Models"]) == (
        "find-cohorts",
        "explain-inspect",
        "models-leaderboard",
    )


def test_the_tour_stands_beside_the_places() -> None:
    assert place_of(mode_at("tour")) is None
    assert [place_of(mode) for place in PLACES for mode in place.modes] == [
        place for place in PLACES for _ in place.modes
    ]


def test_the_tab_is_called_by_mode_and_place() -> None:
    with as_visitor("en"):
        titles = [tab_title(mode_at(path)) for path in ("", "explain-inspect", "rank", "data", "tour")]
    assert titles == [
        "DIN Lens",
        "DIN Lens",
        "Whole catalogue · Compare · DIN Lens",
        "Data · DIN Lens",
        "Tour · DIN Lens",
    ]
