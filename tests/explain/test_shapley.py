"""Shapley values against all orders of really rebuilt histories, and the properties that define them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from din_core.explain import Group, by_field, shapley
from din_core.explain.shapley import coalitions, subset_values
from din_core.scoring import rescorer_for
from tests.explain.brute import CONTEXT, positions, shapley_by_orders
from tests.explain.scenes import FAMILY, history, item, planted, scorer


@pytest.mark.parametrize("name", FAMILY)
def test_values_are_the_mean_effects_over_all_orders(name):
    past = history("dabab" if scorer(name).config.folds else "dabe")
    found = shapley(rescorer_for(scorer(name), past, item("c"), CONTEXT))
    np.testing.assert_allclose(found.values, shapley_by_orders(name, past, positions(name, past)), atol=1e-5)
    assert found.error is None


def test_six_players_are_the_mean_over_their_720_orders():
    past = history("abcdez")
    found = shapley(rescorer_for(scorer("softmax"), past, item("c"), CONTEXT))
    np.testing.assert_allclose(found.values, shapley_by_orders("softmax", past, [{n} for n in range(6)]), atol=1e-5)


@pytest.mark.parametrize("name", ["din", "average", "augru"])
def test_categories_are_players_too(name):
    past = history("dabec")
    rescorer = rescorer_for(scorer(name), past, item("c"), CONTEXT)
    found = shapley(rescorer, by_field(rescorer, "category"))
    assert found.players == ("x", "y", "no category")
    np.testing.assert_allclose(found.values, shapley_by_orders(name, past, [{0, 1}, {2, 3}, {4}]), atol=1e-5)


@pytest.mark.parametrize("name", ["din", "softmax", "average, counts"])
def test_repeats_as_players_are_counted_instead_of_distinctions(name):
    past = history("aabab")
    found = shapley(rescorer_for(scorer(name), past, item("c"), CONTEXT), occurrences=True)
    each = shapley_by_orders(name, past, [{n} for n in range(5)])
    np.testing.assert_allclose(found.values, [each[[0, 1, 3]].sum(), each[[2, 4]].sum()], atol=1e-5)


@pytest.mark.parametrize("name", FAMILY)
def test_values_add_up_to_full_less_empty_history_exactly_or_sampled(name):
    rescorer = rescorer_for(scorer(name), history("dabace"), item("c"), CONTEXT)
    for found in (shapley(rescorer), shapley(rescorer, row_budget=30), shapley(rescorer, occurrences=True)):
        assert found.values.sum() == pytest.approx(rescorer.full - rescorer.empty, abs=1e-5)
        assert abs(found.gap) < 1e-5


@pytest.mark.parametrize("occurrences", [False, True])
def test_sampled_values_lie_within_their_standard_errors(occurrences):
    rescorer = rescorer_for(scorer("softmax"), history("dabacebda"), item("c"), CONTEXT)
    exact = shapley(rescorer, occurrences=occurrences)
    sampled = shapley(rescorer, occurrences=occurrences, row_budget=31, seed=3)  # there are 32 coalitions at least
    assert exact.error is None
    assert (sampled.error > 0).all()
    assert (abs(sampled.values - exact.values) < 6 * sampled.error + 1e-6).all()


def test_more_orders_come_nearer():
    rescorer = rescorer_for(scorer("softmax"), history("abcdezyxwvuts"), item("c"), CONTEXT)
    few, many = shapley(rescorer, row_budget=50), shapley(rescorer, row_budget=8000)
    assert many.error.mean() < few.error.mean() / 1.7  # the root of 71 pairs over 16 is 2.1
    exact = shapley(rescorer)
    assert abs(many.values - exact.values).mean() < abs(few.values - exact.values).mean()


def test_only_the_planted_behavior_has_a_value():
    found = shapley(rescorer_for(planted(), history("abca"), item("e"), {}))
    values = dict(zip((b.item.item_id for b in found.behaviors), found.values, strict=True))
    assert values == pytest.approx({"a": np.arcsinh(8), "b": 0, "c": 0}, abs=1e-5)


@settings(max_examples=40, deadline=None)
@given(copies=st.lists(st.integers(1, 3), min_size=1, max_size=4), seed=st.integers(0, 9))
def test_a_game_of_copies_is_the_game_of_as_many_players(copies, seed):
    copies = np.array(copies)
    shape = tuple(copies + 1)
    worth = np.random.default_rng(seed).normal(size=shape)
    owner = np.repeat(np.arange(len(copies)), copies)
    apart = coalitions(np.ones(len(owner), dtype=np.int64)).astype(int)  # (2^N, N)
    counts = np.stack([apart[:, owner == j].sum(1) for j in range(len(copies))], 1)
    single = subset_values(worth[tuple(counts.T)], np.ones(len(owner), dtype=np.int64))
    together = [single[owner == j].sum() for j in range(len(copies))]
    np.testing.assert_allclose(subset_values(worth.ravel(), copies), together, atol=1e-9)


def test_a_glove_game_has_the_textbook_values():
    # player 0 holds a left glove, 1 and 2 a right one each: a pair is worth 1 -> 2/3, 1/6, 1/6
    inside = coalitions(np.ones(3, dtype=np.int64))
    worth = inside[:, 0] * np.maximum(inside[:, 1], inside[:, 2])
    np.testing.assert_allclose(subset_values(worth, np.ones(3, dtype=np.int64)), [2 / 3, 1 / 6, 1 / 6])


def test_no_behaviors_are_no_players():
    found = shapley(rescorer_for(scorer("din"), history(""), item("c"), CONTEXT))
    assert found.values.shape == (0,)
    assert found.gap == 0


def test_groups_that_share_an_occurrence_are_refused():
    rescorer = rescorer_for(scorer("din"), history("ab"), item("c"), CONTEXT)
    with pytest.raises(ValueError, match="share"):
        shapley(rescorer, [Group("one", (1, 0)), Group("two", (1, 1))])
    with pytest.raises(ValueError, match="leave out"):
        shapley(rescorer, by_field(rescorer, "category"), occurrences=True)
