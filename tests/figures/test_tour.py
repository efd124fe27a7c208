"""The tour's chart: both panels of one candidate."""

from __future__ import annotations

import pytest

from din_core.domain.tour import TourCandidate, TourCategory
from din_core.figures.tour import TourLabels, plot_tour, reach_of, tour_info, written

CANDIDATE = TourCandidate(
    "Keyboard",
    True,
    {"din": 0.9, "base": 0.5},
    (
        TourCategory("Lipstick", 9, False, {"din": -0.25, "base": 0.75}, {"din": 0.0, "base": 5.0}),
        TourCategory("Mouse", 3, True, {"din": 0.5, "base": 0.25}, {"din": 40.0, "base": 2.0}),
    ),
)


def test_the_largest_weight_stands_first_whatever_its_sign() -> None:
    assert [bar.name for bar in tour_info(CANDIDATE, "din").bars] == ["Mouse", "Lipstick"]
    assert [bar.name for bar in tour_info(CANDIDATE, "base").bars] == ["Lipstick", "Mouse"]


def test_charts_of_several_models_share_axes_as_wide_as_the_widest_bar() -> None:
    assert reach_of(CANDIDATE, ("din", "base")) == pytest.approx((1.12 * 0.75, 1.12 * 40))


def test_the_chart_draws_weight_and_effect_of_every_category_and_colours_the_reasons() -> None:
    figure = plot_tour(tour_info(CANDIDATE, "din"), TourLabels(cause="reason", other="none"))
    drawn = {(trace.name, trace.xaxis): (list(trace.y), list(trace.x)) for trace in figure.data}
    assert drawn == {
        ("reason", "x"): (["Mouse · 3×"], [0.5]),
        ("reason", "x2"): (["Mouse · 3×"], [40.0]),
        ("none", "x"): (["Lipstick · 9×"], [-0.25]),
        ("none", "x2"): (["Lipstick · 9×"], [0.0]),
    }
    assert figure.data[0].marker.color != figure.data[2].marker.color


def test_numbers_are_written_with_a_true_minus_and_zero_without_a_sign() -> None:
    assert written(-0.25, "weight") == "−0.25"
    assert written(77.628, "effect") == "+77.6"
    assert written(-0.001, "effect") == "0.0"
