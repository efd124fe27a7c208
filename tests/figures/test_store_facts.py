"""Bars of a store's counts: every user and impression in one bar."""

from __future__ import annotations

from din_core.figures.palette import DARK, LIGHT
from din_core.figures.store_facts import per_user_info, plot_bars, weeks_info
from din_core.pages.widgets.charts import date_name

MONDAY = 1511136000
WEEK = 7 * 86400
WEEKS = [(MONDAY, "train", 8, 2), (MONDAY + WEEK, "train", 4, 3), (MONDAY + WEEK, "test", 2, 0)]


def test_users_stand_in_bars_that_double() -> None:
    info = per_user_info([(0, 2), (1, 5), (2, 1), (3, 1), (16, 4), (31, 1)])
    assert info.places == ("0", "1", "2–3", "4–7", "8–15", "16–31")
    assert info.counts == {"users": (2, 5, 2, 0, 0, 5)}
    assert per_user_info([(1024, 1)]).places == ("1,024–2,047",)
    assert per_user_info([]).places == ()


def test_weeks_hold_every_split_with_its_positive_rate() -> None:
    info = weeks_info(WEEKS, ["train", "valid", "test"], date_name)
    assert info.places == ("2017-11-20", "2017-11-27")
    assert info.counts == {"train": (8, 4), "test": (0, 2)}
    assert info.notes == {"train": ("25.0 %", "75.0 %"), "test": ("", "0.0 %")}


def test_the_figure_stacks_the_series_in_their_order() -> None:
    info = weeks_info(WEEKS, ["train", "test"], date_name)
    figure = plot_bars(info, "week", "bought")
    assert [(bar.name, list(bar.y), bar.marker.color) for bar in figure.data] == [
        ("train", [8, 4], LIGHT[0]),
        ("test", [0, 2], LIGHT[1]),
    ]
    assert figure.layout.barmode == "stack" and figure.layout.showlegend
    assert "bought: %{customdata}" in figure.data[0].hovertemplate
    assert plot_bars(info, "week", counted="impressions").layout.yaxis.title.text == "impressions"
    one = plot_bars(per_user_info([(1, 3)]), "behaviors", dark=True)
    assert (one.data[0].marker.color, one.layout.showlegend, one.data[0].customdata) == (DARK[0], False, None)
