"""The path of DIEN's state against histories that really end there, and against the equations."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from din_core.domain import History
from din_core.explain import evolution_path
from din_core.scoring import Scorer
from tests.explain.brute import CONTEXT
from tests.explain.scenes import history, item, scorer
from tests.model.numpy_gru import numpy_gru, weights_of

KINDS = ("aigru", "agru", "augru", "augru, counts")
ITEMS = "dabaceab"


def ended(past: History, steps: int) -> History:
    """The same history without what came after its first behaviors."""
    return History(past.user, past.as_of, past.behaviors[:steps])


def interest_vector(model: Scorer, past: History) -> np.ndarray:
    """What the tower reads of the whole history."""
    with torch.no_grad():
        batch = model.batch([[model.prepare(past, [item("c")], CONTEXT)]])
        return model.checkpoint.model(batch).interest[0].double().numpy()


@pytest.mark.parametrize("name", KINDS)
def test_a_score_had_the_history_ended_is_that_of_the_history_that_did(name):
    past = history(ITEMS)
    found = evolution_path(scorer(name), past, item("c"), CONTEXT)
    want = [scorer(name).score(ended(past, k), [item("c")], CONTEXT).logit[0] for k in range(len(ITEMS) + 1)]
    np.testing.assert_allclose(found.logit, want, atol=1e-6)
    assert np.ptp(want) > 1e-3
    np.testing.assert_allclose(found.probability, 1 / (1 + np.exp(-np.array(want))), atol=1e-6)


@pytest.mark.parametrize("name", KINDS)
def test_the_last_state_is_the_interest_vector_and_the_first_is_nothing(name):
    past = history(ITEMS)
    found = evolution_path(scorer(name), past, item("c"), CONTEXT)
    assert found.states.shape == (len(ITEMS) + 1, len(interest_vector(scorer(name), past)))
    np.testing.assert_allclose(found.states[-1], interest_vector(scorer(name), past), atol=1e-6)
    assert not found.states[0].any()


@pytest.mark.parametrize("name", KINDS)
def test_the_state_after_k_steps_is_that_of_the_truncated_history_under_the_same_attention(name):
    """The first k interest states through the equations in NumPy: nothing that comes later moves it."""
    past, model = history(ITEMS), scorer(name)
    found = evolution_path(model, past, item("c"), CONTEXT)
    pooling = model.checkpoint.model.pooling
    extractor, cell = weights_of(pooling.extractor, "_l0"), weights_of(pooling.evolution.cell)
    for steps in range(len(ITEMS) + 1):
        short = ended(past, steps)
        with torch.no_grad():
            k = model.checkpoint.model.item(model.batch([[model.prepare(short, [item("c")], CONTEXT)]]).behavior)
        interest, state = np.zeros(k.shape[1]), np.zeros(k.shape[1])
        for x, a in zip(k.double().numpy(), found.attention, strict=False):
            interest = numpy_gru(extractor, x, interest)
            state = numpy_gru(cell, interest, state, model.config.evolution, a)
        np.testing.assert_allclose(found.states[steps], state, atol=1e-5)


@pytest.mark.parametrize("name", KINDS)
def test_attention_is_the_scorers_and_adds_up_to_1(name):
    past = history(ITEMS)
    found = evolution_path(scorer(name), past, item("c"), CONTEXT)
    scores = scorer(name).score(past, [item("c")], CONTEXT)
    np.testing.assert_allclose(found.attention, scores.weight[0], atol=1e-7)
    assert found.attention.sum() == pytest.approx(1, abs=1e-6)
    assert found.behaviors == scores.behaviors


def test_a_shorter_history_brings_older_behaviors_into_sight():
    past, model = history(ITEMS), scorer("augru", max_history=3)
    found = evolution_path(model, past, item("c"), CONTEXT)
    assert [b.item.item_id for b in found.behaviors] == list("eab")
    want = [model.score(ended(past, k), [item("c")], CONTEXT).logit[0] for k in (5, 6, 7, 8)]
    np.testing.assert_allclose(found.logit, want, atol=1e-6)


def test_without_behaviors_there_is_one_state_and_one_score():
    found = evolution_path(scorer("augru"), history(""), item("c"), CONTEXT)
    assert (found.attention.shape, found.states.any()) == ((0,), False)
    want = scorer("augru").score(history(""), [item("c")], CONTEXT).logit
    np.testing.assert_allclose(found.logit, want, atol=1e-6)


def test_a_model_without_interest_states_is_refused():
    with pytest.raises(ValueError, match="give a DIEN"):
        evolution_path(scorer("din"), history("ab"), item("c"), CONTEXT)
