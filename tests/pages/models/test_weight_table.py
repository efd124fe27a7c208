"""The leaderboard's figures of weights: shown where they were measured, and a reason where they were not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import World
from tests.pages.page_contents import read
from tests.small_board import board, weights

Visit = Callable[..., AppTest]
NOTHING: dict[str, Any] = {
    **dict.fromkeys(("split", "impressions", "tau", "same_sign", "covered", "tau_weights", "tau_effects")),
    "missing": "alike",
    "seeds_missing": "alike",
}


@pytest.fixture
def measured(family: World) -> World:
    """A leaderboard in which DIN's weights were measured with all seeds, DIEN's of its seeds apart."""
    made = board()
    apart = {"tau_weights": None, "tau_effects": None, "seeds_missing": "not together"}
    for row, own in zip(made["rows"], (NOTHING, weights(-0.3), weights(0.28, **apart)), strict=True):
        row["weights"] = own
    (family.checkpoints / "leaderboard.json").write_text(json.dumps(made), "utf-8")
    return family


def captions(page: AppTest) -> str:
    return read(" ".join(caption.value for caption in page.caption))


def test_the_figures_of_weights_stand_in_a_table_of_their_own(visit: Visit, measured: World) -> None:
    page = visit("models")
    table = page.table[0].value.map(lambda text: read(text).replace("\N{NO-BREAK SPACE}", " "))
    assert table.iloc[1].to_dict() == {
        "Model": "DIN",
        "Kendall τ": "−0.300 ± 0.050",
        "Same sign": "60 % ± 6",
        "Covered": "55 % ± 3",
        "Weights between seeds": "0.235",
        "Effects between seeds": "0.222",
        "Measured on": "300 impressions, test",
    }
    assert table.iloc[0].tolist() == ["Average pooling", *["–"] * 6]
    assert table.iloc[2]["Weights between seeds"] == "–"


def test_why_there_is_no_figure_is_said(visit: Visit, measured: World) -> None:
    said = captions(visit("models"))
    assert "A dash for Average pooling: every behavior of a history weighs the same." in said
    assert "A dash between seeds for DIEN: its seeds were not measured together" in said
    assert "A dash for DIN" not in said


def test_a_leaderboard_without_figures_of_weights_says_how_to_measure_them(visit: Visit, family: World) -> None:
    (family.checkpoints / "leaderboard.json").write_text(json.dumps(board()), "utf-8")
    page = visit("models")
    assert "How weights agree with effects is not in this leaderboard: run `python -m trainer faithf" in captions(page)
    assert "Kendall τ" not in page.table[0].value


def test_the_table_is_in_chinese_where_the_page_is(visit: Visit, measured: World) -> None:
    page = visit("models")
    page.button(key="language_zh").click().run()
    assert page.table[0].value.columns[2] == "同号"
    assert "Average pooling 为横线：历史中每个行为的权重都相同。" in captions(page)
