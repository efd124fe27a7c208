"""One behavior's weight over the ranges of the time gap."""

from __future__ import annotations

import pytest

from din_core.domain import UnitReading
from din_core.figures import gap_response_info, plot_gap_response


def reading(gap: float, ranges=((0.0, 0.2), (1.0, 0.5), (7.0, -0.1))) -> UnitReading:
    return UnitReading(None, 0.5, 0.2, None, 0.3, (), ranges, gap)


@pytest.mark.parametrize(("gap", "own"), [(0.5, 0), (1.0, 1), (6.9, 1), (7.0, 2), (400.0, 2)])
def test_the_ranges_lie_end_to_end_and_the_behavior_is_in_one(gap: float, own: int) -> None:
    info = gap_response_info(reading(gap))
    assert (info.begin, info.end, info.weight) == ((0.0, 1.0, 7.0), (1.0, 7.0, 14.0), (0.2, 0.5, -0.1))
    assert (info.gap, info.own) == (gap, own)


@pytest.mark.parametrize("gap", [0.001, 3.0, 400.0])
def test_the_ring_is_on_the_line_and_on_the_axis(gap: float) -> None:
    line, ring = plot_gap_response(gap_response_info(reading(gap))).data
    assert line.x == (0.5, 1.0, 7.0, 14.0)
    assert line.y == (0.2, 0.5, -0.1, -0.1)
    assert line.x[0] <= ring.x[0] <= line.x[-1]
    steps = [y for x, y in zip(line.x, line.y, strict=True) if x <= ring.x[0]]
    assert ring.y[0] == steps[-1]


def test_a_model_that_reads_no_gaps_has_no_such_chart() -> None:
    with pytest.raises(ValueError, match="reads no time gaps"):
        gap_response_info(reading(1.0, ()))
