"""The path of an interest state in figures: lengths, projection and scores that fit on paper."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from din_core.domain import History
from din_core.domain.evolution import EvolutionPath
from din_core.figures import EvolutionInfo, evolution_info, plot_evolution, plot_path, timeline_info
from din_core.figures.evolution import principal
from din_core.figures.timeline import Tick
from tests.figures.conftest import AS_OF, DAY


@pytest.fixture
def path(history: History) -> EvolutionPath:
    """Five behaviors: (0, 0) → (3, 4) → (3, 4) → (3, 0) → (0, 0) → (6, 8), in a plane of three dimensions."""
    plane = np.array([[0, 0], [3, 4], [3, 4], [3, 0], [0, 0], [6, 8]], dtype=float)
    return EvolutionPath(
        behaviors=history.plain(),
        attention=np.array([0.5, 0.0, 0.25, 0.125, 0.125]),
        states=np.concatenate([plane, np.zeros((6, 1))], axis=1),
        logit=np.array([0.0, 1.0, -1.0, 2.0, 0.5, np.log(3)]),
    )


@pytest.fixture
def info(path: EvolutionPath, history: History) -> EvolutionInfo:
    return evolution_info(path, timeline_info(history, path.behaviors))


def test_steps_have_their_length_and_their_distance_from_the_final_state(info: EvolutionInfo) -> None:
    assert info.moved.tolist() == [5, 0, 4, 3, 10]
    assert info.left.tolist() == pytest.approx([10, 5, 5, 73**0.5, 10, 0])


def test_behaviors_stand_at_their_time_with_attention_and_score(info: EvolutionInfo) -> None:
    assert info.title == ("Milk", "Milk", "Cheese", "Beer", "Nails")
    assert info.category == ("Dairy", "Dairy", "Dairy", "Drinks", "unknown")
    assert info.time == tuple(AS_OF - days * DAY for days in (100, 50, 50, 50, 10))
    assert (np.diff(info.position) > 0).all()
    assert info.attention.tolist() == [0.5, 0.0, 0.25, 0.125, 0.125]
    assert info.probability[[0, -1]].tolist() == pytest.approx([0.5, 0.75])


def test_two_components_of_a_plane_explain_all_and_keep_every_distance(
    info: EvolutionInfo, path: EvolutionPath
) -> None:
    assert sum(info.share) == pytest.approx(1)
    assert info.share[0] > info.share[1] > 0
    apart = np.linalg.norm(info.place[:, None] - info.place[None], axis=2)
    np.testing.assert_allclose(apart, np.linalg.norm(path.states[:, None] - path.states[None], axis=2), atol=1e-9)


def test_shares_are_those_of_the_covariances_eigenvalues() -> None:
    states = np.random.default_rng(0).normal(size=(9, 4)) * [4, 3, 2, 1]
    _, share = principal(states)
    values = np.sort(np.linalg.eigvalsh(np.cov(states.T)))[::-1]
    assert share == pytest.approx(tuple(values[:2] / values.sum()))


def test_a_state_that_never_moves_and_a_path_of_one_step() -> None:
    place, share = principal(np.zeros((4, 3)))
    assert (place.any(), share) == (False, (0, 0))
    place, share = principal(np.array([[0.0, 0.0], [3.0, 4.0]]))
    assert share == pytest.approx((1, 0))
    assert place[:, 0].tolist() == pytest.approx([-2.5, 2.5])


def test_three_charts_share_one_time_axis(info: EvolutionInfo) -> None:
    figure = plot_evolution(info)
    score, moved, attention = figure.data
    assert list(score.y) == pytest.approx([*info.probability, info.probability[-1]])
    assert list(score.x[1:-1]) == list(moved.x) == list(attention.x) == info.position.tolist()
    assert (list(moved.y), list(attention.y)) == (info.moved.tolist(), info.attention.tolist())
    assert figure.layout.xaxis.matches == figure.layout.xaxis2.matches == "x3"
    assert figure.layout.shapes[0].y0 == 1 / 5
    assert score.customdata[0] == "before the first behavior"
    assert score.customdata[1] == "Milk<br>Dairy · 12 Aug 2017 · step 1"


def test_dates_below_the_charts_are_far_enough_apart_for_a_phone(info: EvolutionInfo) -> None:
    near = tuple(Tick(0, place, f"{n} Nov") for n, place in enumerate((0.0, 0.02, 0.5, 0.55, 0.9)))
    axis = plot_evolution(replace(info, ticks=near)).layout.xaxis3
    assert (list(axis.tickvals), list(axis.ticktext)) == ([0.0, 0.5, 0.9], ["0 Nov", "2 Nov", "4 Nov"])


def test_the_path_is_drawn_in_order_with_its_shares_on_the_axes(info: EvolutionInfo) -> None:
    figure = plot_path(info)
    (trace,) = figure.data
    assert (list(trace.x), list(trace.y)) == (info.place[:, 0].tolist(), info.place[:, 1].tolist())
    assert list(trace.marker.color) == [0, 1, 2, 3, 4, 5]
    assert figure.layout.xaxis.title.text == f"component 1: {100 * info.share[0]:.1f} % of the path's variance"
    assert figure.layout.yaxis.scaleanchor == "x"
    assert [a.text for a in figure.layout.annotations] == ["start", "final state"]
    assert trace.customdata[0].endswith("10 from the final state")


def test_a_tip_names_the_type_where_there_is_one(path: EvolutionPath, history: History) -> None:
    first, *others = history.behaviors
    bought = replace(history, behaviors=(replace(first, behavior_type="<buy>"), *others))
    info = evolution_info(replace(path, behaviors=bought.plain()), timeline_info(bought, bought.plain()))
    assert info.type == ("<buy>", *[None] * len(others))
    tips = plot_evolution(info).data[1].customdata
    assert " · &lt;buy&gt; · " in tips[0]
    assert all("buy" not in tip for tip in tips[1:])


def test_a_history_without_behaviors_is_one_point(history: History) -> None:
    empty = replace(history, behaviors=())
    path = EvolutionPath((), np.zeros(0), np.zeros((1, 3)), np.zeros(1))
    info = evolution_info(path, timeline_info(empty, ()))
    assert (info.left.tolist(), info.place.tolist()) == ([0], [[0, 0]])
    assert list(plot_evolution(info).data[0].y) == [0.5, 0.5]
    assert list(plot_path(info).data[0].x) == [0]


def test_another_history_is_refused(path: EvolutionPath, history: History) -> None:
    with pytest.raises(ValueError, match="not of the same history"):
        evolution_info(path, timeline_info(history, history.folded()))
