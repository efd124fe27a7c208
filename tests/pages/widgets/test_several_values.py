"""Pages over items with several categories: each value is offered and found, all are written, the first counts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from din_core.store import ingest, open_store
from tests.pages.conftest import World
from tests.pages.language.test_chinese import speak
from tests.pages.made_cases import make, said
from tests.pages.page_contents import lens, records
from tests.small_world import small_store
from tests.tiny_checkpoints import write_checkpoints

Visit = Callable[..., AppTest]
CATEGORIES = {"m1": "Dairy|Drinks", "m2": "Drinks|Dairy|Drinks", "c1": "Dairy", "b1": "Beers|Drinks", "b2": "Beers"}
NOTE = "Category: an item with several values counts here as the first of them, so that the parts add up to the whole."


@pytest.fixture(scope="module")
def new_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small world, whose drinks have several categories; models are of these values."""
    folder = tmp_path_factory.mktemp("several")
    with small_store(folder) as store:
        more = folder / "more"
        more.mkdir()
        frame = pd.DataFrame({"item_id": list(CATEGORIES), "category": list(CATEGORIES.values())})
        frame.to_csv(more / "items.csv", index=False)
        ingest(more, store.url, append=True)
    store = open_store(f"sqlite:///{folder / 'world.db'}")
    write_checkpoints(folder / "checkpoints", store.bulk())
    store.close()
    return folder


def test_inspect_counts_the_first_value_and_writes_all(visit: Visit, world: World) -> None:
    page = visit()
    assert not page.exception and not page.warning
    assert world.scorers["din"].config.several == (False, False, True, False)
    _, shown = lens(page)
    timeline = shown["timeline"]
    where = timeline["id"].index("m1")
    assert (timeline["category"][where], timeline["written"][where]) == ("Dairy", "Dairy, Drinks")
    assert NOTE in said(page)
    details = {case["id"]: case["detail"] for case in shown["cases"]}
    assert "Drinks · Dairy" in details["m2"]


def test_the_note_is_chinese_too(visit: Visit) -> None:
    assert "品类：有多个值的商品在此按其中第一个值计入" in said(speak(visit(), "zh"))


def test_rank_offers_each_value_and_lists_every_item_that_has_it(visit: Visit) -> None:
    page = visit("rank")
    assert page.session_state["din_lens"].results.found["ranking"][1].wait(60)
    page.run()
    assert page.selectbox(key="rank_category").options == ["All categories", "Beers", "Dairy", "Drinks", "Hardware"]
    page.selectbox(key="rank_category").set_value("Drinks").run()
    table = records(page, "ranking")
    assert set(table["Category"]) == {"Dairy, Drinks", "Drinks, Dairy", "Beers, Drinks"}
    assert not page.exception and not page.warning


@pytest.mark.parametrize("path", ["compare", "items", "cases", "cohorts"])
def test_pages_that_count_by_category_say_that_the_first_value_counts(visit: Visit, world: World, path: str) -> None:
    make(world, "--effects", "1", "--by", "category")
    page = visit(path)
    assert not page.exception
    assert NOTE in said(page)


@pytest.mark.parametrize("path", ["whatif", "evolution", "models", "data"])
def test_other_pages_show_such_a_store(visit: Visit, path: str) -> None:
    page = visit(path)
    assert not page.exception and not page.warning


def test_a_store_without_such_fields_needs_no_note(visit: Visit, world: World) -> None:
    assert NOTE in said(visit())
    with world.store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM store_info WHERE name = 'several_item_fields'")
    assert NOTE not in said(visit())
