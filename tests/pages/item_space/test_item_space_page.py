"""The Item space page over real (untrained) networks: its numbers are the core's, and it says what it leaves out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from din_core.explain import item_space, neighbours, separation
from din_core.pages.item_space import page as item_space_page
from din_core.pages.item_space import space_records
from din_core.pages.widgets import catalogue_head
from din_core.sharing.page_choices import SpaceChoice
from tests.pages.conftest import World
from tests.pages.page_contents import boxes, read, records, sent_records

Visit = Callable[..., AppTest]


def words(page: AppTest) -> str:
    """All running text of the page."""
    return read(" ".join(e.value for e in [*page.markdown, *page.caption])).replace("\N{NO-BREAK SPACE}", " ")


def chart(page: AppTest) -> dict[str, Any]:
    """The figure as the browser gets it."""
    (found,) = page.get("plotly_chart")
    made: dict[str, Any] = json.loads(found.proto.spec)
    return made


def points(page: AppTest) -> Any:
    """The table of the map's points."""
    return records(page, "item_map_table")


def look_at(page: AppTest, item_id: str) -> None:
    """As a click on its point does."""
    page.session_state["din_lens"].page_choices[SpaceChoice] = SpaceChoice(item=item_id)


@pytest.fixture
def opened(visit: Visit) -> AppTest:
    return visit("items")


def test_every_item_is_one_point_and_none_shares_its_embedding(opened: AppTest, world: World) -> None:
    assert not opened.exception and not opened.warning
    items = world.store.all_items()
    assert sorted(points(opened)["Item"]) == sorted(item.label for item in items)
    assert f"Each of the {len(items)} items has an embedding of its own." in words(opened)


def test_the_history_is_counted_and_the_candidate_ringed(opened: AppTest) -> None:
    table = points(opened).set_index("Item")
    assert table["In history"]["Milk · 1 gal · Private"] == "12×"
    assert table["In history"]["Stout · 12 oz · National"] == "–"
    traces = {trace["name"]: trace for trace in chart(opened)["data"]}
    assert traces["candidate"]["mode"] == "markers"
    assert {"Dairy", "Beers", "in the history", "no category, or several"} <= set(traces)


def test_separation_is_the_cores_number(opened: AppTest, world: World) -> None:
    items = world.store.all_items()
    found = separation(item_space(world.scorers["din"], items), [item.fields["category"] for item in items])
    assert found is not None
    shown = [metric.value.replace("\N{NO-BREAK SPACE}", " ") for metric in opened.metric]
    assert shown == [f"{100 * found.share:.1f} %", f"{100 * found.chance:.1f} %"]
    assert f"Measured on all {found.of} embeddings" in words(opened)
    assert "The category is one of the fields that these embeddings are made of" in words(opened)


def test_the_items_own_part_is_another_map(opened: AppTest, world: World) -> None:
    opened.segmented_control(key="space_embedding").set_value("own").run()
    assert not opened.exception
    items = world.store.all_items()
    own = item_space(world.scorers["din"], items, "item_id")
    found = separation(own, [item.fields["category"] for item in items])
    assert found is not None
    assert opened.metric[0].value == item_space_page.percent(found.share)
    assert "fields that these embeddings are made of" not in words(opened)


def test_neighbours_are_the_cores_and_follow_the_search(opened: AppTest, world: World) -> None:
    items = world.store.all_items()
    space = item_space(world.scorers["din"], items)

    def wanted(item_id: str) -> list[tuple[str, str]]:
        place = int(space.place[[item.item_id for item in items].index(item_id)])
        found, cosine = neighbours(space, place, 12)
        names = [items[space.first[u]].label for u in found]
        return [(name, f"{c:.3f}".replace("-", "−")) for name, c in zip(names, cosine, strict=True)]

    def shown() -> list[tuple[str, str]]:
        table = records(opened, "neighbours_table")
        return list(zip(table["Item"], table["Similarity (cosine)"], strict=True))

    assert shown() == wanted("b2")  # the candidate's
    look_at(opened, "n1")
    opened.run()
    assert shown() == wanted("n1")
    assert boxes(opened)["Item: any of the catalogue, or a point of the map"]["selected"]["label"] == "Nails · 1 lb"


def test_scores_on_the_map_are_the_scorers(opened: AppTest, world: World) -> None:
    opened.segmented_control(key="space_colour").set_value("score").run()
    scenario = opened.session_state["din_lens"].scenario
    items = world.store.all_items()
    history = world.store.history(scenario.user_id, scenario.as_of)
    scores = world.scorers["din"].score(history, items, scenario.context)
    core = {item.label: item_space_page.percent(p) for item, p in zip(items, scores.probability, strict=True)}
    table = points(opened)
    assert dict(zip(table["Item"], table["Predicted probability"], strict=True)) == core


def test_scores_are_made_again_only_when_what_they_depend_on_is_another(opened: AppTest) -> None:
    opened.segmented_control(key="space_colour").set_value("score").run()
    before = opened.session_state["din_lens"].results.found["scores of the item map"]
    assert opened.run().session_state["din_lens"].results.found["scores of the item map"] is before
    opened.query_params["user"] = "8"
    opened.run()
    after = opened.session_state["din_lens"].results.found["scores of the item map"]
    assert after is not before and not np.allclose(after[1], before[1])


