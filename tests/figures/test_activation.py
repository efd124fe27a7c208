"""The activation chart's numbers are the model's, and its colours are chosen by the weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from din_core.domain import History, Scores, UnitReading, User
from din_core.figures import (
    Timeline,
    activation_info,
    activation_infos,
    gap_response_info,
    plot_activation,
    plot_gap_response,
    timeline_info,
)


def test_the_info_holds_the_weights_as_they_are(scores: Scores, timeline: Timeline) -> None:
    info = activation_info(scores, timeline)
    assert info.weight.tolist() == [2.0, 1.0, -0.5, 0.25]
    assert info.repeats.tolist() == [2, 1, 1, 1]
    assert info.total.tolist() == [4.0, 1.0, -0.5, 0.25]
    assert (info.model, info.normalisation, info.candidate.label) == ("DIN", "none", "Butter")


def test_interest_intensity_counts_repeats(scores: Scores, timeline: Timeline) -> None:
    for c, info in enumerate(activation_infos(scores, timeline)):
        assert info.intensity == pytest.approx(float(scores.intensity[c]))
    assert activation_info(scores, timeline).intensity == 4.75


def test_average_pooling_is_one_over_all_lines(scores: Scores, timeline: Timeline) -> None:
    info = activation_info(scores, timeline)
    assert info.reference == pytest.approx(1 / 5)
    assert info.reference * info.repeats.sum() == pytest.approx(1)


def test_sum_pooling_has_no_reference(scores: Scores, timeline: Timeline) -> None:
    info = activation_info(replace(scores, pooling="sum", weight=np.ones((2, 4))), timeline)
    assert (info.reference, info.extent, info.intensity) == (None, (0.0, 1.0), 5.0)


def test_a_model_of_sequences_has_a_weight_for_every_line(scores: Scores, history: History) -> None:
    behaviors = history.plain()
    attention = np.array([[0.1, 0.4, 0.2, 0.2, 0.1]] * 2)
    sequence = replace(scores, pooling="evolution", behaviors=behaviors, weight=attention)
    info = activation_info(sequence, timeline_info(history, behaviors))
    assert info.total.tolist() == attention[0].tolist()
    assert info.reference == pytest.approx(1 / 5)
    assert [(g.category, g.weight, g.lines) for g in info.groups] == [
        ("Dairy", pytest.approx(0.7), 3),
        ("Drinks", pytest.approx(0.2), 1),
        ("other", pytest.approx(0.1), 1),
    ]
    assert "attention weights for Butter" in plot_activation(info).to_json()


def test_the_axis_holds_every_weight_zero_and_the_reference(scores: Scores, timeline: Timeline) -> None:
    assert activation_info(scores, timeline, 0).extent == (-0.5, 2.0)
    assert activation_info(scores, timeline, 1).extent == (-0.125, 3.0)
    tiny = activation_info(replace(scores, weight=scores.weight * 1e-3), timeline)
    assert tiny.extent == (-0.0005, pytest.approx(0.2))


def test_categories_rank_by_what_they_add_up_to(scores: Scores, timeline: Timeline) -> None:
    groups = activation_info(scores, timeline).groups
    assert [(g.category, g.weight, g.lines) for g in groups] == [
        ("Dairy", 5.0, 3),
        ("Drinks", -0.5, 1),
        ("other", 0.25, 1),
    ]
    assert groups[-1].slot is None


def test_a_category_keeps_its_colour_from_candidate_to_candidate(scores: Scores, timeline: Timeline) -> None:
    butter, wine = activation_infos(scores, timeline)
    assert [g.category for g in butter.groups] == ["Dairy", "Drinks", "other"]
    assert [g.category for g in wine.groups] == ["Drinks", "Dairy", "other"]
    slots = [{g.category: g.slot for g in info.groups} for info in (butter, wine)]
    assert slots[0] == slots[1]
    assert butter.slot == (slots[0]["Dairy"], slots[0]["Dairy"], slots[0]["Drinks"], None)


def test_a_category_has_the_colour_that_the_store_gives_it(scores: Scores, timeline: Timeline) -> None:
    butter, wine = activation_infos(scores, timeline, slots={"Drinks": 4, "Dairy": 2})
    assert (butter.slot, wine.slot) == ((2, 2, 4, None), (2, 2, 4, None))
    clash = activation_infos(scores, timeline, slots={"Drinks": 2, "Dairy": 2})
    assert [info.slot for info in clash] == [(2, 2, None, None), (None, None, 2, None)]
    assert [group.category for group in clash[0].groups] == ["Dairy", "other"]


def test_scores_of_another_history_are_refused(scores: Scores, timeline: Timeline) -> None:
    with pytest.raises(ValueError, match="not of the same history"):
        activation_info(replace(scores, behaviors=scores.behaviors[:2]), timeline)


def test_an_empty_history_has_no_bars_and_no_reference(scores: Scores, timeline: Timeline) -> None:
    empty = replace(scores, behaviors=(), weight=np.zeros((2, 0)))
    info = activation_info(empty, timeline_info(History(User("u"), timeline.as_of, ()), ()))
    assert (info.reference, info.intensity, info.groups, info.extent) == (None, 0.0, (), (0.0, 0.0))
    assert plot_activation(info).to_dict()["data"] == []


def test_the_figure_draws_every_line_once(scores: Scores, timeline: Timeline) -> None:
    info = activation_info(scores, timeline)
    figure = plot_activation(info)
    drawn = sorted((x, y) for trace in figure.data for x, y in zip(trace.x, trace.y, strict=True))
    rows = info.timeline.line_behavior
    assert drawn == sorted(zip(info.timeline.position.tolist(), info.weight[rows].tolist(), strict=True))
    assert [trace.name for trace in figure.data] == ["Dairy", "Drinks", "other"]


def test_an_activation_weight_is_never_called_something_else(scores: Scores, timeline: Timeline) -> None:
    words = plot_activation(activation_info(scores, timeline)).to_json().lower()
    assert "activation weight" in words
    for wrong in ("importance", "attribution", "percent", "contribution"):
        assert wrong not in words


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
