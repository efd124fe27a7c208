"""Two items of one name are told apart by their ids in every list, and so in what is saved of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import World
from tests.pages.page_contents import read, record_tables, records

Visit = Callable[..., AppTest]
NAMES = ["Milk · item m1", "Milk · item m2"]


@pytest.fixture
def alike(world: World) -> World:
    """The small world, in which two milks have one name, and household 7 had both and was shown both."""
    with world.store.writing() as connection:
        connection.execute(text("UPDATE items SET title = 'Milk' WHERE item_id IN ('m1', 'm2')"))
        connection.execute(
            text(
                "UPDATE behaviors SET item_key = (SELECT item_key FROM items WHERE item_id = 'm2') WHERE item_key = "
                "(SELECT item_key FROM items WHERE item_id = 'n1')"
            )
        )
        connection.execute(
            text(
                "UPDATE impressions SET item_key = (SELECT item_key FROM items WHERE item_id = 'm1') WHERE item_key = "
                "(SELECT item_key FROM items WHERE item_id = 'n1')"
            )
        )
    return world


def listed(page: AppTest) -> list[str]:
    """Every cell of the page's tables."""
    tables = [*page.table, *page.dataframe]
    frames = [*(table.value for table in tables), *record_tables(page)]
    return [read(str(cell)) for frame in frames for column in frame for cell in frame[column]]


def milks(cells: list[str]) -> list[str]:
    return sorted({cell for cell in cells if cell.startswith("Milk")})


@pytest.mark.parametrize("path", ["compare-models", "compare-catalogue", "compare-scenarios", "models-items"])
def test_two_items_of_one_name_have_their_ids_in_every_list(visit: Visit, alike: World, path: str) -> None:
    page = visit(path, user="7", item="m2", at="2017-11-20T00:00:00Z")
    if path == "compare-catalogue":
        assert page.session_state["din_lens"].results.found["ranking"][1].wait(60)
        page.run()
    assert not page.exception
    assert milks(listed(page)) == NAMES


def test_the_heat_map_and_the_choices_of_compare_have_them_too(visit: Visit, alike: World) -> None:
    page = visit("compare-scenarios", user="7", item="m2", at="2017-11-20T00:00:00Z")
    assert milks(list(records(page, "heatmap_table")["Item"])) == NAMES
    assert milks(list(page.multiselect(key="compare_items").options)) == NAMES
