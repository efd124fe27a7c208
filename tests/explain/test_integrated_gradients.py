"""Integrated gradients: complete for the whole family, and the answer on paper where there is one."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from din_core.explain import gradient_times_input, integrated_gradients
from din_core.scoring import rescorer_for
from tests.explain.brute import CONTEXT, rescored
from tests.explain.scenes import FAMILY, history, item, planted, scorer


@pytest.mark.parametrize("name", [name for name in FAMILY if name != "aigru"])
def test_values_add_up_to_full_less_empty_history(name):
    past = history("dabacea")
    found = integrated_gradients(rescorer_for(scorer(name), past, item("c"), CONTEXT))
    want = rescored(name, past, set(range(7))) - rescored(name, past, set())
    assert found.values.sum() == pytest.approx(want, abs=3e-5)
    assert abs(found.gap) < 2e-5


def test_aigru_evolves_without_attention_and_the_gap_tells():
    rescorer = rescorer_for(scorer("aigru"), history("dab"), item("c"), CONTEXT)
    found = integrated_gradients(rescorer)
    assert found.gap == pytest.approx(rescorer.line(np.zeros(1))[0][0] - rescorer.empty, abs=1e-3)


@pytest.mark.parametrize("name", ["din", "softmax", "time decay", "unit per field", "counts", "augru, counts"])
def test_the_integral_is_that_of_many_small_steps(name):
    rescorer = rescorer_for(scorer(name), history("dabace"), item("c"), CONTEXT)
    middle = (np.arange(2000) + 0.5) / 2000
    np.testing.assert_allclose(integrated_gradients(rescorer).values, rescorer.line(middle)[1].mean(0), atol=1e-4)


def test_slopes_are_those_of_a_sum_that_is_scaled():
    # For plain sums a behavior's slope at the end is its count times the derivative by its count.
    rescorer = rescorer_for(scorer("din"), history("dabac"), item("c"), CONTEXT)
    found = gradient_times_input(rescorer).values
    step = 1e-2
    up, down = (rescorer.logits(rescorer.count + sign * step * np.diag(rescorer.count)) for sign in (1, -1))
    np.testing.assert_allclose(found, (up - down) / (2 * step), rtol=0.02, atol=2e-4)


def test_planted_behaviors_share_what_they_add_to_the_sum():
    # v_0 = 2 comes from two a's alone: all of asinh(8) is a's, and the slope at the end is 8 / sqrt(1 + 64)
    rescorer = rescorer_for(planted(), history("abca"), item("e"), {})
    at_a = [b.item.item_id == "a" for b in rescorer.behaviors]
    np.testing.assert_allclose(integrated_gradients(rescorer).values, np.where(at_a, np.arcsinh(8), 0), atol=1e-4)
    np.testing.assert_allclose(gradient_times_input(rescorer).values, np.where(at_a, 8 / np.sqrt(65), 0), atol=1e-5)


@pytest.mark.parametrize("name", ["average", "softmax", "augru"])
def test_an_intensity_that_never_varied_in_training_drowns_no_behavior(name):
    found = [
        integrated_gradients(rescorer_for(still(name, by), history("dabace"), item("c"), CONTEXT)) for by in (1, 1000)
    ]
    np.testing.assert_allclose(found[0].values, found[1].values, atol=1e-5)
    assert abs(found[0].values).max() > 1e-3


def still(name, by):
    """A toy scorer trained on histories that all hold a behavior; `by` times the untrained weights of Σw = 1."""
    made = copy.deepcopy(scorer(name))
    tower, column = made.checkpoint.model.tower, made.checkpoint.model.input_spans()["intensity"]
    tower.moments.mean[column], tower.moments.variance[column] = float(np.arcsinh(4)), 2e-13
    with torch.no_grad():
        tower.first.weight[:, column] *= by
    return made


@pytest.mark.parametrize("name", ["din", "softmax", "augru"])
def test_no_behaviors_have_no_gap(name):
    found = integrated_gradients(rescorer_for(scorer(name), history(""), item("c"), CONTEXT))
    assert found.values.shape == (0,)
    assert found.gap == 0
