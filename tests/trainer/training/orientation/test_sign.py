"""The sign of weights: a flipped network gives every score as before, and weights of the other sign."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from din_core.kernels.evaluation import accelerate_evaluation
from din_core.model.config import FieldConfig
from tests.model.conftest import FAMILY, toy_batch, toy_config, toy_network
from trainer.training.orientation.sign import fixed_sign, flip, flipped, unit_names

MEMBERS = {
    **FAMILY,
    "bilinear": {"attention": "bilinear"},
    "bilinear, projected query": {"attention": "bilinear", "project_query": True},
    "dot, projected query": {"attention": "dot", "project_query": True},
    "unit per field, types, gaps, counts": {
        "unit_per_field": True,
        "behavior_fields": (FieldConfig("behavior_type", 4, 2),),
        "gap_edges": (0.5, 2.0),
        "counts": True,
    },
    "unit per field, sigmoid, projected query": {
        "unit_per_field": True,
        "unit_activation": "sigmoid",
        "project_query": True,
    },
}
FREE = [name for name, options in MEMBERS.items() if fixed_sign(toy_config(**options)) is None]
ITEMS = st.lists(st.integers(0, 5), max_size=6)
GROUPS = st.lists(st.tuples(ITEMS, st.lists(st.integers(0, 5), min_size=1, max_size=3)), min_size=1, max_size=4)


@pytest.mark.parametrize("name", FREE)
@given(GROUPS, st.randoms(use_true_random=False))
@settings(max_examples=15)
def test_flipped_units_negate_their_weights_and_no_score_changes(name, groups, random):
    network = toy_network(**MEMBERS[name]).float()
    batch = toy_batch([h for h, _ in groups], [c for _, c in groups])
    before = network(batch)
    units = [unit for unit in range(len(unit_names(network.config))) if random.random() < 0.7]
    flip(network, units)
    after = network(batch)
    torch.testing.assert_close(after.logit, before.logit, rtol=0, atol=1e-6)
    signs = torch.tensor([-1.0 if unit in units else 1.0 for unit in range(len(unit_names(network.config)))])
    assert torch.equal(after.weight.reshape(-1, len(signs)), signs * before.weight.reshape(-1, len(signs)))


@pytest.mark.parametrize("name", FREE)
def test_a_network_flipped_twice_is_the_same_to_the_bit(name):
    network = toy_network(**MEMBERS[name]).float()
    before = {key: tensor.clone() for key, tensor in network.state_dict().items()}
    every = range(len(unit_names(network.config)))
    flip(network, every)
    assert not all(torch.equal(before[key], tensor) for key, tensor in network.state_dict().items())
    flip(network, every)
    for key, tensor in network.state_dict().items():
        assert tensor.numpy().tobytes() == before[key].numpy().tobytes()


@pytest.mark.parametrize("name", FREE)
def test_compiled_kernels_give_the_same_scores_for_a_flipped_network(name):
    network = toy_network(**MEMBERS[name]).float()
    batch = toy_batch([[1, 2, 3, 4], [], [5, 1]], [[1, 2], [3], [4, 0]])
    batch = replace(batch, count=batch.count.float(), age=batch.age.float())
    logits = []
    for units in ((), range(len(unit_names(network.config)))):
        flip(network, units)
        with torch.inference_mode():
            logits.append(accelerate_evaluation(network)(batch).logit)
    torch.testing.assert_close(logits[1], logits[0], rtol=0, atol=1e-6)


def test_a_flipped_network_learns_the_same():
    batch = toy_batch([[1, 2, 3], [4, 5]], [[1, 2], [3, 4]])
    found = []
    for units in ((), (0,)):
        network = toy_network().train()
        flip(network, units)
        network(batch).logit.square().sum().backward()
        found.append((network.item.tables[0].weight.grad, network.pooling.unit.last.weight.grad))
    torch.testing.assert_close(found[1][0], found[0][0])
    torch.testing.assert_close(found[1][1], -found[0][1])


@pytest.mark.parametrize("name", [name for name in MEMBERS if name not in FREE])
def test_where_a_sign_cannot_change_the_reason_is_said_and_nothing_is_touched(name):
    network = toy_network(**MEMBERS[name])
    before = {key: tensor.clone() for key, tensor in network.state_dict().items()}
    reasons = r"(softmax|no activation unit|no layer|raises the score|as .* computes them)"
    with pytest.raises(ValueError, match=rf"the sign of .* cannot change: .*{reasons}"):
        flip(network, [0])
    assert all(torch.equal(before[key], tensor) for key, tensor in network.state_dict().items())


def test_weights_that_are_not_normalised_have_another_sign_but_for_the_plain_dot_product():
    raw = {name for name, options in MEMBERS.items() if toy_config(**options).architecture == "din"}
    raw -= {name for name in MEMBERS if MEMBERS[name].get("normalisation", "none") != "none"}
    built_so = {name for name in MEMBERS if MEMBERS[name].get("monotone") or MEMBERS[name].get("library")}
    assert raw - {*FREE} == {"dot", "dot, projected query", *(raw & built_so)}


def test_a_state_in_half_precision_stays_in_half_precision():
    network = toy_network(unit_per_field=True)
    state = {name: tensor.half() for name, tensor in network.state_dict().items()}
    changed = flipped(network, state, [1])
    assert {tensor.dtype for tensor in changed.values()} == {torch.float16}
    assert torch.equal(changed["pooling.units.1.last.bias"], -state["pooling.units.1.last.bias"])
    assert torch.equal(changed["pooling.units.0.last.bias"], state["pooling.units.0.last.bias"])
