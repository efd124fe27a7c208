"""Appended padding changes nothing: the ragged network against the padded formulation, with any amount of padding."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.model.conftest import FAMILY, FOLDING, toy_batch, toy_network
from tests.model.padded import PaddedPooling

ITEMS = st.integers(0, 5)
GROUPS = st.lists(
    st.tuples(st.lists(st.tuples(ITEMS, st.integers(1, 3)), max_size=4), st.lists(ITEMS, max_size=3)),
    min_size=1,
    max_size=4,
)
"""(behaviors with their counts, candidates) of each history; either may be empty"""
COMPANY = ([(1, 2), (2, 1), (3, 1), (0, 1)], [0, 4, 5])
"""In every batch: Dice divides by a deviation, and one of equals alone has nothing but rounding in it."""


def outcome(network, batch):
    """Logits, weights, interest vectors, and the gradient of every parameter."""
    output = network(batch)
    upstream = torch.linspace(-1, 2, len(output.logit), dtype=torch.float64)
    parameters = list(network.parameters())
    gradients = torch.autograd.grad((output.logit * upstream).sum(), parameters, allow_unused=True)
    gradients = [torch.zeros_like(p) if g is None else g for p, g in zip(parameters, gradients, strict=True)]
    return output, gradients


@pytest.mark.parametrize("training", [False, True], ids=["evaluation", "training"])
@pytest.mark.parametrize("member", FAMILY)
@given(GROUPS, st.integers(0, 3))
@settings(max_examples=10, deadline=None)
def test_padding_changes_neither_score_nor_any_gradient(member, training, groups, extra):
    """`extra` positions beyond the longest history and the longest list of candidates."""
    groups, counted = [*groups, COMPANY], member in FOLDING
    batch = toy_batch(
        [[item for item, _ in behaviors] for behaviors, _ in groups],
        [candidates for _, candidates in groups],
        counts=[[count if counted else 1 for _, count in behaviors] for behaviors, _ in groups],
    )
    ragged, padded = (toy_network(**FAMILY[member]).train(training) for _ in range(2))
    padded.pooling = PaddedPooling(padded.pooling, extra)
    (found, found_gradients), (expected, expected_gradients) = outcome(ragged, batch), outcome(padded, batch)
    for name in ("weight", "interest", "logit"):
        torch.testing.assert_close(getattr(found, name), getattr(expected, name), msg=lambda m, n=name: f"{n}: {m}")
    for (name, _), f, e in zip(ragged.named_parameters(), found_gradients, expected_gradients, strict=True):
        torch.testing.assert_close(f, e, atol=1e-6, rtol=1e-5, msg=lambda m, n=name: f"gradient of {n}: {m}")
