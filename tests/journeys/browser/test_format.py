"""Numbers and dates in the browser: the functions of `format.js`, called where they run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from din_core.pages.browser.sources import source

Call = Callable[..., Any]


@pytest.fixture(scope="module")
def call(browser: Browser) -> Iterator[Call]:
    """Call a function of format.js by name."""
    page = browser.new_page()
    page.add_script_tag(
        content=source(
            "browser/say.js",
            "browser/format.js",
            "browser/spreadsheet.js",
            "inspect/browser/links.js",
            "inspect/browser/save.js",
            "inspect/browser/tip.js",
            "inspect/browser/wording.js",
        )
    )
    yield lambda name, *values: page.evaluate(f"values => {name}(...values)", list(values))
    page.close()


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(1.25, 1, "1.3"), (-0.5, 2, "−0.50"), (-0.001, 2, "0.00"), (0, 0, "0"), (1234.5, 1, "1234.5")],
)
def test_a_number_has_fixed_decimals_and_no_negative_zero(call: Call, value: float, digits: int, text: str) -> None:
    assert call("fixed", value, digits) == text


def test_differences_carry_their_sign(call: Call) -> None:
    assert [call("signed", v, 1) for v in (2.04, -2.04, 0.01, -0.01)] == ["+2.0", "−2.0", "0.0", "0.0"]


def test_a_probability_is_never_shown_as_certain_when_it_is_not(call: Call) -> None:
    values = [0, 0.0004, 0.0006, 0.2345, 0.9994, 0.9999, 1]
    assert [call("percent", v) for v in values] == [
        "0.0 %",
        "< 0.1 %",
        "0.1 %",
        "23.4 %",
        "99.9 %",
        "> 99.9 %",
        "100.0 %",
    ]


def test_a_behavior_is_told_by_its_id_where_another_item_has_its_title(call: Call) -> None:
    time = {"title": ["Milk", "Milk", "Nails"], "id": ["1", "2", "3"], "alike": [0, 1], "count": [1, 1, 1]}

    def highest(values: list[float]) -> str:
        shown = {"values": values, "whole": False, "digits": 2, "effects": None}
        return str(call("spokenSummary", "Weights", {"title": "Stout"}, time, shown))

    assert "Highest: Milk · item 2, 3.00" in highest([1, 3, 2])
    assert "Highest: Nails, 3.00" in highest([1, 2, 3])


def test_two_probabilities_and_their_difference_add_up_as_they_are_written(call: Call) -> None:
    assert [call("changeDigits", *both) for both in ((0.12, 0.345), (0.16844, 0.16756))] == [1, 2]
    assert [call("percent", p, 2) for p in (0.16756, 0.00004, 0.99996)] == ["16.76 %", "< 0.01 %", "> 99.99 %"]


def test_dates_are_utc(call: Call) -> None:
    assert (call("day", 1511136000), call("day", 1511135999)) == ("20 Nov 2017", "19 Nov 2017")


@pytest.mark.parametrize(
    ("extent", "digits"), [([0, 1], 3), ([-12, 3], 2), ([0, 0.004], 6), ([0, 0], 7), ([0, 20000], 1)]
)
def test_decimals_show_the_largest_weight_with_four_digits(call: Call, extent: list[float], digits: int) -> None:
    assert call("digitsFor", extent) == digits


@pytest.mark.parametrize(
    ("low", "high", "wanted", "values", "digits"),
    [
        (-1, 3, 4, [-1, 0, 1, 2, 3], 0),
        (-0.31, 1.07, 5, [0, 0.5, 1], 1),
        (0, 0.0042, 4, [0, 0.002, 0.004], 3),
        (0, 0, 4, [0], 0),
        (-250, 30, 3, [-200, -100, 0], 0),
    ],
)
def test_axis_values_are_round_and_zero_is_one_of_them(
    call: Call, low: float, high: float, wanted: int, values: list[float], digits: int
) -> None:
    found = call("ticksBetween", low, high, wanted)
    assert found["values"] == [pytest.approx(v, abs=1e-12) for v in values]
    assert found["digits"] == digits


def test_names_of_files_hold_nothing_that_a_file_system_refuses(call: Call) -> None:
    assert call("fileName", ["din-lens", "../a b", "Käse/7", "din@86cd"]) == "din-lens_..-a-b_Käse-7_din@86cd"


def test_a_cell_of_the_csv_is_quoted_and_never_a_formula(call: Call) -> None:
    entry = {"title": '=cmd("x"), y', "id": None, "written": "-1+2", "types": [], "first": 0, "last": 0, "count": 2}
    rows = call("csvRows", [entry | {"weight": -0.5, "total": -1, "effect": None, "points": None}], {"user": "u"})
    cells = call("csvText", rows).splitlines()[1]
    assert cells == ('"\'=cmd(""x""), y",,\'-1+2,1970-01-01T00:00:00Z,1970-01-01T00:00:00Z,2,-0.5,-1,,,0,u')


def test_the_csv_keeps_whole_numbers_whole_and_says_nothing_for_what_is_missing(call: Call) -> None:
    assert call("csvText", [["n", "x", "none"], [1234567890, 1 / 3, None]]) == "n,x,none\r\n1234567890,0.3333333,\r\n"


def test_a_signed_number_is_no_formula(call: Call) -> None:
    assert call("csvText", [["+1.5 %", "-0.25", "+1+1"]]) == "+1.5 %,-0.25,'+1+1\r\n"
