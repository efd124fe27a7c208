"""Why this one above that one, over real (untrained) networks: the gap in words, tiles, waterfall and rows, and the
ways that lead here."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from din_core.domain import ScoreGap
from din_core.domain.written import change_decimals
from din_core.explain import score_gap
from din_core.explain.reasons import score_gap as reasons
from din_core.figures.gap.waterfall import signed
from din_core.pages.language.labels import percent
from din_core.pages.widgets.record_table.record_table import TickedRows
from din_core.scoring import rescorer_for
from tests.pages.conftest import World
from tests.pages.page_contents import boxes, held_records, read, records, said, sent_records, words
from tests.small_world import MONDAY

Visit = Callable[..., AppTest]
AT = {"user": "7", "at": "2017-11-20T00:00:00Z"}


def measured(world: World, one: tuple[str, str], two: tuple[str, str]) -> ScoreGap:
    """What the core says of two pairs of a model and an item."""
    shown = {i.item.item_id: i for i in world.store.impressions("7") if i.timestamp == MONDAY}
    history = world.store.history("7", MONDAY)
    rescorers = [
        rescorer_for(world.scorers[model], history, shown[item].item, shown[item].context) for model, item in (one, two)
    ]
    return score_gap(*rescorers, "category")


def shown_percents(found: ScoreGap) -> list[str]:
    """As the tiles give both, with a decimal more where their difference would not add up."""
    decimals = change_decimals(found.second, found.first)
    return [percent(found.first, decimals), percent(found.second, decimals)]


def links(page: AppTest) -> dict[str, dict[str, list[str]]]:
    """The query of each link on the page, by label."""
    return {read(e.proto.label): parse_qs(e.proto.query_string) for e in page.get("page_link")}


def parts(page: AppTest) -> pd.DataFrame:
    """The table of the bars."""
    return held_records(page, "gap_table")


def bars(page: AppTest) -> dict[str, Any]:
    (chart,) = page.get("plotly_chart")
    found: dict[str, Any] = json.loads(chart.proto.spec)["data"][0]
    return found


def tick(page: AppTest, key: str, *rows: int) -> AppTest:
    """Tick rows of a table, as the session keeps what the browser reports."""
    keys = sent_records(page, key)[1]["keys"]
    page.session_state["din_lens"].of(TickedRows).by_table[key] = tuple(keys[row] for row in rows)
    return page.run()


def test_two_candidates_are_shown_with_their_gap_in_parts_that_add_up(visit: Visit, world: World) -> None:
    page = visit("compare-gap", **AT, item=["b2", "m2"])
    assert not page.exception and not page.warning
    found = measured(world, ("din", "b2"), ("din", "m2"))
    assert [tile.value for tile in page.metric] == shown_percents(found)
    assert "Bought." in words(page) and "Not bought." in words(page)
    assert page.selectbox(key="model_0").label == "Model"
    table = parts(page).set_index("part")
    difference = table["difference_points"]
    assert difference["The gap"] == pytest.approx(100 * found.gap)
    assert difference.drop("The gap").sum() == pytest.approx(100 * found.gap)
    assert difference["Without any history"] == pytest.approx(100 * found.empty)
    assert set(table.index) == {"Without any history", "Dairy", "Beers", "Hardware", "The gap"}


def test_the_waterfall_goes_from_no_gap_to_all_of_it(visit: Visit, world: World) -> None:
    chart = bars(visit("compare-gap", **AT, item=["b2", "m2"]))
    found = measured(world, ("din", "b2"), ("din", "m2"))
    assert chart["base"][0] == chart["base"][-1] == 0
    for begin, length, following in zip(chart["base"][:-1], chart["x"][:-1], chart["base"][1:-1], strict=False):
        assert begin + length == pytest.approx(following)
    assert chart["base"][-2] + chart["x"][-2] == pytest.approx(chart["x"][-1]) == pytest.approx(100 * found.gap)


def test_parts_may_be_items_and_the_address_says_so(visit: Visit) -> None:
    page = visit("compare-gap", **AT, item=["b2", "m2"])
    page.segmented_control(key="gap_parts").set_value("item").run()
    assert page.query_params["gap.parts"] == "item"
    assert "Milk · 1 gal · Private" in set(parts(page)["part"])
    again = visit("compare-gap", **AT, item=["b2", "m2"], **{"gap.parts": "item"})
    pd.testing.assert_frame_equal(parts(again), parts(page))


def test_a_part_that_is_an_item_leads_to_its_behaviors_on_inspect(visit: Visit) -> None:
    page = visit("compare-gap", **AT, item=["b2", "m2"], **{"gap.parts": "item", "gap.table": "gap;sort,-behaviors"})
    head, body = sent_records(page, "gap_table")
    held = parts(page)
    assert (body["links"][0], body["links"][-1]) == ("", "")  # without any history, and the gap
    for item_id, link in list(zip(held["item_id"], body["links"], strict=True))[1:-1]:
        path, _, query = link.partition("?")
        assert (path, parse_qs(query)["behavior"]) == ("explain-inspect", [item_id])
    assert head["state"]["sort"] == "-behaviors"
    (box,) = [box for box in page.expander if box.label == "The parts as a table"]
    assert box.proto.expanded  # its table is in the link


def test_where_the_items_of_a_category_cancel_sentence_and_bars_go_by_items(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reasons, "CANCELLED_LEAST", 0)
    monkeypatch.setattr(reasons, "CANCELLED", 0)
    page = visit("compare-gap", **AT, item=["b2", "m2"])
    assert page.segmented_control(key="gap_parts").value == "item"
    assert "Milk · 1 gal · Private" in set(parts(page)["part"])
    assert "of Dairy" not in words(page)
    page.segmented_control(key="gap_parts").set_value("category").run()
    assert "Dairy" in set(parts(page)["part"])
    assert page.query_params["gap.parts"] == "category"


def test_each_behavior_that_differs_is_a_link_with_its_effects_and_weights(visit: Visit, world: World) -> None:
    page = visit("compare-gap", **AT, item=["b2", "m2"])
    found = measured(world, ("din", "b2"), ("din", "m2"))
    labels = [part.item.label for part in found.by_item.parts if part.item is not None][:5]
    shown = [label for label in links(page) if label in labels]
    assert shown == labels
    there = links(page)[labels[0]]
    assert there["behavior"] == [found.by_item.parts[0].name]
    assert there["item"] in (["b2"], ["m2"])
    part = found.by_item.parts[0]
    assert f"{signed(100 * part.gap, change_decimals(part.second, part.first))} points" in words(page)
    assert words(page).count("ctivation weight ") >= len(labels)


def test_two_models_on_one_candidate_are_compared(visit: Visit, family: World) -> None:
    page = visit("compare-gap", **AT, item="m2", models="din,dien", **{"gap.between": "models"})
    assert not page.exception
    found = measured(family, ("din", "m2"), ("dien", "m2"))
    assert [tile.value for tile in page.metric] == shown_percents(found)
    assert parts(page).set_index("part")["difference_points"]["The gap"] == pytest.approx(100 * found.gap)
    assert {"DIN", "DIEN"} <= set(links(page))
    assert links(page)["DIEN"]["models"][0].startswith("dien@")  # shown under the model that it tells of


def test_a_single_candidate_is_compared_with_the_best_of_those_shown_then(visit: Visit, world: World) -> None:
    page = visit("compare-gap", **AT, item="m2")
    items = world.store.items(["b2", "n1"])
    shown = {i.item.item_id: i for i in world.store.impressions("7") if i.timestamp == MONDAY}
    contexts = [shown[item.item_id].context for item in items]
    best = items[int(world.scorers["din"].score(world.store.history("7", MONDAY), items, contexts).logit.argmax())]
    found = measured(world, ("din", "m2"), ("din", best.item_id))
    assert [tile.value for tile in page.metric] == shown_percents(found)
    assert boxes(page)["Second candidate: any item of the catalogue"]["selected"]["label"] == best.label


def test_without_a_second_candidate_one_is_asked_for(visit: Visit) -> None:
    page = visit("compare-gap", user="10", item="n1", **{"gap.between": "candidates"})
    assert not page.exception
    assert "There is one candidate only: choose a second one." in words(page)


def test_an_unknown_choice_of_a_link_is_told(visit: Visit) -> None:
    page = visit("compare-gap", **AT, item=["b2", "m2"], **{"gap.between": "users"})
    assert "The link's gap.between “users” is unknown; known are candidates, models." in said(page)[0]
    assert len(page.metric) == 2


def test_a_user_without_behaviors_has_a_gap_that_is_of_the_items_alone(visit: Visit) -> None:
    page = visit("compare-gap", user="10", item=["b2", "m2"], at="2017-11-20T00:00:00Z")
    assert not page.exception
    assert list(parts(page)["part"]) == ["Without any history", "The gap"]
    assert "Behaviors that differ most" not in [head.value for head in page.subheader]


def test_the_page_speaks_chinese_with_the_same_numbers(visit: Visit) -> None:
    page = visit("compare-gap", **AT, item=["b2", "m2"])
    english = records(page, "gap_table")["Difference, points"].tolist()
    page.button(key="language_zh").click().run()
    assert not page.exception
    assert [head.value for head in page.header] == ["为什么这个高于那个"]
    assert "个百分点" in words(page)
    assert records(page, "gap_table")["差（百分点）"].tolist() == english


def test_two_ticked_candidates_lead_here_with_both(visit: Visit, world: World) -> None:
    page = visit("compare-scenarios", **AT, item=["b2", "m2", "n1"])
    names = list(records(page, "compare_ranking")["Candidate"].iloc[[0, 2]])
    assert not any(label.startswith("Why ") for label in links(page))
    check_leads(world, tick(page, "compare_ranking", 2, 0), names)


def test_two_ticked_items_of_the_ranked_catalogue_lead_here_with_both(visit: Visit, world: World) -> None:
    page = visit("compare-catalogue", **AT, item=["b2", "m2", "n1"])
    assert page.session_state["din_lens"].results.found["ranking"][1].wait(60)
    names = list(records(page.run(), "ranking")["Item"].iloc[[0, 2]])
    assert not any(label.startswith("Why ") for label in links(page))
    check_leads(world, tick(page, "ranking", 2, 0), names)


def check_leads(world: World, page: AppTest, names: list[str]) -> None:
    """The link that explains the gap names these two, the upper one first."""
    there = links(page)[f"Why {names[0]} above {names[1]}"]
    assert [item.label for item in world.store.items(there["item"])][:2] == names
    assert there["gap.between"] == ["candidates"]


def test_two_ticked_models_lead_here_with_both(visit: Visit, family: World) -> None:
    page = visit("compare-scenarios", **AT, item="m2", by="models")
    names = list(records(page, "compare_models_table")["Model"])
    page = tick(page, "compare_models_table", 0, 2)
    there = links(page)[f"Why {names[0]} says other than {names[2]}"]
    assert there["gap.between"] == ["models"]
    assert len(there["models"][0].split(",")) == 2


def test_two_models_side_by_side_lead_here(visit: Visit, family: World) -> None:
    page = visit("compare-models", **AT, item="m2", models="dot,dien")
    there = links(page)["Why one says more than the other"]
    assert (there["gap.between"], there["item"]) == (["models"], ["m2"])
    assert [name.split("@")[0] for name in there["models"][0].split(",")] == ["dot", "dien"]


def test_the_order_of_the_two_turns_every_sign(visit: Visit) -> None:
    one, two = (
        parts(visit("compare-gap", **AT, item=items)).set_index("part")["difference_points"]
        for items in (["b2", "m2"], ["m2", "b2"])
    )
    assert two.to_dict() == pytest.approx({name: -value for name, value in one.items()})


def test_items_of_one_short_name_are_called_by_their_whole_titles(visit: Visit) -> None:
    page = visit("compare-gap", **AT, item=["m1", "m2"])
    assert "Milk · 1 gal · Private" in words(page)
    assert "Milk · 1 qt · National" in words(page)
