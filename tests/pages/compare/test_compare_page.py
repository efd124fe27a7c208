"""The Compare page over real (untrained) networks: candidates, models and users, in tables, heat map and address."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from din_core.domain import Scores
from din_core.pages.compare.compare_records import gap_decimals, points
from din_core.pages.compare.row_pickers import lines_of
from din_core.pages.language.labels import percent
from din_core.sharing.links import MAX_CANDIDATES
from tests.pages.conftest import World, go_to
from tests.pages.page_contents import boxes, held_records, read, record_tables, said, saved_charts, sent_records, words
from tests.small_world import MONDAY
from tests.twice_shown import show_twice

Visit = Callable[..., AppTest]
SHOWN = ["b2", "m2", "n1"]
"""What household 7 was shown on that Monday."""


def cells(page: AppTest) -> dict[str, Any]:
    """The heat map's own trace."""
    (chart,) = page.get("plotly_chart")
    found: dict[str, Any] = json.loads(chart.proto.spec)["data"][0]
    return found


def table(page: AppTest) -> list[dict[str, str]]:
    """The table of rows, as it is read."""
    shown = page.table[0].value if page.table else record_tables(page)[0]  # of users, nothing can be ticked
    rows = shown.to_dict("records")
    return [{read(str(key)): read(str(value)) for key, value in row.items()} for row in rows]


def scored(world: World, name: str, ids: list[str], user: str = "7") -> Scores:
    """The candidates of that Monday, each in its own context."""
    shown = {i.item.item_id: i for i in world.store.impressions("7") if i.timestamp == MONDAY}
    history = world.store.history(user, MONDAY)
    contexts = [shown[i].context if i in shown else shown["b2"].context for i in ids]
    return world.scorers[name].score(history, world.store.items(ids), contexts)


def chosen(page: AppTest) -> list[str]:
    """The candidates compared, each the first impression of its item then."""
    found: list[str] = page.multiselect(key="compare_items").value
    assert all(key.startswith("1 ") for key in found)
    return [key.removeprefix("1 ") for key in found]


def choose(page: AppTest, *ids: str) -> AppTest:
    """Compare these."""
    return page.multiselect(key="compare_items").set_value([f"1 {item_id}" for item_id in ids])


def rows_in_files(page: AppTest) -> list[str]:
    """What the files of the heat map say that its columns `row_1`, `row_2`, … are of."""
    head, body = sent_records(page, "heatmap_table")
    names = [column["name"] for column in body["columns"] if column["name"].startswith("row_")]
    (chart,) = saved_charts(page)
    assert chart["about"] == {name: head["about"][name] for name in chart["about"]}
    return [chart["about"][f"of_{name}"] for name in names]


def test_it_opens_on_what_the_user_was_shown_then_ranked_under_both_models(visit: Visit, world: World) -> None:
    page = visit("compare")
    assert not page.exception and not page.warning
    assert chosen(page) == SHOWN
    din, base = scored(world, "din", SHOWN), scored(world, "base", SHOWN)
    rows = table(page)
    order = np.argsort(-din.logit)
    assert [row["Candidate"] for row in rows] == [din.candidates[i].label for i in order]
    assert [row["Rank"] for row in rows] == ["1", "2", "3"]
    more = [gap_decimals(found.probability.tolist()) for found in (din, base)]  # gaps add up as they are written
    assert [row["DIN"] for row in rows] == [percent(din.probability[i], more[0]) for i in order]
    assert [row["Average pooling"] for row in rows] == [percent(base.probability[i], more[1]) for i in order]
    ranks = [str(1 + int((base.logit > base.logit[i]).sum())) for i in order]
    assert [row["Rank under Average pooling"] for row in rows] == ranks
    gaps = [100 * (din.probability[i] - din.probability.max()) for i in order]
    assert [row["Gap, points"] for row in rows][1:] == [points(gap, more[0]) for gap in gaps][1:]
    assert rows[0]["Gap, points"] == "0"
    assert sorted(row["Outcome"] for row in rows) == ["Bought", "Not bought", "Not bought"]


