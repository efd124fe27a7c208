"""Curves and the map of a cohort's means, and calibration."""

from __future__ import annotations

import numpy as np
import pytest

from din_core.domain.cohort import Mean
from din_core.figures.calibration import CalibrationPoint, calibration_info, plot_calibration
from din_core.figures.cohort import BinsLabels, bins_info, categories_info, number, plot_bins, plot_categories

NAN = float("nan")


def mean(value: list[float], count: list[int]) -> Mean:
    """Intervals of ±.5; none where one user has behaviors."""
    values, counts = np.array(value), np.array(count)
    some = np.where(counts > 1, 0.5, NAN)
    return Mean(values, values - some, values + some, counts, np.minimum(counts, 7))


def test_bins_keep_means_intervals_and_sizes_and_leave_gaps() -> None:
    info = bins_info({"own": mean([1.0, NAN, -2.0], [10, 0, 1])}, ("0–1", "1–2", "2+"))
    ((name, (first, gap, last)),) = info.series
    assert (name, first.name, first.value, first.low, first.high, first.count, first.users) == (
        "own",
        "0–1",
        1.0,
        0.5,
        1.5,
        10,
        7,
    )
    assert (gap.value, gap.low, gap.count) == (None, None, 0)
    assert (last.value, last.low, last.high) == (-2.0, None, None)


@pytest.mark.parametrize("dark", [False, True])
def test_curves_draw_each_series_with_its_interval_and_say_what_it_is_of(dark: bool) -> None:
    info = bins_info({"own": mean([1.0, NAN], [10, 0]), "others": mean([0.25, 0.5], [4, 4])}, ("a", "b"))
    figure = plot_bins(info, dark, BinsLabels(x="age", y="weight"))
    own, others = figure.data
    assert list(own.y) == [1.0, None]
    assert list(others.y) == [0.25, 0.5]
    assert (own.error_y.array[0], own.error_y.arrayminus[0]) == (0.5, 0.5)
    assert own.customdata[0] == "own<br>age: a<br>weight: 1.00<br>95 %: 0.500 to 1.50<br>10 behaviors, 7 users"
    assert own.line.color != others.line.color and own.marker.symbol != others.marker.symbol


def test_the_map_leaves_out_categories_without_behaviors_and_centres_its_colours_at_zero() -> None:
    rows = {"Milk": mean([0.5, NAN, -0.25], [9, 0, 2]), "Beer": mean([-1.5, NAN, 0.0], [3, 0, 4])}
    info = categories_info(rows, ("Milk", "Nobody's", "Beer"))
    assert (info.rows, info.columns) == (("Milk", "Beer"), ("Milk", "Beer"))
    assert [[cell.value for cell in row] for row in info.cells] == [[0.5, -0.25], [-1.5, 0.0]]
    assert info.limit == 1.5
    (drawn,) = plot_categories(info).data
    assert (drawn.zmin, drawn.zmax) == (-1.5, 1.5)
    assert [list(row) for row in drawn.z] == [[0.5, -0.25], [-1.5, 0.0]]
    assert drawn.colorscale[2][0] == 0.5  # nearly the page's white at zero
    assert drawn.customdata[1][0] == "Beer on Milk: −1.50<br>95 %: −2.00 to −1.00<br>3 behaviors, 3 users"


def test_names_are_never_markup() -> None:
    info = categories_info({"<b>x</b>": mean([1.0], [5])}, ("<i>y</i>",))
    (drawn,) = plot_categories(info).data
    assert "<b>" not in drawn.customdata[0][0] and "<b>" not in drawn.y[0] and "<i>" not in drawn.x[0]


def test_a_long_category_is_named_in_full_on_both_axes() -> None:
    long = "Frozen vegetables & vegetable dishes"
    layout = plot_categories(categories_info({long: mean([1.0], [5])}, (long,))).layout
    assert layout.yaxis.ticktext == ("Frozen vegetables &amp;<br>vegetable dishes",)
    assert layout.xaxis.ticktext == ("Frozen vegetables &amp; vegetable dishes",)


def test_numbers_have_three_digits_that_say_something() -> None:
    assert [number(value) for value in (0.01234, -0.5, 12.34, 0.0, None)] == ["0.0123", "−0.500", "12.3", "0.000", "–"]
    assert number(0.0191, percent=True) == "1.9\N{NO-BREAK SPACE}%"


def test_calibration_draws_each_models_points_beside_the_diagonal() -> None:
    info = calibration_info({"DIN": ([0.1, 0.5], [0.2, 0.4], [30, 10]), "Base": ([0.3], [0.3], [40])})
    assert info.models[0] == ("DIN", (CalibrationPoint(0.1, 0.2, 30), CalibrationPoint(0.5, 0.4, 10)))
    diagonal, din, base = plot_calibration(info).data
    assert list(diagonal.x) == list(diagonal.y)
    assert (list(din.x), list(din.y)) == ([0.1, 0.5], [0.2, 0.4])
    assert din.customdata[0] == "DIN: predicted 10.0%, observed 20.0%, 30 impressions"
    assert din.line.dash != base.line.dash
