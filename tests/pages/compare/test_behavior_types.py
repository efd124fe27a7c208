"""The heat map of one type of behaviors: its weights are theirs, its link says so, and scores stay those of all."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from din_core.domain import Behavior, History, Item, User
from din_core.figures import HeatmapRow
from din_core.pages.compare.behavior_types import rows_of_type
from din_core.pages.compare.rows import MapRow
from tests.pages.conftest import World
from tests.pages.page_contents import records, words
from tests.small_world import MONDAY

Visit = Callable[..., AppTest]
MILK, NAILS = Item("m", "Milk"), Item("n", "Nails")
PAST = History(
    User("1"),
    100,
    (Behavior(MILK, 1, "view"), Behavior(NAILS, 2, "buy"), Behavior(MILK, 3, "buy"), Behavior(MILK, 5, "view")),
)


def of_type(row: HeatmapRow, kind: str) -> HeatmapRow:
    (found,) = rows_of_type([MapRow(row, PAST, "1")], kind)
    return found


def test_of_folded_repeats_those_of_the_type_are_counted_and_dated() -> None:
    whole = HeatmapRow("DIN", PAST.folded(), np.array([-1.0, 2.0]))  # nails, then milk
    milk = of_type(whole, "view")
    assert [(b.item, b.count, b.first_timestamp, b.last_timestamp) for b in milk.behaviors] == [(MILK, 2, 1, 5)]
    assert milk.weight.tolist() == [2.0]
    both = of_type(whole, "buy")
    assert [(b.item, b.count, b.last_timestamp) for b in both.behaviors] == [(NAILS, 1, 2), (MILK, 1, 3)]
    assert of_type(whole, "wish").behaviors == ()


def test_behaviors_that_stand_for_themselves_are_kept_with_their_own_weights() -> None:
    row = of_type(HeatmapRow("DIEN", PAST.plain(), np.array([1.0, 2.0, 3.0, 4.0])), "view")
    assert row.weight.tolist() == [1.0, 4.0]


@pytest.mark.parametrize("model", ["din", "din-reading"])
def test_the_map_holds_the_type_that_the_link_names(visit: Visit, typed: World, model: str) -> None:
    page = visit("compare", by="models", row=[model, "base"], type="view")
    assert not page.exception
    history, shown = typed.store.history("7", MONDAY), typed.store.impressions("7")[0]
    scores = typed.scorers[model].score(history, [shown.item], shown.context)
    lines = [b.item.item_id for b in history.behaviors if b.behavior_type == "view"]
    if model == "din":
        weight = dict(zip([b.item.item_id for b in scores.behaviors], scores.weight[0], strict=True))
        want = sum(weight[one] for one in lines)
    else:
        want = sum(w for b, w in zip(scores.behaviors, scores.weight[0], strict=True) if b.types == ("view",))
    table = records(page, "heatmap_table").set_index("Item")
    assert float(str(table.loc["Σw"].iloc[2]).replace("−", "-")) == pytest.approx(float(want), rel=1e-3)
    assert "This map and its table hold behaviors of the type view alone" in words(page)
    assert page.selectbox(key="compare_type").value == "view"


def test_another_type_is_chosen_and_stands_in_the_link(visit: Visit, typed: World) -> None:
    page = visit("compare")
    assert "type" not in page.query_params
    page.selectbox(key="compare_type").set_value("buy").run()
    assert page.query_params["type"] == "buy"
    page.selectbox(key="compare_type").set_value("").run()
    assert "type" not in page.query_params


def test_a_type_that_no_behavior_has_empties_the_map_with_a_word(visit: Visit, typed: World) -> None:
    page = visit("compare", type="wish")
    assert not page.exception and not page.get("plotly_chart")
    assert "There is no behavior of the type wish before that time." in words(page)


def test_where_behaviors_have_no_types_none_is_asked_for(visit: Visit) -> None:
    assert not [box for box in visit("compare").selectbox if box.key == "compare_type"]
