from __future__ import annotations

import math

import pytest

from din_core.metrics import MetricError, rela_impr


def test_the_papers_rows_on_amazon_electronics() -> None:
    assert rela_impr(0.8818, 0.8624) == pytest.approx(0.0535, abs=5e-5)  # DIN
    assert rela_impr(0.7742, 0.8624) == pytest.approx(-0.2434, abs=5e-5)  # logistic regression


def test_half_again_the_distance_from_guessing_is_fifty_percent() -> None:
    assert rela_impr(0.65, 0.60) == pytest.approx(0.5)
    assert rela_impr(0.55, 0.60) == pytest.approx(-0.5)
    assert rela_impr(0.6, 0.6) == 0


@pytest.mark.parametrize(
    ("measured", "base", "message"),
    [
        (0.7, 0.5, "the base model's AUC is 0.5; RelaImpr needs one above 0.5"),
        (0.7, 0.4, "above 0.5"),
        (70.0, 0.6, "measured is 70, outside 0 to 1"),
        (0.7, math.nan, "base is nan"),
    ],
)
def test_values_without_a_rela_impr_are_refused(measured: float, base: float, message: str) -> None:
    with pytest.raises(MetricError, match=message):
        rela_impr(measured, base)
