"""The map of items: every point once, its category in colour and shape, the history and candidate ringed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest

from din_core.figures.item_space import (
    SYMBOLS,
    SpaceInfo,
    category_slots,
    item_space_info,
    logit,
    plot_item_space,
    sizes,
)
from din_core.figures.palette import DARK, LIGHT, LIGHT_OTHER


@pytest.fixture
def info() -> SpaceInfo:
    """Five points: milk and cheese are Dairy, beer Drinks, nails <b>Hardware</b>, and one that several share."""
    return item_space_info(
        points=np.array([[0, 0], [1, 0], [2, 1], [3, 1], [4, 4]]),
        embedding=np.array([10, 11, 12, 13, 14]),
        title=["Milk", "Cheese", "Beer", "Nails <1 lb>", "Rare"],
        category=["Dairy", "Dairy", "Drinks", "Hardware", None],
        count=np.array([1, 1, 1, 1, 300]),
        repeats={10: 12, 13: 1, 99: 4},
        candidate=12,
        focus=13,
        slots={"Dairy": 3, "Drinks": 0},
    )


def trace(figure: go.Figure, name: str) -> go.Scatter:
    (found,) = (t for t in figure.data if t.name == name)
    return found


def test_every_point_is_drawn_once_in_its_categorys_colour_and_shape(info: SpaceInfo) -> None:
    figure = plot_item_space(info)
    dots = [t for t in figure.data if t.customdata is not None]
    assert sorted(e for t in dots for e in t.customdata) == [10, 11, 12, 13, 14]
    dairy = trace(figure, "Dairy")
    assert (list(dairy.x), list(dairy.customdata)) == ([0, 1], [10, 11])
    assert (dairy.marker.color, dairy.marker.symbol) == (LIGHT[3], SYMBOLS[3])
    assert trace(figure, "other categories").marker.color == LIGHT_OTHER
    assert list(trace(figure, "other categories").customdata) == [13]
    assert list(trace(figure, "no category, or several").customdata) == [14]
    assert trace(plot_item_space(info, dark=True), "Dairy").marker.color == DARK[3]


def test_rings_mark_the_history_and_the_candidate(info: SpaceInfo) -> None:
    figure = plot_item_space(info)
    assert list(trace(figure, "in the history").x) == [0, 3]
    assert (list(trace(figure, "candidate").x), list(trace(figure, "candidate").y)) == ([2], [1])
    assert list(trace(figure, "item looked at").x) == [3]
    away = plot_item_space(replace(info, candidate=None, focus=None, repeats=np.zeros(5, np.int64)))
    assert {t.name for t in away.data}.isdisjoint({"candidate", "in the history", "item looked at"})
    assert "item looked at" not in {t.name for t in plot_item_space(replace(info, focus=2)).data}  # the candidate


def test_a_shared_embedding_is_one_larger_point_that_says_so(info: SpaceInfo) -> None:
    rare = trace(plot_item_space(info), "no category, or several")
    assert rare.marker.size[0] > 2 * trace(plot_item_space(info), "Dairy").marker.size[0]
    assert "300 items share this embedding" in rare.text[0]
    assert sizes(np.array([1, 2, 4])).tolist() == [6, 8, 10]


def test_what_the_store_says_is_no_markup(info: SpaceInfo) -> None:
    assert "Nails &lt;1 lb&gt;" in trace(plot_item_space(info), "other categories").text[0]
    assert "1× in the history" in trace(plot_item_space(info), "other categories").text[0]


def test_scores_take_the_colour_and_leave_the_shape(info: SpaceInfo) -> None:
    probability = np.array([0.5, 0.25, 0.1, 0.02, 0.9])
    figure = plot_item_space(replace(info, probability=probability))
    dairy, shape = (t for t in figure.data if t.name == "Dairy")
    assert (dairy.showlegend, shape.marker.symbol, shape.x) == (False, SYMBOLS[3], (None,))
    np.testing.assert_allclose(dairy.marker.color, logit(probability[:2]))
    assert dairy.marker.symbol == SYMBOLS[3]
    assert "25.0\N{NO-BREAK SPACE}%" in dairy.text[1]
    axis = figure.layout.coloraxis
    assert (axis.cmin, axis.cmax) == pytest.approx((np.log(0.02 / 0.98), np.log(9)))
    assert list(axis.colorbar.ticktext) == [f"{p}\N{NO-BREAK SPACE}%" for p in (3, 10, 30, 50, 70, 90)]
    assert axis.colorbar.tickvals[3] == 0


def test_of_categories_that_share_a_colour_the_first_named_has_it_and_then_the_most_frequent() -> None:
    category, own = ["a", "b", "b", "c", "c", "c", None, "d"], {"a": 0, "b": 1, "c": 1, "d": 0, "gone": 5}
    assert category_slots(category, ["gone", "b"], own) == {"b": 1, "a": 0}
    assert category_slots(category, ["d"], own) == {"d": 0, "c": 1}
    assert category_slots([None], [], own) == {}
