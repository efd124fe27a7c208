"""Two items of one name are told apart by their ids in every list, and so in what is saved of it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from din_core.domain import Item, Scenario, Verdict
from din_core.pages.brief.content import content_of
from din_core.pages.brief.freeze import results_of
from din_core.pages.inspect.answer.answer_payload import answer_data
from din_core.pages.inspect.inspection import read_inputs
from din_core.pages.inspect.measured_effects import MeasuredEffects, measure_effects
from din_core.pages.inspect.payload import verdict_sentence
from din_core.pages.language.answer_texts import PURCHASES
from din_core.pages.report.report import report_html
from din_core.pages.session import caches
from din_core.pages.session.visitor import as_visitor
from din_core.pages.two_models.model_pair import top_behaviors
from din_core.pages.widgets.pickers import item_options
from tests.pages.conftest import World
from tests.pages.page_contents import boxes, held_records, lens, read, record_tables, records
from tests.pages.what_if.what_if_payload import payload
from tests.small_world import MONDAY

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


def test_a_name_has_its_id_where_the_other_of_that_name_is_not_among_those_listed(alike: World) -> None:
    item = alike.store.item("b2")
    scores = alike.scorers["din"].score(alike.store.history("7", MONDAY), [item], {})
    with as_visitor("en"):
        lists = [top_behaviors(scores, 0, most) for most in range(1, len(scores.behaviors) + 1)]
    shown = [milks([read(name) for name in listed["Behavior"]]) for listed in lists]
    assert any(len(names) == 1 for names in shown)
    assert {name for names in shown for name in names} == set(NAMES)


def test_the_heat_map_and_the_choices_of_compare_have_them_too(visit: Visit, alike: World) -> None:
    page = visit("compare-scenarios", user="7", item="m2", at="2017-11-20T00:00:00Z")
    assert milks(list(records(page, "heatmap_table")["Item"])) == NAMES
    assert milks(list(page.multiselect(key="compare_items").options)) == NAMES


def test_inspects_list_of_candidates_has_them_too(visit: Visit, alike: World) -> None:
    _, body = lens(visit("explain-inspect", user="7", item="m2", at="2017-11-20T00:00:00Z"))
    assert milks([case["title"] for case in body["cases"]]) == NAMES


def test_a_gap_names_candidates_and_parts_by_their_ids_in_sentence_tiles_bars_and_files(
    visit: Visit, alike: World
) -> None:
    at = {"user": "7", "at": "2017-11-20T00:00:00Z", "gap.parts": "item"}
    page = visit("compare-gap", **at, item=["m2", "b2"])  # the other milk is in the history alone
    assert not page.exception
    (sentence,) = [read(one.value) for one in page.markdown if " against " in one.value]
    assert "DIN puts **Milk · item m2** " in sentence or "DIN puts Milk · item m2 " in sentence
    assert "Milk · item m2" in {read(one.proto.label) for one in page.get("page_link")}
    assert milks(list(held_records(page, "gap_table")["part"])) == NAMES
    (chart,) = page.get("plotly_chart")
    assert milks(json.loads(chart.proto.spec)["layout"]["yaxis"]["ticktext"]) == NAMES
    both = boxes(visit("compare-gap", **at, item=["m1", "m2"]))
    assert [
        both[name]["selected"]["label"]
        for name in ("First candidate: any item of the catalogue", "Second candidate: any item of the catalogue")
    ] == NAMES


def test_two_models_name_their_candidate_by_its_id_where_the_other_is_in_the_history(
    visit: Visit, alike: World
) -> None:
    page = visit("compare-models", user="7", item="m2", at="2017-11-20T00:00:00Z")
    assert any("Milk · item m2, scored as of" in read(one.value) for one in page.markdown)


def test_what_if_and_its_edits_have_them_too(visit: Visit, alike: World) -> None:
    page = visit("explain-what-if", user="7", item="m2", at="2017-11-20T00:00:00Z", edits="drop-item,m1")
    shown = payload(page)
    assert milks([row["title"] for row in shown["rows"]]) == NAMES
    assert "Milk · item m1" in shown["steps"][1]["label"]
    other = visit("explain-what-if", user="7", item="m2", at="2017-11-20T00:00:00Z", edits="candidate,m1", pin="0")
    assert payload(other)["steps"][1]["label"] == "Candidate: Milk · item m1"
    assert payload(other)["candidate"]["then"] == "Milk · item m2"


def measured_of(alike: World, item: str) -> MeasuredEffects:
    scenario = Scenario("7", MONDAY, (item,), ("din",), {})
    inputs = read_inputs(alike.store, scenario, alike.store.impressions("7"))
    return measure_effects(inputs, alike.scorers["din"], inputs.place(scenario.candidates[0]))


def test_parts_of_the_answer_by_item_have_them_too(alike: World) -> None:
    measured = measured_of(alike, "m2")
    with as_visitor("en"):
        parts = answer_data(measured, PURCHASES, "")["parts"]["item"]
    assert milks([part["title"] for part in parts]) == NAMES


def test_the_sentence_title_chart_and_verdict_of_inspect_have_them_too(visit: Visit, alike: World) -> None:
    _, body = lens(visit("explain-inspect", user="7", item="m2", at="2017-11-20T00:00:00Z"))
    case = next(case for case in body["cases"] if case["id"] == "m2")
    assert "Milk · item m2" in read("".join(case["says"]))
    assert case["title"] == case["short"] == "Milk · item m2"
    ids = body["timeline"]["id"]
    assert {ids[row] for row in body["timeline"]["alike"]} == {"m1", "m2"}
    measured = measured_of(alike, "b2")
    places = {b.item.item_id: place for place, b in enumerate(measured.behaviors)}
    found = Verdict("caution", 0.5, (("{a}", {"a": "Milk"}),), (places["m1"],))
    with as_visitor("en"):
        assert verdict_sentence(found, measured.behaviors, measured.labels) == "Milk · item m1"


def test_a_brief_and_a_report_have_them_where_the_other_of_that_name_is_in_the_history(
    alike: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIN_STORE", alike.url)
    monkeypatch.setenv("DIN_CHECKPOINTS", str(alike.checkpoints))
    with as_visitor("en"):
        results = results_of(caches.current_app(), Scenario("7", MONDAY, ("m2",), ("din",), {}), edited=False)
        content, html = content_of(results), report_html(results, made=MONDAY)
    assert content.title == "Milk · item m2 for Household 7"
    assert content.subtitle.startswith("Milk · item m2")
    assert "buying Milk · item m2." in read("".join(content.sentence))
    assert "Milk · item m1" in html


def test_the_options_of_a_search_have_them_where_all_else_is_alike() -> None:
    items = [Item(name, "Milk", {"category": kind}) for name, kind in (("m1", "Cow"), ("m2", "Cow"), ("m3", "Oat"))]
    with as_visitor("en"):
        found = item_options(items)
    assert [option.note for option in found] == ["Cow · item m1", "Cow · item m2", "Oat"]
