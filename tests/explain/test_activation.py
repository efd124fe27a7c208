"""Weights in their three forms."""

from __future__ import annotations

import numpy as np
import pytest

from din_core.explain import activation_weights, counted_weights, softmaxed_weights
from tests.explain.brute import CONTEXT
from tests.explain.scenes import FAMILY, history, item, scorer


def scores(name, items="dabaca"):
    return scorer(name).score(history(items), [item("e"), item("c")], CONTEXT)


@pytest.mark.parametrize("name", FAMILY)
def test_counted_weights_add_up_to_the_intensity(name):
    found = counted_weights(scores(name), 1)
    assert found.values.sum() == pytest.approx(scores(name).intensity[1], abs=1e-5)
    assert abs(found.gap) < 1e-5


def test_softmax_of_raw_weights_shares_one_among_all_occurrences():
    found, raw = softmaxed_weights(scores("din"), 1), activation_weights(scores("din"), 1)
    counts = np.array([b.count for b in found.behaviors])
    assert counts @ found.values == pytest.approx(1)
    np.testing.assert_allclose(np.log(found.values[0] / found.values[1]), raw.values[0] - raw.values[1], rtol=1e-4)


@pytest.mark.parametrize("name", ["softmax", "augru"])
def test_attention_that_is_a_softmax_stays_what_it_is(name):
    np.testing.assert_allclose(softmaxed_weights(scores(name)).values, scores(name).weight[0])


def test_pooling_that_knows_no_candidate_has_no_attention():
    assert softmaxed_weights(scores("average")) is None


def test_no_behaviors_have_no_softmax():
    assert softmaxed_weights(scores("din", "")).values.shape == (0,)