def test_cells_are_the_scorers_weights_times_repeats_and_rows_add_up_to_the_intensity(
    visit: Visit, world: World
) -> None:
    page = visit("compare")
    din = scored(world, "din", SHOWN)
    order = np.argsort(-din.logit)
    counts = np.array([b.count for b in din.behaviors])
    want = {b.item.label: din.weight[order, t] * counts[t] for t, b in enumerate(din.behaviors)}
    heat = cells(page)
    listed = held_records(page, "heatmap_table")
    found = dict(zip(listed["item"], np.array(heat["z"]).T, strict=False))
    assert found.keys() == want.keys()
    for title, column in found.items():
        np.testing.assert_allclose(column, want[title], rtol=1e-5)
    total = listed.iloc[-1]
    assert total["item"] == "Σw"
    rows = [f"row_{n}" for n in range(1, 4)]
    np.testing.assert_allclose([total[name] for name in rows], din.intensity[order], rtol=1e-5)
    assert rows_in_files(page) == [SHOWN[place] for place in order]
    assert heat["zmax"] == -heat["zmin"] == pytest.approx(np.abs(np.array(heat["z"])).max())


def test_a_removed_candidate_is_gone_and_the_address_carries_the_others(visit: Visit) -> None:
    page = visit("compare")
    choose(page, "b2", "n1").run()
    assert chosen(page) == ["b2", "n1"]
    assert page.query_params["item"] == ["b2", "n1"]
    assert len(table(page)) == 2
    choose(page, "b2", "n1", "m2").run()
    assert page.query_params["item"] == ["b2", "n1", "m2"]


def test_a_candidate_that_was_not_shown_joins_through_the_address(visit: Visit, world: World) -> None:
    page = visit("compare", user="7", at="2017-11-20T00:00:00Z", item=["m1", "b2"])
    assert not page.exception
    assert chosen(page) == ["m1", "b2"]
    assert {row["Candidate"]: row["Outcome"] for row in table(page)} == {
        "Milk · 1 gal · Private": "–",
        "Stout · 12 oz · National": "Bought",
    }
    assert "Add any item of the catalogue" in boxes(page)


def test_impressions_of_one_item_at_once_are_compared_each_in_its_context_with_its_outcome(
    visit: Visit, world: World, tmp_path: Path
) -> None:
    show_twice(world.store.engine, tmp_path / "again")
    page = visit("compare", user="7", item="m2", at="2017-11-20")
    keys: list[str] = page.multiselect(key="compare_items").value
    assert keys == ["1 m2", "2 m2", "2 n1", "1 b2", "1 n1"]
    shown = {f"{i.nth} {i.item.item_id}": i for i in world.store.impressions("7") if i.timestamp == MONDAY}
    history = world.store.history("7", MONDAY)
    impressions = [shown[key] for key in keys]
    scores = world.scorers["din"].score(history, [i.item for i in impressions], [i.context for i in impressions])
    titles = [
        "Milk · 1 qt · National · Mailer: Interior page feature",
        "Milk · 1 qt · National · Mailer: Front page feature",
        "Nails · 1 lb · no. 2",
        "Stout · 12 oz · National",
        "Nails · 1 lb · no. 1",
    ]
    outcomes = ["Not bought", "Bought", "Bought", "Bought", "Not bought"]
    decimals = gap_decimals(scores.probability.tolist())
    chances = [percent(p, decimals) for p in scores.probability]
    assert {row["Candidate"]: (row["DIN"], row["Outcome"]) for row in table(page)} == dict(
        zip(titles, zip(chances, outcomes, strict=True), strict=True)
    )
    page.multiselect(key="compare_items").set_value(keys[:2]).run()
    assert (page.query_params["item"], page.query_params["nth"]) == (["m2", "m2"], "1,2")


def test_two_candidates_are_the_least(visit: Visit) -> None:
    page = visit("compare")
    choose(page, "b2").run()
    assert said(page) == ["A comparison needs two candidates at least: the last ones stay."]
    assert chosen(page) == SHOWN


