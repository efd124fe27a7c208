"""Pages over items without a field `category`: the first field of texts is what they count, colour and filter by."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from din_core.store import ingest, open_store
from tests.pages.conftest import World
from tests.pages.page_contents import lens, records
from tests.small_world import write_tables
from tests.tiny_checkpoints import write_checkpoints

Visit = Callable[..., AppTest]


@pytest.fixture(scope="module")
def new_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small world, whose items have genres and no other field."""
    folder = tmp_path_factory.mktemp("genres")
    tables = write_tables(folder / "tables")
    items = pd.read_parquet(tables / "items.parquet")[["item_id", "title", "category"]]
    items.rename(columns={"category": "genre"}).to_parquet(tables / "items.parquet", index=False)
    url = f"sqlite:///{folder / 'world.db'}"
    ingest(tables, url)
    store = open_store(url)
    write_checkpoints(folder / "checkpoints", store.bulk())
    store.close()
    return folder


def test_inspect_counts_by_it_and_calls_it_by_its_name(visit: Visit, world: World) -> None:
    page = visit()
    assert not page.exception
    _, shown = lens(page)
    timeline = shown["timeline"]
    genres = {item.item_id: item.text("genre") or "unknown" for item in world.store.all_items()}
    assert timeline["category"] == [genres[item_id] for item_id in timeline["id"]]
    assert len(set(timeline["category"])) > 1
    assert (shown["texts"]["Category"], shown["texts"]["category"]) == ("Genre", "genre")
    (effects,) = shown["models"][0]["effects"].values()
    assert {group["name"] for group in effects["categories"]} == set(timeline["category"])


def test_rank_lists_and_filters_by_it(visit: Visit) -> None:
    page = visit("rank")
    assert page.session_state["din_lens"].results.found["ranking"][1].wait(60)
    page.run()
    assert len(page.selectbox(key="rank_category").options) > 2
    assert "Genre" in records(page, "ranking")
    assert not page.exception
