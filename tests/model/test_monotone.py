"""A monotone model: its logit is as the formula has it, and rises with the sums of its weights alone."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from din_core.domain import CheckpointError
from tests.model.conftest import FAMILY, toy_batch, toy_config, toy_network

SEVERAL = FAMILY["monotone, four heads, match flags, gaps"]
HISTORY, COUNTS = [1, 2, 4, 5], [3, 1, 2, 1]


def heads_of(network, batch):
    """(P, H) each unit's own weights, and (M, H) their sums."""
    q, k = network.item(batch.candidate), network.item(batch.behavior)
    pooled = network.pooling(q, k, batch)
    return pooled.weight, pooled.intensity


@torch.no_grad()
def test_the_logit_is_as_the_formula_has_it():
    network, batch = toy_network(**SEVERAL), toy_batch([HISTORY], [[3]], [COUNTS])
    weight, sums = heads_of(network, batch)
    torch.testing.assert_close(sums[0], (weight * torch.tensor(COUNTS)[:, None]).sum(0))
    tower = network.tower
    fixed = torch.cat([network.others(batch), network.item(batch.candidate)], 1)
    mean, deviation = tower.moments.mean, (tower.moments.variance + 1e-5).sqrt()
    n = fixed.shape[1]
    hidden = tower.first_dice(tower.first((fixed - mean[:n]) / deviation[:n]))
    a, *g = tower.last(tower.second_dice(tower.second(hidden)))[0]
    z = (torch.asinh(4 * sums[0]) - mean[n:]) / deviation[n:]
    want = a + sum(torch.exp(gain) * one for gain, one in zip(g, z, strict=True))
    torch.testing.assert_close(network(batch).logit[0], want)
    assert network(batch).interest.shape == (1, 0)


@given(
    history=st.lists(st.integers(0, 5), min_size=1, max_size=8),
    counts=st.lists(st.integers(1, 9), min_size=8, max_size=8),
    seed=st.integers(0, 20),
)
@torch.no_grad()
def test_with_one_head_weights_have_the_sign_and_order_of_effects(history, counts, seed):
    network, counts = toy_network(seed=seed, **FAMILY["monotone"]), counts[: len(history)]
    batch = toy_batch([history], [[3]], [counts])
    full = network(batch)
    weighed = full.weight * batch.count
    effects = []
    for left_out in range(len(history)):
        kept = [i for i in range(len(history)) if i != left_out]
        without = toy_batch([[history[i] for i in kept]], [[3]], [[counts[i] for i in kept]])
        effects.append(full.logit[0] - network(without).logit[0])
    for one, effect in zip(weighed, effects, strict=True):
        assert abs(effect) < 1e-9 or torch.sign(one) == torch.sign(effect)
    order = torch.argsort(weighed)
    assert all(effects[i] <= effects[j] + 1e-9 for i, j in pairwise(order))


@torch.no_grad()
def test_a_weight_is_the_slope_of_the_logit_in_its_count():
    network, step = toy_network(**SEVERAL), 1e-6
    weight = network(toy_batch([HISTORY], [[3]], [COUNTS])).weight
    for t, one in enumerate(weight):
        more, less = ([c + (i == t) * d for i, c in enumerate(COUNTS)] for d in (step, -step))
        up, down = (network(toy_batch([HISTORY], [[3]], [counts])).logit[0] for counts in (more, less))
        torch.testing.assert_close(one, (up - down) / (2 * step), rtol=1e-6, atol=1e-8)


@torch.no_grad()
def test_logits_are_mapped_by_the_last_layer_and_go_on_rising():
    network, batch = toy_network(**SEVERAL), toy_batch([HISTORY, []], [[3, 1], [2]], [COUNTS, []])
    before = network(batch)
    network.tower.map_logits(2.5, -0.75)
    after = network(batch)
    torch.testing.assert_close(after.logit, 2.5 * before.logit - 0.75)
    torch.testing.assert_close(after.weight, 2.5 * before.weight)
    with pytest.raises(ValueError, match="give more than 0"):
        network.tower.map_logits(-1.0, 0.0)


def test_units_that_read_flags_start_from_one_field_each():
    network = toy_network(**SEVERAL)
    flags = [unit.matches.detach() for unit in network.pooling.units]  # (F, H) each
    for head in (0, 1):
        want = torch.zeros(5, dtype=torch.float64)
        want[0] = 2
        torch.testing.assert_close(flags[head][head], want)
    assert (flags[2].abs() > 0).all()  # as any other input


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"normalisation": "softmax"}, "monotone is True and normalisation is 'softmax', but then it must be 'none'"),
        ({"counts": True}, "monotone is True and counts is True, but then it must be False"),
        ({"unit_per_field": True}, "unit_per_field is True, but then it must be False"),
        ({"architecture": "tin"}, "architecture is 'tin', but then it must be 'din'"),
        ({"unit_heads": 10**9}, "unit_heads is 1000000000, but must be a whole number of 1 to 256; give another value"),
        ({"monotone": False, "unit_heads": 2}, "monotone is False and unit_heads is 2, but then it must be 1"),
    ],
)
def test_what_does_not_go_together_is_refused(changes, fault):
    with pytest.raises(CheckpointError, match=fault):
        toy_config(**{"monotone": True, **changes})