def test_removing_the_first_candidate_gives_the_next_its_own_context(visit: Visit, world: World) -> None:
    page = visit("compare")
    choose(page, "m2", "n1").run()
    assert page.session_state["din_lens"].scenario.context["mailer"] == "Interior page feature"
    din = scored(world, "din", ["m2", "n1"])
    assert {row["Candidate"]: row["DIN"] for row in table(page)} == {
        item.label: percent(p, gap_decimals(din.probability.tolist()))
        for item, p in zip(din.candidates, din.probability, strict=True)
    }


def test_columns_fold_into_categories_and_stand_in_the_order_of_time(visit: Visit) -> None:
    page = visit("compare")
    page.segmented_control(key="compare_fold").set_value("category").run()
    assert set(cells(page)["x"]) == {"Dairy", "Beers", "Hardware"}
    page.segmented_control(key="compare_order").set_value("time").run()
    assert list(cells(page)["x"]) == ["Beers", "Dairy", "Hardware"]
    assert (page.query_params["hold"], page.query_params["order"]) == ("category", "time")


def test_the_whole_choice_is_in_the_address_and_opens_again_from_it(visit: Visit) -> None:
    page = visit("compare")
    choose(page, "b2", "n1").run()
    page.segmented_control(key="compare_fold").set_value("category").run()
    page.segmented_control(key="compare_most").set_value(10).run()
    address = {name: page.query_params[name] for name in page.query_params}
    again = visit("compare", **address)
    assert chosen(again) == ["b2", "n1"]
    assert (cells(again)["x"], cells(again)["z"]) == (cells(page)["x"], cells(page)["z"])
    assert {name: again.query_params[name] for name in again.query_params} == address


def test_other_pages_do_not_carry_the_comparison_and_it_is_there_again_after_them(visit: Visit) -> None:
    page = visit("compare")
    page.segmented_control(key="compare_by").set_value("users").run()
    assert page.query_params["by"] == "users"
    go_to(page, "")
    assert "by" not in page.query_params
    assert go_to(page, "compare").query_params["by"] == "users"


def test_models_are_rows_on_scales_of_their_own(visit: Visit, family: World) -> None:
    page = visit("compare", by="models")
    assert not page.exception and not page.warning
    rows = table(page)
    assert [row["Model"] for row in rows][:2] == ["DIN", "Average pooling"]
    assert len(rows) == len(family.scorers)
    for row, name in zip(rows, ["din", "base"], strict=False):
        found = scored(family, name, ["b2"])
        assert row["Probability"] == percent(found.probability[0])
    heat = cells(page)
    assert (heat["zmin"], heat["zmax"]) == (-1, 1)
    for row in heat["z"]:
        assert max(abs(z) for z in row if z is not None) == pytest.approx(1)
    assert "Weights of different models are not on one scale" in words(page)
    assert rows_in_files(page)[:2] == [f"{name}@{family.scorers[name].fingerprint}" for name in ("din", "base")]
    about = sent_records(page, "heatmap_table")[0]["about"]
    assert about["candidate_id"] == "b2" and "model" not in about


def test_models_are_chosen_and_the_address_names_them(visit: Visit, family: World) -> None:
    page = visit("compare", by="models")
    page.button_group(key="compare_models").set_value(["din", "dien"]).run()
    assert [row["Model"] for row in table(page)] == ["DIN", "DIEN"]
    assert [name.partition("@")[0] for name in page.query_params["row"]] == ["din", "dien"]
    seen = {row["Model"]: row["Behaviors seen"] for row in table(page)}
    assert (seen["DIEN"], int(seen["DIN"]) > 8) == ("8", True)


def test_a_model_that_is_not_here_is_told(visit: Visit, family: World) -> None:
    page = visit("compare", by="models", row=["din", "gone@1234", "base@another"])
    assert said(page) == [
        "There is no model “gone@1234” here.",
        "The model base is not the version that was sent: its numbers may differ.",
    ]
    assert [row["Model"] for row in table(page)] == ["DIN", "Average pooling"]


