"""Every chart has an equal table on its page, and the row below it that saves both."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import World
from tests.pages.made_cases import make
from tests.pages.page_contents import all_sent_records, saved_charts

Visit = Callable[..., AppTest]
PAGES = {"compare": 1, "evolution": 2, "items": 1, "cohorts": 8, "models": 2, "data": 2, "tour": 1}
"""Charts of each page over the small world, which has no leaderboard."""


@pytest.fixture
def everything(family: World) -> World:
    """With cases, so that there are cohorts."""
    make(family, "--effects", "1")
    return family


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize("path", list(PAGES))
def test_each_chart_is_drawn_in_vectors_and_saved_with_a_table_that_the_page_shows(visit: Visit, path: str) -> None:
    page = visit(path)
    assert not page.exception
    found, charts = saved_charts(page), page.get("plotly_chart")
    assert len(found) == len(charts) == PAGES[path]
    shown = [([str(c) for c in frame.value.columns], len(frame.value)) for frame in [*page.dataframe, *page.table]]
    for head, body in all_sent_records(page):
        shown.append(([column["name"] for column in body["columns"]], head["total"]))
    assert [row for row in found if (row["columns"], len(row["rows"])) not in shown] == []
    assert len({row["chart"] for row in found}) == len(found)
    assert all(row["name"][0] == "din-lens" and row["title"] and row["lines"] for row in found)
    assert all(row["about"].keys().isdisjoint(row["columns"]) for row in found)
    if path != "models":  # curves are of all models: each row names its own
        assert all(row["about"] for row in found)
    kinds = {trace["type"] for chart in charts for trace in json.loads(chart.proto.spec)["data"]}
    assert kinds <= {"bar", "scatter", "heatmap"}  # what WebGL draws would not be in the saved picture


def test_a_file_names_the_user_the_candidate_the_time_and_the_model(visit: Visit, world: World) -> None:
    (row,) = saved_charts(visit("items"))
    link = f"din@{world.scorers['din'].fingerprint}"
    assert row["name"] == ["din-lens", "item_map", "7", "b2", "2017-11-20", link, "plane", "category", "all"]
    assert row["lines"] == [
        "Stout · 12 oz · National",
        "DIN · Household 7 · 45-54 · 2 adults, no kids, as of 20 Nov 2017 00:00 UTC",
    ]


def test_what_a_table_does_not_know_stays_empty_and_times_are_iso(visit: Visit) -> None:
    (row,) = saved_charts(visit("compare"))
    last = row["columns"].index("last")
    assert row["rows"][-1][: last + 1] == ["Σw", None, None, None]
    assert row["rows"][0][last] == "2017-11-13T01:00:00Z"
