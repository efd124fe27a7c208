"""The waterfall of a gap: bars that follow one another from none of it to all of it."""

from __future__ import annotations

import pytest

from din_core.domain import GapPart, GapSplit, ScoreGap
from din_core.figures.gap.waterfall import WaterfallInfo, plot_waterfall, signed, waterfall_info

UP = GapPart("a", None, behaviors=6, items=2, first=0.30, second=0.05, error=0.002)
DOWN = GapPart("<b>", None, behaviors=1, items=1, first=-0.05, second=0.10)
REST = GapPart("", None, behaviors=9, items=1234, first=0.01, second=0.0)


@pytest.fixture
def info() -> WaterfallInfo:
    split = GapSplit((UP, DOWN), REST)
    found = ScoreGap(0.56, 0.45, 0.30, 0.30, by_item=split, by_category=None, exact=False, missed=0)
    return waterfall_info(found, split, {"a": "Mushrooms"})


def test_bars_follow_one_another_and_the_last_is_all_of_it(info: WaterfallInfo) -> None:
    assert [step.kind for step in info.steps] == ["empty", "part", "part", "rest", "gap"]
    assert [step.start for step in info.steps] == pytest.approx([0, 0, 25, 10, 0])
    assert [step.change for step in info.steps] == pytest.approx([0, 25, -15, 1, 11])
    assert info.extent == pytest.approx((0, 25))


def test_parts_have_their_names_behaviors_and_errors(info: WaterfallInfo) -> None:
    assert [step.name for step in info.steps] == [
        "Without any history",
        "Mushrooms",
        "<b>",
        "All else (1,234 items)",
        "The gap",
    ]
    assert [step.behaviors for step in info.steps] == [0, 6, 1, 9, 0]
    assert info.steps[1].error == pytest.approx(0.2)


def test_the_drawing_has_a_bar_and_a_number_for_each_and_takes_no_name_for_markup(info: WaterfallInfo) -> None:
    for dark in (False, True):
        figure = plot_waterfall(info, dark)
        (bar,) = figure.data
        assert list(bar.x) == pytest.approx([0, 25, -15, 1, 11])
        assert [note.text for note in figure.layout.annotations] == ["0.0", "+25.0", "−15.0", "+1.0", "<b>+11.0</b>"]
        assert {(note.xref, note.x) for note in figure.layout.annotations} == {("paper", 1)}  # right of all bars
        assert figure.layout.yaxis.ticktext[2] == "&lt;b&gt;"
        assert (
            bar.customdata[1]
            == "<b>Mushrooms</b><br>+25.00 points of probability<br>behaviors: 6<br>± 0.20 (standard error)"
        )
        assert len(set(bar.marker.color)) == 3


@pytest.mark.parametrize(("points", "text"), [(1.24, "+1.2"), (-0.4, "−0.4"), (-0.04, "0.0"), (0.0, "0.0")])
def test_numbers_have_their_sign_unless_they_are_nothing(points: float, text: str) -> None:
    assert signed(points) == text