def test_two_users_lie_side_by_side_by_category(visit: Visit, world: World) -> None:
    page = visit("compare", by="users", other="8")
    assert not page.exception and not page.warning
    own, other = scored(world, "din", ["b2"]), scored(world, "din", ["b2"], user="8")
    rows = table(page)
    assert [row["DIN"] for row in rows] == [percent(s.probability[0]) for s in (own, other)]
    assert [row["Behaviors"] for row in rows] == ["25", "2"]
    heat = cells(page)
    by_category = dict(zip(heat["x"], np.array(heat["z"], dtype=float).T, strict=True))
    beers = [b.item.fields["category"] == "Beers" for b in own.behaviors]
    counts = np.array([b.count for b in own.behaviors])
    assert by_category["Beers"][0] == pytest.approx(float((own.weight[0] * counts)[beers].sum()), rel=1e-5)
    assert np.isnan(by_category["Hardware"][1])
    assert rows_in_files(page) == ["7", "8"]


def test_without_a_second_user_in_the_address_another_one_is_there(visit: Visit) -> None:
    page = visit("compare", by="users", other="nobody")
    assert len(said(page)) == 1 and "nobody" in said(page)[0]
    assert len(table(page)) == 2
    assert boxes(page)["Compared with"]["selected"]["id"] != "7"


def test_a_user_without_behaviors_has_rows_and_no_map(visit: Visit) -> None:
    page = visit("compare", user="10", item=["b2", "m1"])
    assert not page.exception and not page.get("plotly_chart")
    assert len(table(page)) == 2
    assert "There is no behavior before that time." in words(page)


def test_an_address_never_holds_more_candidates_than_links_do(visit: Visit, world: World) -> None:
    page = visit("compare", user="7", item=["b2", "m2", "n1", "c1", "b1", "m1", "x1"])
    assert len(chosen(page)) == 7 <= MAX_CANDIDATES
    assert len(page.query_params["item"]) == 7


def test_the_address_holds_how_each_of_its_tables_is_read(visit: Visit) -> None:
    page = visit("compare", **{"table": ["compare_ranking;sort,-probability", "heatmap;find,milk"]})
    assert sent_records(page, "compare_ranking")[0]["state"]["sort"] == "-probability"
    assert sent_records(page, "heatmap_table")[0]["state"]["find"] == "milk"
    assert page.query_params["table"] == ["compare_ranking;sort,-probability", "heatmap;find,milk"]
    assert not page.warning


@pytest.mark.parametrize(("key", "value"), [("compare_by", "users"), ("compare_fold", "category")])
def test_a_sort_of_the_heat_map_does_not_outlast_what_its_columns_were(visit: Visit, key: str, value: str) -> None:
    page = visit("compare", table=["heatmap;sort,-row_2;columns,item,row_2", "compare_ranking;sort,rank"])
    assert sent_records(page, "heatmap_table")[0]["state"]["sort"] == "-row_2"
    page.segmented_control(key=key).set_value(value).run()
    assert not page.exception and not page.warning
    state = sent_records(page, "heatmap_table")[0]["state"]
    assert (state["sort"], state["columns"]) == (None, [])
    assert page.query_params["table"] == "compare_ranking;sort,rank"


def test_an_item_of_the_heat_map_leads_to_its_behaviors_on_inspect(visit: Visit) -> None:
    page = visit("compare")
    head, body = sent_records(page, "heatmap_table")
    ids = held_records(page, "heatmap_table")["item_id"]
    assert head["sums"] == 2 and body["links"][-2:] == ["", ""]
    path, _, query = body["links"][0].partition("?")
    assert (path, parse_qs(query)["behavior"]) == ("explain-inspect", [ids[0]])


@pytest.mark.parametrize(
    ("letters", "width", "lines"), [([], 1056, 1), ([30] * 5, 1056, 1), ([30] * 6, 1056, 2), ([30] * 40, 294, 5)]
)
def test_choices_take_the_lines_that_their_texts_need(letters: list[int], width: int, lines: int) -> None:
    assert lines_of(["x" * n for n in letters], width) == lines
