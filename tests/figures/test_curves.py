"""Learning curves hold what `metrics.json` says, and tell which checkpoint says nothing."""

from __future__ import annotations

from typing import Any

import pytest

from din_core.figures import curves_info, plot_curves

DIN = {
    "best_step": 20,
    "curve": [
        {"step": 10, "epoch": 0.5, "train_loss": 0.6, "auc": 0.7, "gauc": 0.69, "log_loss": 0.5},
        {"step": 20, "epoch": 1.0, "train_loss": 0.5, "auc": 0.75, "gauc": 0.74, "log_loss": 0.48},
        {"step": 30, "epoch": 1.5, "train_loss": 0.4, "auc": 0.74, "gauc": None, "log_loss": 0.49},
    ],
}


def test_a_curve_holds_each_evaluation_and_which_one_was_kept() -> None:
    (curve,) = curves_info({"DIN": DIN}, "train_loss").curves
    assert (curve.name, curve.epoch, curve.value, curve.kept) == ("DIN", (0.5, 1.0, 1.5), (0.6, 0.5, 0.4), 1)


def test_an_evaluation_without_a_value_is_left_out() -> None:
    (curve,) = curves_info({"DIN": DIN}, "gauc").curves
    assert (curve.epoch, curve.value, curve.kept) == ((0.5, 1.0), (0.69, 0.74), 1)


@pytest.mark.parametrize(
    "metrics",
    [{}, {"curve": []}, {"curve": None}, {"curve": "x"}, {"curve": [3]}, {"curve": [{"epoch": 1, "gauc": "high"}]}],
)
def test_a_checkpoint_that_tells_nothing_is_named(metrics: dict[str, Any]) -> None:
    info = curves_info({"DIN": DIN, "Other": metrics}, "gauc")
    assert ([curve.name for curve in info.curves], info.without) == (["DIN"], ("Other",))


def test_the_kept_evaluation_may_be_unknown() -> None:
    (curve,) = curves_info({"DIN": {"curve": DIN["curve"]}}, "auc").curves
    assert curve.kept is None


def test_no_two_of_eight_lines_look_alike() -> None:
    info = curves_info({f"model {n}": DIN for n in range(8)}, "auc")
    figure = plot_curves(info)
    assert len({(trace.line.color, trace.line.dash) for trace in figure.data}) == 8
    assert [trace.name for trace in figure.data] == [f"model {n}" for n in range(8)]
    assert list(figure.data[0].marker.symbol) == ["circle", "circle-open", "circle"]