def test_around_what_is_on_screen_is_a_map_of_its_own_points(opened: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item_space_page, "MOST_NEAR", 5)
    monkeypatch.setattr(item_space_page, "MOST_SEEN", 2)
    opened.segmented_control(key="space_map").set_value("near").run()
    assert not opened.exception
    table = points(opened)
    assert len(table) == 5
    assert table["Item"].iloc[0] == "Stout · 12 oz · National"
    assert table["Item"].iloc[1] == "Milk · 1 gal · Private"  # most often in the history
    assert "5 embeddings: the candidate, the 2 most frequent of the history's 4" in words(opened)


def test_what_is_left_out_of_the_drawing_is_told(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item_space_page, "MOST_DRAWN", 4)
    monkeypatch.setattr(item_space_page, "NEIGHBOURS", 1)
    page = visit("items")
    assert len(points(page)) == 4
    assert "all 7 embeddings" in words(page) and "4 of them are drawn" in words(page)


def test_items_that_the_model_does_not_know_are_said_to_share_an_embedding(visit: Visit, world: World) -> None:
    with world.store.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO items (item_key, item_id, title, fields, search_text) VALUES "
            "(90, 'y1', 'New <b>one</b>', '{}', ''), (91, 'y2', 'New two', '{}', '')"
        )
    page = visit("items")
    assert "2 of 9 items share an embedding with others" in words(page)
    assert points(page)["Items that share it"].tolist().count("2") == 1
    look_at(page, "y1")
    page.run()
    assert "1 other items share its embedding" in words(page) and "New two" in words(page)


def test_a_candidate_that_has_gone_is_told(visit: Visit, world: World) -> None:
    with world.store.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO items (item_key, item_id, title, fields, search_text) VALUES (90, 'y1', 'New', '{}', '')"
        )
    page = visit("items", user="7", item="y1")
    assert not page.exception and not page.warning
    with world.store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM items WHERE item_id = 'y1'")
    page.run()
    assert not page.exception
    assert 'No item "y1" in the store' in read(page.warning[0].value)


def test_too_many_items_are_told(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue_head, "MOST_ITEMS", 2)
    page = visit("items")
    assert not page.exception
    assert "this page maps 2 at most" in words(page)


def test_what_the_map_shows_is_in_the_link_and_opens_from_it(visit: Visit) -> None:
    page = visit("items")
    page.segmented_control(key="space_colour").set_value("score")
    page.segmented_control(key="space_embedding").set_value("own").run()
    address = {name: page.query_params[f"items.{name}"] for name in ("map", "colour", "embedding")}
    assert address == {"map": "plane", "colour": "score", "embedding": "own"}
    other = visit("items", **{f"items.{name}": value for name, value in address.items()})
    assert not other.exception and not other.warning
    assert points(other).equals(points(page))
    assert not points(other).equals(points(visit("items")))


def test_the_item_looked_at_is_in_the_link(visit: Visit, world: World) -> None:
    page = visit("items", **{"items.item": "n1"})
    assert page.query_params["items.item"] == "n1"
    items = world.store.all_items()
    space = item_space(world.scorers["din"], items)
    place = next(place for place, item in enumerate(items) if item.item_id == "n1")
    found, _ = neighbours(space, int(space.place[place]), item_space_page.NEIGHBOURS)
    assert list(records(page, "neighbours_table")["Item"]) == [
        items[space.first[near]].label for near in found.tolist()
    ]


def test_an_item_that_no_map_holds_is_told_and_the_candidates_neighbours_are_listed(visit: Visit) -> None:
    page = visit("items", **{"items.item": "nothing", "items.map": "round"})
    assert [read(warning.value) for warning in page.warning] == [
        "The link's items.map “round” is unknown; known are plane, near.",
        "No item “nothing” on this map: the neighbours of the candidate are listed.",
    ]
    plain = visit("items")
    assert records(page, "neighbours_table").equals(records(plain, "neighbours_table"))


@pytest.mark.parametrize("key", ["item_map_table", "neighbours_table"])
def test_a_row_leads_to_its_item_as_the_candidate_on_inspect(opened: AppTest, key: str) -> None:
    _, body = sent_records(opened, key)
    ids = next(column["values"] for column in body["columns"] if column["name"] == "item_id")
    for item_id, link in zip(ids, body["links"], strict=True):
        path, _, query = link.partition("?")
        assert (path, parse_qs(query)["item"]) == ("explain-inspect", [item_id])


def test_a_long_table_lists_its_first_points_and_more_where_the_link_says_so(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(space_records, "SHOWN", 3)
    head, body = sent_records(visit("items"), "item_map_table")
    assert (head["count"], head["total"], len(body["links"])) == (3, 7, 3)
    page = visit("items", **{"items.table": ["item_map;rows,5", "neighbours;sort,cosine"]})
    assert sent_records(page, "item_map_table")[0]["count"] == 5
    assert sent_records(page, "neighbours_table")[0]["state"]["sort"] == "cosine"
