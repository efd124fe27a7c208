"""Curves and erasure figures against histories rebuilt one behavior at a time."""

from __future__ import annotations

import numpy as np
import pytest

from din_core.explain import curves, erasure, leave_one_out
from din_core.scoring import rescorer_for
from tests.explain.brute import CONTEXT, rescored
from tests.explain.scenes import FAMILY, history, item, planted, scorer


@pytest.mark.parametrize("name", FAMILY)
def test_curves_are_the_scores_of_really_shortened_histories(name):
    past = history("dabc")
    rescorer = rescorer_for(scorer(name), past, item("c"), CONTEXT)
    found = curves(rescorer, np.array([0.5, -1, 3, 0]), orders=3)  # goes first: 2, 0, 3, 1
    assert found.steps == (0, 1, 2, 3, 4)
    left = [{0, 1, 2, 3}, {0, 1, 3}, {1, 3}, {1}, set()]
    np.testing.assert_allclose(found.deletion, [rescored(name, past, kept) for kept in left], atol=1e-5)
    here = [{0, 1, 2, 3} - kept for kept in left]
    np.testing.assert_allclose(found.insertion, [rescored(name, past, kept) for kept in here], atol=1e-5)


@pytest.mark.parametrize("name", FAMILY)
def test_random_orders_start_and_end_where_the_ranking_does(name):
    rescorer = rescorer_for(scorer(name), history("dabc"), item("c"), CONTEXT)
    found = curves(rescorer, np.arange(4.0), orders=20)
    for random, ranked in ((found.random_deletion, found.deletion), (found.random_insertion, found.insertion)):
        np.testing.assert_allclose(random[:, [0, -1]], ranked[[0, -1]] * np.ones((3, 1)), atol=1e-5)
        assert (random[1] <= random[0] + 1e-6).all()
        assert (random[0] <= random[2] + 1e-6).all()


def test_the_same_seed_draws_the_same_orders():
    rescorer = rescorer_for(scorer("din"), history("dabce"), item("c"), CONTEXT)
    one, same, other = (curves(rescorer, np.arange(5.0), orders=4, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.random_deletion, same.random_deletion)
    assert not np.allclose(one.random_deletion, other.random_deletion)


def test_a_ranking_by_effects_beats_random_on_a_planted_tower():
    rescorer = rescorer_for(planted(), history("abcde"), item("e"), {})
    ranking = leave_one_out(rescorer).values
    found, erased = curves(rescorer, ranking), erasure(rescorer, ranking)
    np.testing.assert_allclose(found.deletion, [np.arcsinh(4), 0, 0, 0, 0, 0], atol=1e-5)
    np.testing.assert_allclose(found.insertion, [0, *[np.arcsinh(4)] * 5], atol=1e-5)
    assert (found.random_deletion[0, 1:-1] > 0.1).all()
    # the one behavior that counts is among the first of every share: all is lost without it, nothing with it
    assert erased.comprehensiveness == pytest.approx(np.arcsinh(4), abs=1e-5)
    assert erased.sufficiency == pytest.approx(0, abs=1e-5)
    assert erased.random_comprehensiveness < np.arcsinh(4) / 2 < erased.random_sufficiency


def test_the_share_that_counts_as_first_is_rounded_up():
    past = history("dabc")
    rescorer = rescorer_for(scorer("din"), past, item("c"), CONTEXT)
    found = erasure(rescorer, np.array([4.0, 3, 2, 1]), shares=(0.3,))
    full = rescored("din", past, {0, 1, 2, 3})
    assert found.comprehensiveness == pytest.approx(full - rescored("din", past, {2, 3}), abs=1e-5)
    assert found.sufficiency == pytest.approx(full - rescored("din", past, {0, 1}), abs=1e-5)


@pytest.mark.parametrize("name", ["din", "average", "augru"])
def test_no_behaviors_have_flat_curves(name):
    rescorer = rescorer_for(scorer(name), history(""), item("c"), CONTEXT)
    found = curves(rescorer, np.zeros(0))
    assert found.steps == (0,)
    assert (found.deletion[0], found.insertion[0]) == pytest.approx((rescorer.empty, rescorer.empty), abs=1e-6)
    assert erasure(rescorer, np.zeros(0)) is None
