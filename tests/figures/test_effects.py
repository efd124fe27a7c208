"""Effects and paths as the page shows them: the explanation's numbers, named, grouped and in order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from din_core.domain import Explanation, Scores
from din_core.figures import Timeline, activation_info, effects_info, paths_info, whole_categories


@pytest.fixture
def butter(scores: Scores) -> Scores:
    """One candidate; milk ×2, cheese, beer, nails, which have no category."""
    return replace(scores, candidates=scores.candidates[:1], logit=scores.logit[:1], weight=scores.weight[:1])


def explanation(scores: Scores, values: list[float], players: tuple[str, ...] | None = None) -> Explanation:
    found = np.array(values)
    return Explanation("leave-one-out", "logit", scores.behaviors, found, players=players, probability=found / 5)


@pytest.fixture
def by_category(butter: Scores) -> Explanation:
    return explanation(butter, [0.5, -1.5, 0.25, 0.125], tuple(name for name, _ in whole_categories(butter)))


def test_whole_categories_hold_every_occurrence_once_and_then_those_without_a_colour(butter: Scores) -> None:
    found = [(name, held.tolist()) for name, held in whole_categories(butter)]
    assert found == [
        ("Dairy", [2, 1, 0, 0]),
        ("Drinks", [0, 0, 1, 0]),
        ("unknown", [0, 0, 0, 1]),
        ("other", [0, 0, 0, 1]),
    ]


def test_those_without_a_colour_are_the_charts(butter: Scores, timeline: Timeline) -> None:
    grey = activation_info(butter, timeline).groups[-1]
    name, held = whole_categories(butter)[-1]
    assert (name, held.sum(), held @ butter.weight[0]) == (grey.category, grey.lines, grey.weight)


def test_effects_are_the_explanations_with_points_of_probability(butter: Scores, by_category: Explanation) -> None:
    info = effects_info(butter, explanation(butter, [1.0, 0.5, -2.0, 0.0]), by_category)
    assert info.effect.tolist() == [1.0, 0.5, -2.0, 0.0]
    assert info.points.tolist() == pytest.approx([20, 10, -40, 0])
    assert (info.logit, info.extent) == (0.0, (-2.0, 1.0))


def test_categories_come_by_the_size_of_their_effect(butter: Scores, by_category: Explanation) -> None:
    info = effects_info(butter, explanation(butter, [0.0] * 4), by_category)
    assert [(c.category, c.effect, c.points, c.weight, c.lines) for c in info.categories] == [
        ("Drinks", -1.5, pytest.approx(-30), -0.5, 1),
        ("Dairy", 0.5, pytest.approx(10), 5.0, 3),
        ("unknown", 0.25, pytest.approx(5), 0.25, 1),
    ]
    assert info.others is not None
    assert (info.others.category, info.others.effect) == ("other", 0.125)


def test_where_every_category_has_a_colour_there_are_no_others(butter: Scores) -> None:
    colored = replace(butter, behaviors=butter.behaviors[:3], weight=butter.weight[:, :3])
    groups = whole_categories(colored)
    assert [name for name, _ in groups] == ["Dairy", "Drinks"]
    by_category = explanation(colored, [1.0, 2.0], ("Dairy", "Drinks"))
    assert effects_info(colored, explanation(colored, [0.0] * 3), by_category).others is None


def test_effects_of_other_categories_are_refused(butter: Scores, by_category: Explanation) -> None:
    with pytest.raises(ValueError, match="not of these behaviors and categories"):
        effects_info(butter, explanation(butter, [0.0] * 4), replace(by_category, players=("Dairy",)))


def test_parts_of_the_score_add_up_in_their_order(butter: Scores) -> None:
    players = ("profile, context and candidate alone", "interest vector", "product", "intensity", "counts", "new")
    info = paths_info(explanation(butter, [-1.0, 0.5, 2.0, 0.25, -0.5, 0.0], players))
    assert [part.value for part in info.parts] == [-1.0, 0.5, 2.0, 0.25, -0.5, 0.0]
    assert info.logit == sum(part.value for part in info.parts)
    assert tuple(part.name for part in info.parts) == players
