"""An item that a model does not know is marked wherever it is shown, and nothing is where all are known."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import World
from tests.pages.page_contents import lens, records, words
from tests.pages.what_if.what_if_payload import payload
from tests.small_world import ITEMS
from tests.tiny_checkpoints import rename_items

Visit = Callable[..., AppTest]
UNKNOWN = ("m1", "b2")
"""What DIN does not know: the milk that household 7 buys every week, and the candidate that opens."""


@pytest.fixture
def rare(world: World) -> World:
    """The world with a DIN that does not know two of the items."""
    rename_items(world.checkpoints / "din", keep=[row[0] for row in ITEMS if row[0] not in UNKNOWN])
    return world


def test_inspect_marks_behaviors_and_candidates_of_each_model(visit: Visit, rare: World) -> None:
    _, body = lens(visit())
    din, base = body["models"]
    assert [body["timeline"]["id"][r] for r in din["rare"]] == ["m1"]
    assert [body["cases"][place]["id"] for place in din["rareCases"]] == ["b2"]
    assert din["rareText"] == "rare or new to DIN"
    assert din["historyText"].endswith("; behaviors of items that are rare or new to DIN: 12")
    assert (base["rare"], base["rareCases"]) == ([], [])
    assert "rare" not in base["historyText"]


def test_what_if_marks_behaviors_and_the_candidate(visit: Visit, rare: World) -> None:
    shown = payload(visit("whatif"))
    marked = {row["id"] for row in shown["rows"] if row["detail"].endswith(" · rare or new to DIN")}
    assert marked == {"m1"}
    assert shown["candidate"]["detail"].endswith("item b2 · rare or new to DIN")


def test_compare_marks_candidates_and_names_behaviors(visit: Visit, rare: World) -> None:
    page = visit("compare", user="7", item=["b2", "m2", "n1"])
    table = records(page, "compare_ranking")
    marks = dict(zip(table["Candidate"], table["Rare or new to"], strict=True))
    assert marks == {"Stout · 12 oz · National": "DIN", "Milk · 1 qt · National": "–", "Nails · 1 lb": "–"}
    assert (
        "Rare or new to DIN, which tells such items apart by their other fields alone: 1 of 4 different items in these "
        "histories (Milk" in words(page)
    )


def test_compare_of_models_says_which_know_the_candidate(visit: Visit, rare: World) -> None:
    page = visit("compare", user="7", item="b2", by="models")
    assert records(page, "compare_models_table")["Candidate"].tolist() == ["rare or new", "known"]


def test_compare_of_users_says_who_does_not_know_the_candidate(visit: Visit, rare: World) -> None:
    assert "It is rare or new to DIN." in words(visit("compare", user="7", item="b2", by="users"))


def test_rank_marks_items(visit: Visit, rare: World) -> None:
    page = visit("rank")
    assert page.session_state["din_lens"].results.found["ranking"][1].wait(60)
    table = records(page.run(), "ranking")
    marked = table[table["Rare or new to"] == "DIN"]["Item"]
    assert set(marked) == {"Milk · 1 gal · Private", "Stout · 12 oz · National"}


@pytest.fixture
def rare_to_all(family: World) -> World:
    """The family's DIN and DIEN do not know two of the items."""
    for name in ("din", "dien"):
        rename_items(family.checkpoints / name, keep=[row[0] for row in ITEMS if row[0] not in UNKNOWN])
    return family


def test_evolution_marks_steps_and_the_candidate(visit: Visit, rare_to_all: World) -> None:
    page = visit("evolution", user="7", item="b2")
    assert not page.exception
    table = records(page, "steps")
    assert set(table[table["Rare or new to"] == "DIEN"]["Behavior"]) == {"Milk · 1 gal · Private"}
    assert table["Rare or new to"].iloc[-1] == "–"  # the start is no item
    told = words(page)
    assert "It is rare or new to DIEN." in told
    alone = "Rare or new to DIEN, which tells such items apart by their other fields alone: 1 of "
    assert alone in told and "different items in these histories (Milk · 1 gal · Private" in told


def test_item_space_marks_points_neighbours_and_the_item_looked_at(visit: Visit, rare: World) -> None:
    page = visit("items", user="7", item="b2")
    assert not page.exception
    points, neighbours = (records(page, key) for key in ("item_map_table", "neighbours_table"))
    assert "DIN" in set(points["Rare or new to"]) and "–" in set(points["Rare or new to"])
    rare_ones = {"Milk · 1 gal · Private", "Stout · 12 oz · National"}
    assert set(points[points["Rare or new to"] == "DIN"]["Item"]) == rare_ones
    assert set(neighbours[neighbours["Rare or new to"] == "DIN"]["Item"]) == {"Milk · 1 gal · Private"}
    assert "It is rare or new to DIN." in words(page)
    assert "Rare or new to DIN, which tells such items apart by their other fields alone: 1 of " in words(page)


def test_nothing_is_marked_where_all_is_known(visit: Visit) -> None:
    _, body = lens(visit())
    assert all(model["rare"] == model["rareCases"] == [] for model in body["models"])
    assert all("rare" not in row["detail"] for row in payload(visit("whatif"))["rows"])
    page = visit("compare", user="7", item=["b2", "m2", "n1"])
    assert "Rare or new to" not in records(page, "compare_ranking")
    assert "rare or new" not in words(page)
