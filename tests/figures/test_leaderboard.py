"""The leaderboard's chart: what the table says, best first, each with its interval."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from din_core.domain.leaderboard import Leaderboard
from din_core.figures import leaderboard_info, plot_leaderboard
from din_core.metrics.leaderboard_file import NAME, read_leaderboard
from tests.small_board import board


@pytest.fixture
def found(tmp_path: Path) -> Leaderboard:
    (tmp_path / NAME).write_text(json.dumps(board()), "utf-8")
    read = read_leaderboard(tmp_path)
    assert read is not None
    return read


def test_the_best_stands_first(found: Leaderboard) -> None:
    assert [dot.title for dot in leaderboard_info(found, "auc").dots] == ["DIN", "DIEN", "Average pooling"]
    by_loss = leaderboard_info(found, "ece")
    assert [dot.title for dot in by_loss.dots] == ["Average pooling", "DIN"]
    assert by_loss.missing == ("DIEN",)


def test_each_dot_has_its_own_interval(found: Leaderboard) -> None:
    din = leaderboard_info(found, "gauc").dots[0]
    assert (din.mean, din.sd, din.low, din.high) == (0.755, 0.002, 0.745, 0.765)


def test_models_at_hand_are_marked(found: Leaderboard) -> None:
    info = leaderboard_info(found, "auc", {"din", "base", "not on the board"})
    assert {dot.title: dot.here for dot in info.dots} == {"DIN": True, "DIEN": False, "Average pooling": True}


def test_the_reference_is_the_line_of_the_board(found: Leaderboard) -> None:
    info = leaderboard_info(found, "auc")
    assert (info.reference, info.reference_title) == (0.7, "Average pooling")
    assert leaderboard_info(found, "rela_impr").reference == 0


def test_the_base_rate_is_a_line_among_log_losses_alone(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(json.dumps({**board(), "base_rate_log_loss": 0.5623}), "utf-8")
    found = read_leaderboard(tmp_path)
    assert found is not None
    info = leaderboard_info(found, "log_loss")
    assert info.base_rate == 0.5623
    lines = {line.name: line.x0 for line in plot_leaderboard(info).layout.shapes}
    assert lines == {"Average pooling": 0.49, "base rate": 0.5623}
    assert leaderboard_info(found, "ece").base_rate is None


def test_the_figure_draws_every_dot_with_its_interval(found: Leaderboard) -> None:
    figure = plot_leaderboard(leaderboard_info(found, "auc", {"din"}))
    drawn = {
        title: (x, pytest.approx(x - down), pytest.approx(x + up))
        for trace in figure.data
        for title, x, down, up in zip(trace.y, trace.x, trace.error_x.arrayminus, trace.error_x.array, strict=True)
    }
    assert drawn == {"DIN": (0.76, 0.75, 0.77), "DIEN": (0.74, 0.73, 0.75), "Average pooling": (0.7, 0.69, 0.71)}
    assert list(figure.layout.yaxis.categoryarray) == ["Average pooling", "DIEN", "DIN"]
    assert [list(trace.y) for trace in figure.data] == [["DIN"], ["DIEN", "Average pooling"]]


def test_what_has_no_interval_is_drawn_without_one(found: Leaderboard) -> None:
    info = leaderboard_info(found, "rela_impr")
    figure = plot_leaderboard(info)
    (trace,) = figure.data
    last = list(trace.y).index("Average pooling")
    assert (trace.error_x.array[last], trace.error_x.arrayminus[last]) == (0, 0)
    assert trace.customdata[last][1] == "95 % interval: –"
    assert trace.customdata[0][0] == "RelaImpr +30.0\N{NO-BREAK SPACE}% ± 1.0 over seeds"


def test_the_chart_is_as_high_for_every_metric(found: Leaderboard) -> None:
    full, partly = (plot_leaderboard(leaderboard_info(found, metric)) for metric in ("auc", "ece"))
    assert full.layout.height == partly.layout.height
    assert list(partly.layout.yaxis.categoryarray) == ["DIEN (no value)", "DIN", "Average pooling"]
